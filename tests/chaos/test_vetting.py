"""Every mistake in an experiment is reported with its line, before any start."""

from __future__ import annotations

from pathlib import Path

import pytest

from gameday.bundled import experiments_folder, fixtures_folder
from gameday.chaos.labels import labels_of
from gameday.chaos.vetting import ensure_experiment
from gameday.documents import load_document, parse_document
from gameday.errors import InvalidInput
from gameday.region.finding import find_region
from gameday.region.topology import Region, load_region

HEAD = """\
title: t
description: d
method:
  - name: a
    type: action
    provider:
      type: python
      module: gameday.chaos.actions
"""


@pytest.fixture(scope="module")
def region() -> Region:
    return load_region(fixtures_folder() / "regions" / "reference.yaml")


def reasons(text: str, region: Region) -> list[tuple[int | None, str]]:
    with pytest.raises(InvalidInput) as caught:
        ensure_experiment(parse_document(text, file="x.yaml"), region)
    assert {reason.file for reason in caught.value.reasons} == {"x.yaml"}
    return [(reason.line, reason.message) for reason in caught.value.reasons]


@pytest.mark.parametrize(
    "file", sorted(experiments_folder().rglob("*.yaml")), ids=lambda file: file.stem
)
def test_every_bundled_experiment_is_right(file: Path):
    own = find_region(labels_of(file).region, near=file.parent)
    ensure_experiment(load_document(file), own)


@pytest.mark.parametrize(
    ("call", "line", "message"),
    [
        (
            "func: inject_latncy",
            9,
            (
                "unknown function of gameday.chaos.actions 'inject_latncy'; "
                "did you mean 'inject_latency'?"
            ),
        ),
        (
            "func: inject_latency\n      arguments: {delay_ms: soon}",
            10,
            "should be a number, not 'soon'",
        ),
        (
            "func: inject_latency\n      arguments: {delay_ms: true}",
            10,
            "should be a number, not True",
        ),
        (
            "func: pull_levers\n      arguments: {mitigation: trottle}",
            10,
            "unknown mitigation 'trottle'; did you mean 'throttle'?",
        ),
        (
            "func: inject_latency\n      arguments: {actor: planner}",
            10,
            "inject_latency needs the argument 'delay_ms'",
        ),
        (
            (
                "func: inject_latency\n      arguments:\n        delay_ms: 1\n"
                "        jitter: 1"
            ),
            12,
            "unknown argument 'jitter'; did you mean 'jitter_ms'?",
        ),
        (
            (
                "func: inject_latency\n      arguments:\n        delay_ms: 1\n"
                "        actor: enactor-az7"
            ),
            12,
            "unknown actor 'enactor-az7'; did you mean 'enactor-az3'?",
        ),
        (
            (
                "func: inject_error\n      arguments:\n        code: Throttling\n"
                "        service: route35"
            ),
            12,
            "unknown service 'route35'; did you mean 'route53'?",
        ),
        (
            (
                "func: drop_responses\n      arguments:\n        service: route53\n"
                "        operation: ChangeResourceRecordSet"
            ),
            12,
            (
                "unknown route53 operation 'ChangeResourceRecordSet'; "
                "did you mean 'ChangeResourceRecordSets'?"
            ),
        ),
        (
            (
                "func: inject_latency\n      arguments:\n        delay_ms: 1\n"
                "        leg: sideways"
            ),
            12,
            "unknown value 'sideways'; known: request, response",
        ),
        (
            "func: await_hold\n      arguments: {rule: gap}",
            10,
            "unknown rule 'gap'; known: none",
        ),
        (
            "func: pause_actor\n      arguments: {actor: planer}",
            10,
            "unknown actor 'planer'; did you mean 'planner'?",
        ),
        (
            (
                "func: take_load_balancer_down\n"
                "      arguments: {load_balancer: lb-1, state: blackholed}"
            ),
            10,
            "unknown state 'blackholed'; did you mean 'black-holed'?",
        ),
        (
            "func: partition_az\n      arguments: {az: az1, direction: inbound}",
            10,
            "unknown direction 'inbound'; did you mean 'inbound-only'?",
        ),
        (
            "func: fail_dns\n      arguments: {kind: nxdomian}",
            10,
            "unknown kind 'nxdomian'; did you mean 'nxdomain'?",
        ),
        (
            "func: fail_dns\n      arguments: {kind: stale}",
            10,
            (
                "unknown kind 'stale'; known: drop, empty, nxdomain, refused, "
                "servfail, truncate"
            ),
        ),
        (
            "func: slow_dns\n      arguments: {delay_ms: 5, az: az4}",
            10,
            "unknown availability zone 'az4'; did you mean 'az3'?",
        ),
        (
            "func: fail_dns\n      arguments: {kind: drop, record_type: AAA}",
            10,
            "unknown record type 'AAA'; did you mean 'AAAA'?",
        ),
        (
            "func: fail_dns\n      arguments: {kind: drop, edge: 127.0.30.1}",
            10,
            'a rule at the resolvers has no edge; set "at": "edge"',
        ),
        (
            "func: hold_zone_version\n      arguments: {zone: dynamodb.gameday.test}",
            10,
            (
                "unknown hosted zone 'dynamodb.gameday.test'; did you mean "
                "'dynamodb.us-east-1.gameday.test'?"
            ),
        ),
        (
            "func: release_zone_version\n      arguments: {rule: old}",
            10,
            "unknown rule 'old'; known: none",
        ),
        (
            "func: pause_propagation\n      arguments: {edge: 127.0.30.2}",
            10,
            "unknown edge '127.0.30.2'; did you mean '127.0.30.1'?",
        ),
        (
            "func: skew_clock\n      arguments: {actor: planner, offset_ms: 1.5}",
            10,
            "should be a whole number, not 1.5",
        ),
        (
            "func: heal_az\n      arguments: {az: all}",
            10,
            "unknown az 'all'; known: az1, az2, az3",
        ),
        (
            (
                "func: publish_plan\n      arguments:\n        weights:\n"
                "          dynamodb.us-east-1.gameday.test: {lb-9: 1}"
            ),
            11,
            "unknown load balancer 'lb-9'; did you mean 'lb-3'?",
        ),
    ],
)
def test_a_wrong_call_is_named_with_its_line(
    call: str, line: int, message: str, region: Region
):
    assert reasons(f"{HEAD}      {call}\n", region) == [(line, message)]


def test_a_clock_that_cannot_be_set_is_named_with_what_makes_it_so(region: Region):
    planner = region.actors["planner"].model_copy(update={"run": "json:dumps"})
    strange = region.model_copy(update={"actors": {**region.actors, "odd": planner}})
    call = "func: jump_clock\n      arguments: {actor: odd, by_ms: 5}"
    assert reasons(f"{HEAD}      {call}\n", strange) == [
        (
            10,
            (
                "the clock of odd cannot be set; give it `clock: adjustable` in the "
                "region file"
            ),
        )
    ]


def test_a_module_that_is_not_there_is_named(region: Region):
    text = HEAD.replace("gameday.chaos.actions", "chaosabsent.ec2.actions")

    assert reasons(f"{text}      func: f\n", region) == [
        (8, "there is no module 'chaosabsent.ec2.actions'; is its package installed?")
    ]


def test_a_control_that_cannot_be_imported_is_an_error_and_not_a_warning(
    region: Region,
):
    text = """\
title: t
description: d
controls:
  - name: gameday
    provider: {type: python, module: gameday.chaos.contrl}
method: []
"""
    message = (
        "unknown module 'gameday.chaos.contrl'; did you mean 'gameday.chaos.control'?"
    )

    assert reasons(text, region) == [(5, message)]


def test_a_misspelt_key_is_refused_and_a_strangers_is_not(region: Region):
    text = "title: t\ndescription: d\nmethod: []\n{key}: []\n"

    assert reasons(text.replace("{key}", "rollback"), region) == [
        (4, "unknown key 'rollback'; did you mean 'rollbacks'?")
    ]
    document = parse_document(text.replace("{key}", "x-owner"), file="x.yaml")
    ensure_experiment(document, region)


def test_all_mistakes_are_reported_at_once_in_line_order(region: Region):
    text = f"{HEAD}      func: nothing\nrollback: []\ncontrols:\n  - name: c\n"
    text += "    provider: {type: python, module: gameday.chaos.ctrl}\n"

    assert [line for line, _ in reasons(text, region)] == [9, 10, 13]


def test_what_chaos_toolkit_objects_to_is_put_at_its_activity(region: Region):
    text = HEAD.replace("type: action\n", "type: acton\n", 1) + "      func: clear\n"

    assert reasons(text, region) == [(1, "'acton' is not a supported activity type")]


def test_a_tolerance_probe_without_arguments_is_refused(region: Region):
    """Chaos Toolkit writes into that mapping and would end with a traceback."""
    text = """\
title: t
description: d
steady-state-hypothesis:
  title: h
  probes:
    - name: p
      type: probe
      tolerance:
        type: probe
        name: t
        provider:
          type: python
          module: gameday.chaos.tolerances
          func: non_empty
      provider: {type: python, module: gameday.chaos.probes, func: endpoint_answers}
method: []
"""

    assert reasons(text, region) == [
        (11, "a tolerance probe needs `arguments: {}` at least")
    ]


def test_a_value_that_is_substituted_later_is_left_alone(region: Region):
    text = f"{HEAD}      func: pause_actor\n      arguments: {{actor: '${{who}}'}}\n"

    ensure_experiment(parse_document(text, file="x.yaml"), region)


def test_a_hypothesis_strategy_that_does_not_exist_is_refused(region: Region):
    """Chaos Toolkit answers "continuous" with a traceback."""
    text = """\
title: t
description: d
method: []
runtime:
  hypothesis:
    strategy: continuous
"""

    assert reasons(text, region) == [
        (
            5,
            "unknown hypothesis strategy 'continuous'; did you mean 'continuously'?",
        )
    ]
