from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.work_queue import Job, Order, QueueRule, WorkQueue

rules = st.builds(
    QueueRule,
    order=st.sampled_from(Order),
    jobs_max=st.none() | st.integers(1, 5),
    drop_within_ms=st.none() | st.integers(0, 20),
    one_per_droplet=st.booleans(),
)
jobs = st.builds(Job, st.integers(0, 3), st.integers(1, 9), st.integers(0, 100))


def job(droplet: int, *, attempt: int = 1, deadline_ms: int = 100) -> Job:
    return Job(droplet, attempt, deadline_ms)


def queue_of(*waiting: Job, **rule: object) -> WorkQueue:
    queue = WorkQueue(QueueRule(**rule))
    for each in waiting:
        queue.put(each)
    return queue


def taken(queue: WorkQueue, *, now_ms: int = 0) -> list[int]:
    droplets = []
    while (next_job := queue.take(now_ms=now_ms)) is not None:
        droplets.append(next_job.droplet)
    return droplets


def test_as_built_the_first_in_is_the_first_out_however_old_it_is():
    queue = queue_of(job(1), job(2), job(1, attempt=2))

    assert taken(queue, now_ms=10**9) == [1, 2, 1]
    assert queue.dropped == 0


def test_last_in_first_out_leaves_the_old_ones_at_the_bottom():
    queue = queue_of(job(1), job(2), order=Order.LIFO)

    assert queue.take(now_ms=0) == job(2)
    queue.put(job(3))

    assert taken(queue) == [3, 1]


def test_the_earliest_deadline_goes_first_and_arrival_breaks_ties():
    queue = queue_of(
        job(1, deadline_ms=30),
        job(2, deadline_ms=10),
        job(3, deadline_ms=10),
        order=Order.EARLIEST_DEADLINE,
    )

    assert taken(queue) == [2, 3, 1]


@given(deadlines=st.lists(st.integers(0, 50)))
def test_with_one_timeout_for_all_the_earliest_deadline_is_the_first_in(deadlines):
    waiting = [job(n, deadline_ms=at) for n, at in enumerate(sorted(deadlines))]

    assert taken(queue_of(*waiting, order=Order.EARLIEST_DEADLINE)) == taken(
        queue_of(*waiting)
    )


def test_a_full_queue_refuses_and_does_not_purge():
    queue = queue_of(job(1), job(2), job(3))
    queue.obey(QueueRule(jobs_max=2))

    assert not queue.put(job(4))
    assert taken(queue) == [1, 2, 3]


def test_a_deadline_drop_subtracts_the_time_that_service_takes():
    late, dead_on_arrival, alive = (job(n, deadline_ms=n) for n in (10, 14, 16))
    queue = queue_of(late, dead_on_arrival, alive, drop_within_ms=5)

    assert queue.take(now_ms=10) == alive
    assert queue.dropped == 2


def test_a_droplet_keeps_its_place_and_its_newest_attempt():
    queue = queue_of(job(1), job(2), one_per_droplet=True)

    assert queue.put(job(1, attempt=2, deadline_ms=300))
    assert len(queue) == 2
    assert queue.take(now_ms=0) == job(1, attempt=2, deadline_ms=300)


def test_a_kept_place_is_no_new_job_for_the_bound():
    queue = queue_of(job(1), job(2), jobs_max=2, one_per_droplet=True)

    assert queue.put(job(2, attempt=2))
    assert not queue.put(job(3))


def test_one_place_a_droplet_purges_what_waits_already():
    queue = queue_of(job(1), job(2), job(1, attempt=2), job(2, attempt=2))

    queue.obey(QueueRule(one_per_droplet=True))

    assert queue.take(now_ms=0) == job(1, attempt=2)
    assert queue.take(now_ms=0) == job(2, attempt=2)
    assert queue.take(now_ms=0) is None


@given(rule=rules, waiting=st.lists(jobs), now_ms=st.integers(0, 120))
def test_no_job_gets_lost_and_none_is_made_up(rule, waiting, now_ms):
    queue = WorkQueue(rule)
    places = {each.droplet for each in waiting}
    accepted = [each for each in waiting if queue.put(each)]
    bound = rule.jobs_max
    assert bound is None or len(queue) <= bound

    served = []
    while (next_job := queue.take(now_ms=now_ms)) is not None:
        served.append(next_job)

    assert len(queue) == 0
    assert set(served) <= set(accepted)
    if rule.one_per_droplet:
        assert len(served) + queue.dropped <= len(places)
    else:
        assert len(served) + queue.dropped == len(accepted)
    if rule.drop_within_ms is not None:
        assert all(each.deadline_ms > now_ms + rule.drop_within_ms for each in served)


@given(before=rules, after=rules, waiting=st.lists(jobs))
def test_a_change_of_rule_keeps_every_place(before, after, waiting):
    before = replace(before, jobs_max=None)
    queue = WorkQueue(before)
    for each in waiting:
        queue.put(each)
    places = len(queue)

    queue.obey(after)

    droplets = {each.droplet for each in waiting}
    assert len(queue) == (len(droplets) if after.one_per_droplet else places)


@pytest.mark.parametrize("wrong", [{"jobs_max": 0}, {"drop_within_ms": -1}])
def test_a_queue_that_can_hold_nothing_is_refused(wrong: dict[str, int]):
    with pytest.raises(ValueError, match="need"):
        QueueRule(**wrong)
