"""An instance in service has network, or it is a hazard."""

from __future__ import annotations

from typing import Any

from histories import EPOCH_MS, WORLD, Recorder

from gameday.checkers import launch_without_network
from gameday.model.history import OpKind, Outcome
from gameday.model.network_change import ChangeKind, NetworkChange
from gameday.model.verdict import Finding, Validity

URL = "http://127.0.0.1:4566/123456789012/gameday-network-changes.fifo"


def begun() -> Recorder:
    recorder = Recorder()
    recorder.mark("run_started", epoch_ms=EPOCH_MS)
    return recorder


def call(
    recorder: Recorder,
    service: str,
    operation: str,
    request: dict[str, Any],
    outcome: Outcome = Outcome.OK,
) -> None:
    recorder.add(
        kind=OpKind.CALL,
        actor="network-manager",
        service=service,
        operation=operation,
        request=request,
        outcome=outcome,
    )


def sent(recorder: Recorder, kind: ChangeKind, instance: str = "i-1") -> None:
    change = NetworkChange(kind=kind, instance=instance, droplet="droplet-0001")
    body = {"QueueUrl": URL, "MessageBody": change.render()}
    call(recorder, "sqs", "SendMessage", body)


def told(recorder: Recorder, version: int, instance: str = "i-1") -> None:
    item = {
        "instance": {"S": instance},
        "kind": {"S": "launched"},
        "version": {"N": str(version)},
    }
    request = {"TableName": "gameday-instance-network", "Item": item}
    call(recorder, "dynamodb", "PutItem", request)


def acknowledged(
    recorder: Recorder, version: int, outcome: Outcome = Outcome.OK
) -> None:
    request = {
        "TableName": "gameday-network",
        "Key": {"name": {"S": "propagated"}},
        "UpdateExpression": "SET version = :next",
        "ExpressionAttributeValues": {":next": {"N": str(version)}},
    }
    call(recorder, "dynamodb", "UpdateItem", request, outcome)


def finding(recorder: Recorder, *, end_ms: int = 20_000) -> Finding:
    recorder.at(end_ms).mark("run_ended")
    return launch_without_network.check(recorder.history(), WORLD)


def test_a_launch_that_has_its_network_in_time_is_right():
    recorder = begun()
    sent(recorder.at(1_000), ChangeKind.LAUNCHED)
    told(recorder.at(1_500), 1)
    acknowledged(recorder.at(2_000), 1)
    assert finding(recorder).validity is Validity.VALID


def test_a_launch_that_waits_longer_is_in_service_without():
    recorder = begun()
    sent(recorder.at(1_000), ChangeKind.LAUNCHED)
    told(recorder.at(8_500), 1)
    acknowledged(recorder.at(9_000), 1)
    found = finding(recorder)
    assert found.validity is Validity.INVALID
    assert "1 of 1 launches were in service without network" in found.summary
    assert "the longest for 8.0 s after its launch (i-1)" in found.summary


def test_one_that_never_has_it_counts_to_the_end_of_the_run_or_its_own():
    recorder = begun()
    sent(recorder.at(1_000), ChangeKind.LAUNCHED)
    assert finding(recorder).validity is Validity.INVALID

    recorder = begun()
    sent(recorder.at(1_000), ChangeKind.LAUNCHED)
    sent(recorder.at(2_000), ChangeKind.TERMINATED)
    assert finding(recorder).validity is Validity.VALID

    recorder = begun()
    sent(recorder.at(19_000), ChangeKind.LAUNCHED)
    assert finding(recorder).validity is Validity.VALID


def test_an_acknowledgement_of_a_later_version_covers_earlier_ones():
    recorder = begun()
    for n in (1, 2):
        sent(recorder.at(1_000), ChangeKind.LAUNCHED, f"i-{n}")
        told(recorder.at(1_100), n, f"i-{n}")
    acknowledged(recorder.at(1_500), 2)
    assert finding(recorder).validity is Validity.VALID


def test_an_acknowledgement_without_a_reply_leaves_it_open_and_one_refused_is_none():
    for outcome, validity in (
        (Outcome.INFO, Validity.UNKNOWN),
        (Outcome.FAIL, Validity.INVALID),
    ):
        recorder = begun()
        sent(recorder.at(1_000), ChangeKind.LAUNCHED)
        told(recorder.at(1_500), 1)
        acknowledged(recorder.at(2_000), 1, outcome)
        assert finding(recorder).validity is validity


def test_the_longest_queue_is_told_and_a_change_sent_twice_is_one():
    recorder = begun()
    for at_ms, n in ((1_000, 1), (1_100, 2), (1_150, 2)):
        sent(recorder.at(at_ms), ChangeKind.LAUNCHED, f"i-{n}")
    sent(recorder.at(1_200), ChangeKind.TERMINATED, "i-1")
    for n in (1, 2, 3):
        told(recorder.at(1_300), n, f"i-{n}")
        acknowledged(recorder.at(1_500), n)
    sent(recorder.at(1_900), ChangeKind.LAUNCHED, "i-3")
    assert "up to 3 changes waited" in finding(recorder, end_ms=2_500).summary


def test_without_launches_there_is_nothing_to_say():
    assert finding(begun()).validity is Validity.UNKNOWN
