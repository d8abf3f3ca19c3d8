"""Run span, resolver answers and table writes: what a history says as values."""

from __future__ import annotations

from dataclasses import replace

from histories import ENDPOINT, EPOCH_MS, Recorder, started

from gameday.model.history import History, OpKind, Outcome
from gameday.model.resolver_answers import empties_after_first, resolver_answers
from gameday.model.run_span import run_span, within_run
from gameday.model.table_writes import (
    item_writes,
    lease_writes,
    plans_picked_up,
    plans_published,
)


def test_empty_history_has_an_empty_span() -> None:
    span = run_span(History(()))
    assert (span.start_ns, span.end_ns, span.epoch_ms) == (0, 0, None)
    assert span.wall_ms(5) is None


def test_wall_clock_is_counted_from_the_mark() -> None:
    recorder = Recorder()
    recorder.at(500).mark("run_started", epoch_ms=EPOCH_MS)
    recorder.at(2_500).resolve()
    span = run_span(recorder.history())
    assert span.wall_ms(2_500_000_000) == EPOCH_MS + 2_000


def test_what_follows_the_end_of_the_run_is_left_out() -> None:
    recorder = started()
    recorder.at(1_000).mark("run_ended")
    length = len(recorder.ops)
    recorder.at(1_100).resolve(answers=())
    assert len(within_run(recorder.history())) == length
    assert run_span(recorder.history()).end_ns == 1_000_000_000


def test_empty_answers_count_only_after_a_good_one_of_the_same_resolver() -> None:
    recorder = Recorder()
    recorder.at(10).resolve(az="az1", answers=())
    recorder.at(20).resolve(az="az1", answers=("127.0.10.1",))
    recorder.at(30).resolve(az="az2", answers=())
    recorder.at(40).resolve(az="az1", answers=(), rcode="NXDOMAIN")
    recorder.at(50).resolve(az="az1", answers=())
    recorder.at(60).resolve(az="az1", endpoint="other.test", answers=())
    found = empties_after_first(recorder.history(), ENDPOINT)
    assert [answer.op.end_ns for answer in found] == [50_000_000]
    assert len(list(resolver_answers(recorder.history(), ENDPOINT))) == 5


def test_what_a_rule_made_of_an_answer_says_nothing_of_the_name() -> None:
    recorder = Recorder()
    recorder.at(10).resolve(az="az1", answers=("127.0.10.1",))
    recorder.at(20).resolve(az="az1", answers=())
    recorder.at(30).resolve(az="az1", answers=())
    recorder.at(40).resolve(az="az1", answers=())
    rulings = ("pass", "empty", "slow", "pass")
    ops = [
        replace(op, ruling=ruling)
        for op, ruling in zip(recorder.history(), rulings, strict=True)
    ]
    ops.append(replace(ops[-1], via="edge-127.0.30.1"))
    found = empties_after_first(History(tuple(ops)), ENDPOINT)
    assert [answer.op.end_ns for answer in found] == [30_000_000, 40_000_000]


def test_plans_are_read_from_documents_and_from_bare_numbers() -> None:
    recorder = Recorder()
    recorder.at(10).publish(110, force=True)
    recorder.at(20).pick_up("enactor-az1", 110)
    recorder.add(
        kind=OpKind.CALL,
        actor="enactor-az2",
        service="dynamodb",
        operation="Query",
        request={"TableName": "gameday-plans"},
        response={"Items": [{"generation": {"N": "111"}}]},
    )
    (published,) = plans_published(recorder.history())
    assert published.plan is not None
    assert published.plan.force
    seen = list(plans_picked_up(recorder.history()))
    assert [(s.op.actor, s.generation) for s in seen] == [
        ("enactor-az1", 110),
        ("enactor-az2", 111),
    ]


def test_query_whose_reply_was_not_kept_is_left_out() -> None:
    recorder = Recorder()
    recorder.add(
        kind=OpKind.CALL,
        actor="enactor-az2",
        service="dynamodb",
        operation="Query",
        request={"TableName": "gameday-plans"},
    )
    assert list(plans_picked_up(recorder.history())) == []


def test_leases_are_read_from_puts_updates_and_transactions() -> None:
    recorder = Recorder()
    recorder.at(10).renew_lease("droplet-1", ttl_ms=100, outcome=Outcome.INFO)
    update = {
        "TableName": "gameday-leases",
        "Key": {"droplet": {"S": "droplet-2"}},
        "UpdateExpression": "SET holder = :h, #e = :until",
        "ExpressionAttributeNames": {"#e": "expires_at_ms"},
        "ExpressionAttributeValues": {":h": {"S": "me"}, ":until": {"N": "7"}},
    }
    for operation, request in (
        ("UpdateItem", update),
        ("TransactWriteItems", {"TransactItems": [{"Update": update}]}),
    ):
        recorder.add(
            kind=OpKind.CALL,
            actor="lease-manager",
            service="dynamodb",
            operation=operation,
            request=request,
        )
    found = list(lease_writes(recorder.history()))
    assert [(w.droplet, w.expires_at_ms) for w in found] == [
        ("droplet-1", EPOCH_MS + 110),
        ("droplet-2", 7),
        ("droplet-2", 7),
    ]


def test_batch_write_is_read_table_by_table() -> None:
    recorder = Recorder()
    recorder.add(
        kind=OpKind.CALL,
        actor="planner",
        service="dynamodb",
        operation="BatchWriteItem",
        request={
            "RequestItems": {
                "gameday-switches": [
                    {"PutRequest": {"Item": {"name": {"S": "freeze"}}}},
                    {"DeleteRequest": {"Key": {"name": {"S": "other"}}}},
                ]
            }
        },
    )
    writes = list(item_writes(recorder.history(), "gameday-switches"))
    assert [attributes for _, attributes in writes] == [{"name": "freeze"}]
