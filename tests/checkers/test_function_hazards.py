"""A poller that nobody starts, and a shortage that spares the wrong ones."""

from __future__ import annotations

from histories import EPOCH_MS, WORLD, Recorder

from gameday.checkers import poller_stuck, sync_starved
from gameday.model.history import OpKind
from gameday.model.invocations_seen import (
    POLLER_DIMENSION,
    POLLERS_NAMESPACE,
    POLLS_METRIC,
    Became,
    invocation_data,
    polls,
    rounds,
)
from gameday.model.shortage import Invocations
from gameday.model.verdict import Validity

ENDPOINT = WORLD.endpoints[0]
ALLOWED_MS = WORLD.pollers_back_ms


def told(recorder: Recorder, namespace: str, data: list[dict[str, object]]) -> None:
    recorder.add(
        kind=OpKind.CALL,
        actor="teller",
        service="cloudwatch",
        operation="PutMetricData",
        request={"Namespace": namespace, "MetricData": data},
    )


def poll(recorder: Recorder, *, reached: bool) -> None:
    dimension = {"Name": POLLER_DIMENSION, "Value": "sqs-poller"}
    datum = {"MetricName": POLLS_METRIC, "Dimensions": [dimension], "Value": reached}
    told(recorder, POLLERS_NAMESPACE, [datum])


def resolved(recorder: Recorder, *addresses: str) -> None:
    recorder.add(
        kind=OpKind.DNS,
        actor="az1",
        service="dns",
        operation="A",
        via="resolver-az1",
        request={"name": ENDPOINT},
        response={"rcode": "NOERROR", "answers": list(addresses)},
    )


def outage() -> Recorder:
    """Return a poller that failed while the name was dark, from 2 s to 4 s."""
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    resolved(recorder.at(500), "127.0.10.1")
    poll(recorder.at(1_000), reached=True)
    resolved(recorder.at(2_000))
    poll(recorder.at(2_500), reached=False)
    resolved(recorder.at(4_000), "127.0.10.1")
    return recorder


def stuck(recorder: Recorder) -> Validity:
    return poller_stuck.check(recorder.history(), WORLD).validity


def test_a_poller_that_polls_soon_after_the_outage_came_back_by_itself():
    recorder = outage()
    poll(recorder.at(4_000 + ALLOWED_MS), reached=True)
    assert stuck(recorder) is Validity.VALID


def test_one_that_does_not_is_stuck_whether_or_not_somebody_helps_later():
    recorder = outage()
    recorder.at(4_100 + ALLOWED_MS).mark("clear")
    assert stuck(recorder) is Validity.INVALID

    recorder.mark("restart_actor", actor="sqs-poller")
    poll(recorder.at(5_000 + ALLOWED_MS), reached=True)
    finding = poller_stuck.check(recorder.history(), WORLD)
    assert finding.validity is Validity.INVALID
    assert "sqs-poller did not poll for 7.0 s" in finding.summary


def test_who_was_helped_in_time_or_watched_too_short_proves_nothing():
    recorder = outage()
    assert stuck(recorder) is Validity.UNKNOWN

    recorder.at(4_200).mark("restart_actor", actor="sqs-poller")
    poll(recorder.at(4_500), reached=True)
    assert stuck(recorder) is Validity.UNKNOWN


def test_while_the_name_is_dark_and_without_polls_nothing_can_be_told():
    recorder = outage()
    resolved(recorder.at(5_000))
    assert stuck(recorder) is Validity.UNKNOWN
    assert stuck(Recorder()) is Validity.UNKNOWN


def test_a_poller_that_never_failed_polled_throughout():
    recorder = Recorder()
    poll(recorder.at(1_000), reached=True)
    assert stuck(recorder) is Validity.VALID
    assert [each.poller for each in polls(recorder.history())] == ["sqs-poller"]


def round_of(**became: Invocations) -> Recorder:
    recorder = Recorder()
    data = invocation_data({Became(how): count for how, count in became.items()})
    told(recorder.at(1_000), "gameday/lambda", data)
    return recorder


def starved(recorder: Recorder) -> Validity:
    return sync_starved.check(recorder.history(), WORLD).validity


def test_a_round_that_refuses_who_waits_and_serves_who_could_is_a_hazard():
    recorder = round_of(served=Invocations(asynchronous=3), refused=Invocations(sync=1))
    assert starved(recorder) is Validity.INVALID


def test_a_shortage_in_which_only_what_can_wait_waits_is_none():
    recorder = round_of(
        served=Invocations(sync=2, event_source=1), waits=Invocations(asynchronous=9)
    )
    assert starved(recorder) is Validity.VALID

    recorder = round_of(served=Invocations(sync=2), refused=Invocations(sync=1))
    assert starved(recorder) is Validity.VALID


def test_without_a_shortage_nothing_is_proved():
    recorder = round_of(
        served=Invocations(sync=2, asynchronous=1), failed=Invocations(sync=1)
    )
    assert starved(recorder) is Validity.UNKNOWN


def test_what_a_round_tells_is_read_again():
    became = {
        Became.SERVED: Invocations(sync=1, asynchronous=2, event_source=3),
        Became.WAITS: Invocations(asynchronous=4),
    }
    recorder = Recorder()
    told(recorder, "gameday/lambda", invocation_data(became))
    (only,) = rounds(recorder.history())
    assert only.became == became
