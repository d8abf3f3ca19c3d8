"""Calls that stand still, and every way they get away."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from edge_lab import EdgeProcess, Outcome, start_thread

pytestmark = pytest.mark.usefixtures("table")


def put(edge: EdgeProcess, key: str, **settings: Any) -> Any:
    return edge.client("dynamodb", **settings).put_item(
        TableName="things", Item={"k": {"S": key}}
    )


def stored(edge: EdgeProcess, key: str) -> bool:
    reply = edge.client("dynamodb", "planner").get_item(
        TableName="things", Key={"k": {"S": key}}, ConsistentRead=True
    )
    return "Item" in reply


def hold(edge: EdgeProcess, on_disconnect: str = "deliver", **rest: Any) -> str:
    return edge.control.set_rule(
        {
            "match": {"operation": "PutItem"},
            "fault": {"kind": "hold", "on_disconnect": on_disconnect, **rest},
        }
    )


def held_put(edge: EdgeProcess, rule: str, key: str) -> Outcome:
    writer = start_thread(lambda: put(edge, key))
    assert edge.control.await_hold(rule)
    return writer


def test_a_held_call_has_no_effect_until_it_is_released(edge):
    rule = hold(edge)
    writer = held_put(edge, rule, "held")
    (one,) = edge.control.holds()
    assert (one["rule"], one["actor"], one["operation"]) == (
        rule,
        "enactor-az1",
        "PutItem",
    )
    assert one["writes"] == ["dynamodb:things/held"]
    assert one["client_gone"] is False
    assert not stored(edge, "held")
    assert not writer.done.is_set()
    assert edge.control.release(rule=rule) == 1
    writer.wait()
    assert stored(edge, "held")
    op = edge.last(operation="PutItem")
    assert (op.ruling, op.rule, op.outcome) == ("hold", rule, "ok")
    assert edge.control.holds() == []


def test_a_hold_released_as_dropped_never_takes_effect(edge):
    rule = hold(edge)
    writer = held_put(edge, rule, "dropped")
    assert edge.control.release(rule=rule, outcome="drop") == 1
    with pytest.raises(ConnectionClosedError):
        writer.wait()
    assert edge.last(operation="PutItem").outcome == "fail"
    edge.control.remove_rules()
    assert not stored(edge, "dropped")


def test_a_hold_released_without_its_reply_takes_effect_and_nobody_is_told(edge):
    rule = hold(edge)
    writer = held_put(edge, rule, "unanswered")
    assert edge.control.release(rule=rule, outcome="lose-reply") == 1
    with pytest.raises(ConnectionClosedError):
        writer.wait()
    op = edge.last(operation="PutItem")
    assert (op.ruling, op.outcome, op.status) == ("hold", "info", None)
    edge.control.remove_rules()
    assert stored(edge, "unanswered")


def test_one_hold_of_several_can_be_released(edge):
    rule = hold(edge)
    first, second = (held_put(edge, rule, key) for key in ("one", "two"))
    holds = edge.control.holds()
    for _ in range(2000):
        if len(holds) == 2:
            break
        holds = edge.control.holds()
    by_key = {each["request"]["Item"]["k"]["S"]: each["id"] for each in holds}
    assert edge.control.release(hold=by_key["two"]) == 1
    second.wait()
    assert not first.done.is_set()
    assert edge.control.release() == 1
    first.wait()


def gone(edge: EdgeProcess) -> dict[str, Any]:
    """The hold, once its client has gone."""
    for _ in range(2000):
        (one,) = edge.control.holds()
        if one["client_gone"]:
            return one
    raise AssertionError("the edge never noticed that the client went away")


def test_a_call_whose_client_gave_up_is_delivered_late(edge):
    rule = hold(edge, "deliver")
    with pytest.raises(ReadTimeoutError):
        put(edge, "given up", read_timeout_s=0.2)
    gone(edge)
    assert not stored(edge, "given up")
    edge.control.release(rule=rule)
    edge.control.remove_rules()
    op = edge.ruled_on(rule)
    assert (op.outcome, op.status) == ("info", None)
    assert stored(edge, "given up")


def test_a_call_whose_client_gave_up_is_dropped_if_the_rule_says_so(edge):
    rule = hold(edge, "drop")
    with pytest.raises(ReadTimeoutError):
        put(edge, "never", read_timeout_s=0.2)
    op = edge.ruled_on(rule)
    assert (op.outcome, op.status) == ("fail", None)
    edge.control.remove_rules()
    assert not stored(edge, "never")


def test_removing_a_rule_delivers_what_it_holds(edge):
    rule = hold(edge)
    writer = held_put(edge, rule, "freed")
    assert edge.control.remove_rule(rule) == {"id": rule, "seen": 1, "fired": 1}
    writer.wait()
    assert stored(edge, "freed")


def test_a_hold_ends_by_itself_when_its_time_is_up(edge):
    hold(edge, timeout_ms=50)
    put(edge, "timed")
    assert stored(edge, "timed")


def test_waiting_for_a_hold_that_never_comes_ends(edge):
    assert edge.control.await_hold(hold(edge), timeout_ms=20) == []
