"""What an operator writes is what every host reads."""

from __future__ import annotations

import json

import pytest

from gameday.model.backoff import Backoff, FixedWait, FullJitter, RetryQuotaRule
from gameday.model.free_parameters import reference_fleet
from gameday.model.lever_document import parse_levers, render_levers
from gameday.model.levers import AS_BUILT, InvocationLevers, Levers
from gameday.model.mitigations import mitigations
from gameday.model.shortage import Protects
from gameday.model.velocity import Velocity
from gameday.model.work_queue import Order, QueueRule
from gameday.model.zonal_failover import Failover

ODD = Levers(
    queue=QueueRule(order=Order.EARLIEST_DEADLINE, jobs_max=5, one_per_droplet=True),
    wait=FullJitter(first_ms=10, last_ms=80),
    quota=RetryQuotaRule(tokens_max=20),
    keep_on_unavailable=True,
    invocations=InvocationLevers(protects=Protects.SYNC, poller_batches=4),
)
LEVERS = [
    AS_BUILT,
    ODD,
    Levers(wait=Backoff(first_ms=1, last_ms=2)),
    Levers(wait=FixedWait(period_ms=7)),
    Levers(internal_path_for=("sts", "iam")),
    Levers(network_backlog_max=2),
    Levers(failover=Failover.OFF),
    Levers(
        velocity=Velocity(window_ms=30_000, removed_percent_max=40, floor_percent=60)
    ),
    *(pulled.levers for pulled in mitigations(reference_fleet()).values()),
]


@pytest.mark.parametrize("levers", LEVERS, ids=str)
def test_levers_survive_being_written_and_read(levers: Levers):
    assert parse_levers(json.loads(json.dumps(render_levers(levers)))) == levers


def test_as_built_needs_no_words():
    assert render_levers(AS_BUILT) == {}
    assert render_levers(Levers(queue=QueueRule(drop_within_ms=9))) == {
        "drop_within_ms": 9
    }


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"trottle": {"per_s": 1}}, "did you mean 'throttle'"),
        ({"order": "lifos"}, "did you mean 'lifo'"),
        ({"order": 3}, "order: 3 is not"),
        ({"jobs_max": True}, "jobs_max: True is not"),
        ({"jobs_max": 0}, "need jobs_max >= 1"),
        ({"one_per_droplet": 1}, "one_per_droplet: 1 is not"),
        ({"throttle": {}}, "throttle: per_s is missing"),
        ({"throttle": {"per_s": 0}}, "need per_s > 0"),
        ({"throttle": {"per_s": "4"}}, "throttle: per_s: '4' is not a number"),
        ({"throttle": {"perS": 4}}, "did you mean 'per_s'"),
        ({"throttle": 4}, "throttle: 4 is not a mapping"),
        ({"invocations": 4}, "invocations: 4 is not a mapping"),
        ({"invocations": {"protect": "sync"}}, "did you mean 'protects'"),
        ({"invocations": {"protects": "sink"}}, "did you mean 'sync'"),
        ({"invocations": {"poller_batches": "4"}}, "'4' is not a whole number"),
        ({"invocations": {"poller_batches": 0}}, "should be from 1 to 100"),
        ({"wait": 4}, "wait: 4 is not a mapping"),
        ({"wait": {"full_jitter_ms": 4}}, r"not \[first, last\]"),
        ({"wait": {"full_jiter_ms": [1, 2]}}, "did you mean 'full_jitter_ms'"),
        ({"network_backlog_max": 0}, "need network_backlog_max >= 1, not 0"),
        ({"network_backlog_max": "2"}, "network_backlog_max: '2' is not of type int"),
        ({"failover": "of"}, "did you mean 'off'"),
        ({"failover": 1}, "1 is not of type str"),
        ({"velocity": {"window_ms": 1}}, "removed_percent_max is missing"),
        ({"internal_path_for": "sts"}, "'sts' is not a list of programs"),
        ({"internal_path_for": [1]}, r"\[1\] is not a list of programs"),
    ],
)
def test_what_means_nothing_is_refused_with_the_nearest_that_does(document, why):
    with pytest.raises(ValueError, match=why):
        parse_levers(document)


def test_off_without_quotes_in_yaml_is_off():
    assert parse_levers({"failover": False}) == Levers(failover=Failover.OFF)
