"""A launch is on a leased droplet, or it is a hazard."""

from __future__ import annotations

from histories import EPOCH_MS, WORLD, Recorder

from gameday.checkers import unleased_launch
from gameday.model.history import OpKind, Outcome
from gameday.model.launches_seen import launch_outcomes
from gameday.model.verdict import Validity

TTL_MS = 3_000


def leased() -> Recorder:
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    recorder.at(1_000).renew_lease("droplet-1", ttl_ms=TTL_MS)
    return recorder


def launch(
    recorder: Recorder, droplet: str = "droplet-1", outcome: Outcome = Outcome.OK
) -> None:
    tags = [{"Key": "droplet", "Value": droplet}]
    recorder.add(
        kind=OpKind.CALL,
        actor="launch-desk",
        service="ec2",
        operation="RunInstances",
        request={"TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]},
        outcome=outcome,
    )


def validity(recorder: Recorder) -> Validity:
    return unleased_launch.check(recorder.history(), WORLD).validity


def test_a_launch_while_the_lease_lasts_is_right():
    recorder = leased()
    launch(recorder.at(3_900))
    assert validity(recorder) is Validity.VALID


def test_a_launch_after_the_lease_or_on_a_stranger_is_not():
    for at_ms, droplet in ((4_100, "droplet-1"), (2_000, "droplet-2")):
        recorder = leased()
        launch(recorder.at(at_ms), droplet)
        finding = unleased_launch.check(recorder.history(), WORLD)
        assert finding.validity is Validity.INVALID
        assert f"the first on {droplet}" in finding.summary


def test_a_launch_that_did_not_happen_is_none_and_no_launch_proves_nothing():
    recorder = leased()
    launch(recorder.at(9_000), outcome=Outcome.FAIL)
    assert validity(recorder) is Validity.UNKNOWN


def test_outcomes_are_what_the_launch_path_told_as_a_metric():
    recorder = leased()
    for at_ms, outcome in ((1_000, "launched"), (2_000, "RequestLimitExceeded")):
        dimension = {"Name": "Outcome", "Value": outcome}
        recorder.at(at_ms).add(
            kind=OpKind.CALL,
            actor="launch-desk",
            service="cloudwatch",
            operation="PutMetricData",
            request={
                "Namespace": "gameday/ec2",
                "MetricData": [{"MetricName": "Launches", "Dimensions": [dimension]}],
            },
        )
    history = recorder.history()
    assert list(launch_outcomes(history)) == ["launched", "RequestLimitExceeded"]
    assert list(launch_outcomes(history, since_ns=1_500_000_000)) == [
        "RequestLimitExceeded"
    ]
