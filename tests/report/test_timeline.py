"""What somebody who watches a run is shown, op by op."""

from __future__ import annotations

from histories import ENDPOINT, Recorder, the_race

from gameday.model.history import History, Op, OpKind, Outcome
from gameday.model.story_line import StoryKind, StoryLine
from gameday.report.timeline import Timeline


def shown(history: History, timeline: Timeline | None = None) -> list[StoryLine]:
    timeline = timeline or Timeline(ENDPOINT)
    return [line for op in history for line in timeline.feed(op)]


def kinds(lines: list[StoryLine]) -> set[StoryKind]:
    return {line.kind for line in lines}


def test_the_race_as_built_is_seen_as_it_happens():
    timeline = Timeline(ENDPOINT)
    lines = shown(the_race(), timeline)

    stale = [line for line in lines if line.kind is StoryKind.STALE]
    assert [line.text for line in stale] == [
        "flips dynamodb BACK from plan 145 to plan 110"
    ]
    texts = [line.text for line in lines]
    assert "deletes plan 110, LIVE at dynamodb" in texts
    assert {StoryKind.EMPTY, StoryKind.WEDGE, StoryKind.FLIP} <= kinds(lines)
    moments = [line.at_ns for line in lines]
    assert moments == sorted(moments), "a line comes with its op, never later"


def test_the_fenced_race_shows_no_harm():
    lines = shown(the_race("fenced"))

    assert not kinds(lines) & {StoryKind.STALE, StoryKind.EMPTY, StoryKind.LOSS}


def test_a_calm_history_is_a_few_lines_however_long_it_is():
    history = the_race("fenced")
    quiet = [op for op in history if op.operation in {"GetItem", "Query", "SOA"}]

    assert shown(History(tuple(quiet))) == []


def test_the_status_line_follows_plans_answers_and_faults():
    timeline = Timeline(ENDPOINT)
    shown(the_race(repaired=False), timeline)
    figures = timeline.figures

    assert figures.live == 110
    assert figures.newest >= 145
    assert figures.silent
    assert not figures.silent & figures.answering


def dns(recorder: Recorder, *addresses: str) -> Op:
    return recorder.add(
        kind=OpKind.DNS,
        actor="az1",
        service="dns",
        operation="A",
        via="resolver-az1",
        request={"name": f"{ENDPOINT}."},
        response={"rcode": "NOERROR", "answers": list(addresses)},
    )


def test_only_a_change_of_the_answer_is_news():
    recorder = Recorder()
    dns(recorder)
    for _ in range(3):
        dns(recorder, "127.0.10.1")
    dns(recorder)
    dns(recorder)
    dns(recorder, "127.0.10.1")

    lines = shown(recorder.history())

    assert [line.kind for line in lines] == [StoryKind.EMPTY, StoryKind.RECOVERY], (
        "no answer before the first one is no loss"
    )


def test_a_fault_that_fires_often_is_shown_now_and_then():
    recorder = Recorder()
    for _ in range(40):
        recorder.add(
            kind=OpKind.CALL,
            actor="enactor-az3",
            service="route53",
            operation="GetChange",
            ruling="delay",
            rule="slow",
            outcome=Outcome.OK,
        )
    recorder.mark("remove_rule", id="slow", seen=40, fired=40)

    lines = shown(recorder.history())

    assert [line.text.partition(")")[2] for line in lines[:-1]] == [
        "",
        ", 3 times so far",
        ", 10 times so far",
        ", 30 times so far",
    ]
    assert lines[-1].text == "fault 'slow' is removed; it fired 40 times"


def test_the_experiments_own_steps_are_shown_and_a_failure_says_why():
    recorder = Recorder()
    recorder.mark("activity_started", name="wait for it", type="action")
    recorder.mark(
        "activity_ended",
        name="wait for it",
        status="failed",
        exception="chaoslib.exceptions.ActivityFailed: it never came",
    )
    recorder.mark("hypothesis", met=False, failed=["the endpoint resolves"])
    recorder.mark("hypothesis", met=True, failed=[])
    timeline = Timeline(ENDPOINT)

    texts = [line.text for line in shown(recorder.history(), timeline)]

    assert texts == [
        "wait for it",
        "wait for it failed: it never came",
        "the hypothesis is broken: the endpoint resolves",
        "the hypothesis holds",
    ]
    assert timeline.figures.activity == ""


def test_a_batch_that_cannot_be_read_is_passed_over():
    recorder = Recorder()
    recorder.add(
        kind=OpKind.CALL,
        actor="stranger",
        service="route53",
        operation="ChangeResourceRecordSets",
        request={"Zone": ENDPOINT, "ChangeBatch": {"Changes": [{}]}},
        outcome=Outcome.OK,
    )

    assert shown(recorder.history()) == []
