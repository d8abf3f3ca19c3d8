"""What travels between who asks a service and who serves."""

from __future__ import annotations

from gameday.aws.requests import (
    Reply,
    Request,
    parse_reply,
    parse_request,
    render_reply,
    render_request,
)


def test_what_was_asked_and_replied_arrives_as_it_was_sent():
    request = Request(id="a-1", reply_to="replies", body={"n": 1}, until_ms=2_000)
    assert parse_request(render_request(request)) == request

    for reply in (Reply(id="a-1", body={"n": 2}), Reply(id="a-1", refusal="busy")):
        assert parse_reply(render_reply(reply)) == reply


def test_a_caller_waits_until_it_said_and_one_that_said_nothing_for_ever():
    request = Request(id="a-1", reply_to="replies", body={}, until_ms=2_000)
    assert request.is_awaited(now_ms=1_999)
    assert not request.is_awaited(now_ms=2_000)
    assert Request(id="", reply_to="", body={}).is_awaited(now_ms=2_000)
