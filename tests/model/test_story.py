from __future__ import annotations

import re
from dataclasses import replace

from histories import ENDPOINT, WORLD, Recorder, started, the_race

from gameday.model.history import History, Op
from gameday.model.safeguards import CleanupGuard, Safeguards
from gameday.model.stale_act import Ending, stale_acts
from gameday.model.story import LINES_MAX, StoryKind, StoryLine, tell
from gameday.model.story_surroundings import describe_dns_rule, describe_rule
from gameday.model.world import World


def kinds(lines: tuple[StoryLine, ...]) -> list[StoryKind]:
    return [line.kind for line in lines]


def text_of(lines: tuple[StoryLine, ...], kind: StoryKind) -> str:
    return next(f"{line.actor} {line.text}" for line in lines if line.kind is kind)


def test_race_is_told_from_the_pick_up_to_the_negative_cache_tail() -> None:
    lines = tell(the_race(), WORLD)
    assert kinds(lines) == [
        StoryKind.FAULT,
        StoryKind.PLAN,
        StoryKind.PLAN,
        StoryKind.FAULT,
        StoryKind.LOCK,
        StoryKind.FLIP,
        StoryKind.CLEANUP,
        StoryKind.STALE,
        StoryKind.LOSS,
        StoryKind.EMPTY,
        StoryKind.WEDGE,
        StoryKind.WEDGE,
        StoryKind.DETECTION,
        StoryKind.REPAIR,
        StoryKind.RECOVERY,
        StoryKind.RECOVERY,
    ]
    assert [line.at_ns for line in lines] == sorted(line.at_ns for line in lines)


def test_race_names_who_held_which_plan_and_for_how_long() -> None:
    lines = tell(the_race(), WORLD)
    assert text_of(lines, StoryKind.STALE) == (
        f"enactor-az3 flips the root of {ENDPOINT} back from plan 145 to plan 110, "
        "picked up 3.8 s earlier"
    )
    assert "3 times running" in text_of(lines, StoryKind.LOCK)
    assert "from plan 110 to plan 145" in text_of(lines, StoryKind.FLIP)
    assert "plan 110 is among them and not live yet" in text_of(
        lines, StoryKind.CLEANUP
    )
    assert "that target was not found" in text_of(lines, StoryKind.WEDGE)
    assert "the first of 7 empty answers" in text_of(lines, StoryKind.EMPTY)
    assert lines[-2].text == (
        "gives the last empty answer, from its negative cache, 400 ms after the zone "
        "was mended"
    )


def test_race_that_nobody_mended_says_so_at_the_end() -> None:
    last = tell(the_race(repaired=False), WORLD)[-1]
    assert (last.actor, last.at_ns) == ("nobody", 12_000_000_000)
    assert "6.9 s without an address" in last.text


def test_fenced_race_tells_where_the_old_plan_was_stopped_and_by_what() -> None:
    lines = tell(the_race("fenced"), WORLD)
    assert StoryKind.LOSS not in kinds(lines)
    assert "does not flip (freshness in-batch)" in text_of(lines, StoryKind.REFUSED)
    assert "plan 145 is live and stays" in lines[-2].text
    assert "none of them empty" in lines[-1].text


def test_run_without_an_old_plan_says_that_there_was_no_race() -> None:
    recorder = started()
    recorder.at(1_000).enact("enactor-az1", 110)
    (note, answers) = tell(recorder.history(), WORLD)
    assert "no race in this run" in note.text
    assert "2 flips" in note.text
    assert "none of them empty" in answers.text


def test_empty_history_has_a_story_too() -> None:
    (note,) = tell(History(()), World(endpoints=()))
    assert "no flip of any endpoint was recorded" in note.text


def test_story_is_never_longer_than_its_limit() -> None:
    recorder = started()
    for number in range(30):
        recorder.at(1_000 + number).publish(110 + number)
        recorder.ops[-1] = _by_operator(recorder)
    assert len(tell(recorder.history(), WORLD)) == LINES_MAX


def test_text_has_no_line_breaks_and_fits_a_paragraph() -> None:
    for design in ("as-built", "fenced"):
        for line in tell(the_race(design), WORLD):
            assert not re.search(r"[\n\t]", line.text)
            assert len(line.text) < 300


def test_flip_that_route_53_refuses_is_told_with_its_words() -> None:
    recorder = started()
    recorder.at(900).pick_up("enactor-az3", 110)
    seen = recorder.zone()
    recorder.at(1_000).enact("enactor-az1", 145)
    recorder.at(1_100).lock("enactor-az3")
    recorder.at(1_150).build("enactor-az3", 110)
    fenced = Safeguards.parse({"freshness": "in-batch"})
    recorder.at(1_200).flip("enactor-az3", 110, safeguards=fenced, seen=seen)
    (act,) = stale_acts(recorder.history(), WORLD)
    assert (act.ending, act.generation, act.live) == (Ending.REFUSED, 110, 145)
    text = text_of(tell(recorder.history(), WORLD), StoryKind.REFUSED)
    assert "do not match the current values" in text


def test_plan_dropped_after_lost_locks_is_told_as_abandoned() -> None:
    recorder = started()
    recorder.at(900).pick_up("enactor-az3", 110)
    recorder.at(1_000).lock("enactor-az1")
    recorder.at(1_010).build("enactor-az1", 145)
    recorder.at(1_020).flip("enactor-az1", 145)
    recorder.at(1_030).lock("enactor-az3")
    recorder.at(1_040).lock("enactor-az3")
    recorder.at(1_100).pick_up("enactor-az3", 145)
    (act,) = stale_acts(recorder.history(), WORLD)
    assert act.ending is Ending.ABANDONED
    text = text_of(tell(recorder.history(), WORLD), StoryKind.REFUSED)
    assert "after 2 lost locks" in text


def test_plan_found_stale_before_its_turn_is_told_as_passed_over() -> None:
    recorder = started()
    recorder.at(900).pick_up("enactor-az3", 110)
    recorder.at(1_000).enact("enactor-az1", 145)
    recorder.at(1_100).list_zone("enactor-az3")
    recorder.at(1_200).pick_up("enactor-az3", 145)
    (act,) = stale_acts(recorder.history(), WORLD)
    assert act.ending is Ending.PASSED_OVER


def test_regression_that_the_next_flip_puts_right_is_told_with_its_length() -> None:
    recorder = _regressed()
    recorder.at(1_300).lock("cleaner-az1")
    recorder.at(1_310).delete_trees(
        "cleaner-az1", applied=145, seen=recorder.zone(), guard=CleanupGuard.AT_SCAN
    )
    recorder.at(1_320).unlock("cleaner-az1")
    recorder.at(2_000).enact("enactor-az2", 146)
    (act,) = stale_acts(recorder.history(), WORLD)
    assert act.ending is Ending.FLIPPED_BACK
    repair = text_of(tell(recorder.history(), WORLD), StoryKind.REPAIR)
    assert (
        repair == "enactor-az2 flips the root on to plan 146, 800 ms after it went back"
    )


def test_gravest_act_is_the_one_that_is_told() -> None:
    recorder = started()
    recorder.at(900).pick_up("enactor-az3", 110)
    recorder.at(905).pick_up("enactor-az2", 112)
    recorder.at(910).enact("enactor-az1", 145)
    recorder.at(1_000).lock("enactor-az2")
    recorder.at(1_010).unlock("enactor-az2")
    recorder.at(1_100).enact("enactor-az3", 110)
    endings = [act.ending for act in stale_acts(recorder.history(), WORLD)]
    assert endings == [Ending.FLIPPED_BACK, Ending.DECLINED]


def test_rules_are_described_by_what_they_do_to_whom() -> None:
    match = {"actor": "enactor-az3", "service": "route53"}
    cases = {
        "delays route53 calls of enactor-az3 by 5 ms +/- 2": {
            "kind": "delay",
            "delay_ms": 5,
            "jitter_ms": 2,
        },
        "answers route53 calls of enactor-az3 with Throttling": {
            "kind": "error",
            "code": "Throttling",
        },
        "throttles route53 calls of enactor-az3 to 3 a second": {
            "kind": "throttle",
            "rate_per_s": 3,
        },
        "drops route53 calls of enactor-az3": {"kind": "drop_request"},
        "drops the replies to route53 calls of enactor-az3": {"kind": "drop_response"},
        "holds route53 calls of enactor-az3": {"kind": "hold"},
        "delivers route53 calls of enactor-az3 3 times": {
            "kind": "duplicate",
            "copies": 3,
        },
        "answers route53 calls of enactor-az3 as of 900 ms ago": {
            "kind": "stale_read",
            "staleness_ms": 900,
        },
        "refuses route53 calls of enactor-az3 that are signed for another time": {
            "kind": "reject_skew"
        },
    }
    for text, fault in cases.items():
        assert describe_rule({"match": match, "fault": fault}) == text
    rule = {"match": {"operation": ["A", "B"]}, "fault": {"kind": "hold"}, "nth": 3}
    assert describe_rule(rule) == "holds A and B calls, only number 3"
    rule = {"match": {"service": "?*"}, "fault": {"kind": "hold"}, "count": 2}
    assert describe_rule(rule) == "holds AWS calls, at most 2"
    rule = {"match": {"az": ["az1", "az2"]}, "fault": {"kind": "hold"}}
    assert describe_rule(rule) == "holds calls from az1 and az2"


def test_dns_rules_are_described_by_what_they_do_to_which_answers() -> None:
    cases = {
        "makes DNS answers for a.test in az1 SERVFAIL": {"kind": "servfail"},
        "takes the records out of DNS answers for a.test in az1": {"kind": "empty"},
        "delays DNS answers for a.test in az1 by 9 ms": {"kind": "slow", "delay_ms": 9},
        "drops DNS answers for a.test in az1": {"kind": "drop"},
        "cuts DNS answers for a.test in az1 short": {"kind": "truncate"},
        "shows every zone as it is now in DNS answers for a.test in az1": {
            "kind": "stale"
        },
        "shows a.test at version 3 in DNS answers for a.test in az1": {
            "kind": "stale",
            "zone": "a.test",
            "version": 3,
        },
        "shows every zone 50 ms late in DNS answers for a.test in az1": {
            "kind": "stale",
            "age_ms": 50,
        },
    }
    match = {"name": "a.test", "az": "az1"}
    for text, fault in cases.items():
        rule = {"at": "resolver", "match": match, "fault": fault}
        assert describe_dns_rule(rule) == text
    rule = {"at": "edge", "fault": {"kind": "drop"}, "count": 2}
    assert describe_dns_rule(rule) == "drops DNS answers at the DNS edges, at most 2"
    rule = {
        "at": "edge",
        "match": {"az": ["az1", "az2"], "edge": "127.0.30.1"},
        "fault": {"kind": "drop"},
    }
    assert describe_dns_rule(rule) == "drops DNS answers in az1 and az2 at 127.0.30.1"


def test_deeds_of_the_harness_are_told() -> None:
    recorder = started()
    recorder.at(700).mark("pause_actor", actor="enactor-az3")
    recorder.at(800).mark("freeze_automation")
    recorder.at(900).mark("load_balancer", name="lb-1", state="refusing")
    faults = [
        line.text
        for line in tell(recorder.history(), WORLD)
        if line.kind is StoryKind.FAULT
    ]
    assert faults == [
        "pauses enactor-az3 (SIGSTOP)",
        "freezes the automation",
        "sets load balancer lb-1 to refusing",
    ]


def test_unsafe_plan_that_an_enactor_refused_is_told_with_the_reason() -> None:
    recorder = started()
    recorder.at(900).pick_up("enactor-az1", 110, load_balancers={})
    recorder.at(1_000).lock("enactor-az1")
    recorder.at(1_100).unlock("enactor-az1")
    text = text_of(tell(recorder.history(), WORLD), StoryKind.REFUSED)
    assert text.startswith(
        "enactor-az1 takes the lock with plan 110 and does not apply it (plan_safety): "
        "it would empty"
    )


def test_change_without_a_reply_is_told_with_what_came_of_it() -> None:
    recorder = started()
    recorder.at(1_000).lock("enactor-az1", reply_lost=True)
    recorder.at(1_100).build("enactor-az1", 110)
    text = text_of(tell(recorder.history(), WORLD), StoryKind.LOCK)
    assert text.endswith("it had taken effect, as a later batch shows")
    recorder = started()
    recorder.at(1_000).lock("enactor-az1", reply_lost=True)
    text = text_of(tell(recorder.history(), WORLD), StoryKind.LOCK)
    assert text.endswith("nobody knows whether it took effect")


def _regressed() -> Recorder:
    recorder = started()
    recorder.at(900).pick_up("enactor-az3", 110)
    recorder.at(1_000).enact("enactor-az1", 110)
    recorder.at(1_100).enact("enactor-az1", 145)
    recorder.at(1_200).enact("enactor-az3", 110)
    return recorder


def _by_operator(recorder: Recorder) -> Op:
    return replace(recorder.ops[-1], actor="operator")
