"""One manager, call by call; then any order of calls against what must always hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.admission import AdmissionRule, Throttle
from gameday.model.backoff import FixedWait, FullJitter, RetryQuotaRule
from gameday.model.breaker import BreakerRule
from gameday.model.draws import Draws, Stream
from gameday.model.droplet_workflow import HELD, DropletWorkflow, Work
from gameday.model.lease import Answer
from gameday.model.lease_fleet import LeaseFleet
from gameday.model.levers import AS_BUILT, Levers
from gameday.model.token_bucket import NEVER_MS
from gameday.model.work_queue import Order, QueueRule

FLEET = LeaseFleet(
    droplets=3,
    workers=1,
    renew_every_ms=100,
    lease_ms=300,
    timeout_ms=50,
    renew_cost_ms=1,
    establish_cost_ms=8,
    fail_cost_ms=1,
)
THROTTLED = Levers(admission=AdmissionRule(throttle=Throttle(per_s=100)))


def manager_with(
    levers: Levers = AS_BUILT, kind: type[DropletWorkflow] = DropletWorkflow
) -> DropletWorkflow:
    draws = Draws(seed=1, stream=Stream.BACKOFF, entities=FLEET.droplets)
    return kind(fleet=FLEET, levers=levers, backoff_draws=draws)


def taken(manager: DropletWorkflow, now_ms: int) -> Work:
    work = manager.take(now_ms=now_ms)
    assert work is not None
    return work


def test_a_lost_lease_is_established_and_counts_from_before_the_call():
    manager = manager_with()
    manager.due(0, now_ms=10)

    work = taken(manager, 20)
    wait_ms = manager.done(work, Answer.WRITTEN, now_ms=28)

    assert work == Work(0, 1, True, 20, 60)
    assert manager.held_until_ms[0] == 320
    assert wait_ms == FLEET.renew_every_ms
    assert manager.tally.established == 1


def test_a_held_lease_is_renewed():
    manager = manager_with()
    manager.held_until_ms[0] = 200
    manager.due(0, now_ms=100)

    work = taken(manager, 101)
    manager.done(work, Answer.WRITTEN, now_ms=102)

    assert not work.establishing
    assert (manager.tally.renewed, manager.held_until_ms[0]) == (1, 401)


def test_whether_to_renew_or_to_establish_shows_when_a_worker_takes_the_job():
    manager = manager_with()
    manager.held_until_ms[0] = 120
    manager.due(0, now_ms=100)

    assert taken(manager, 120).establishing


def test_a_given_up_job_is_done_all_the_same_and_wanted_by_nobody():
    manager = manager_with()
    first = manager.due(0, now_ms=0)
    assert manager.timed_out(0, first, now_ms=50) == 0
    second = manager.due(0, now_ms=50)

    dead = taken(manager, 60)
    wait_ms = manager.done(dead, Answer.WRITTEN, now_ms=68)

    assert (dead.attempt, second) == (first, 2)
    assert wait_ms is None
    assert manager.held_until_ms[0] == 0
    assert (manager.tally.late, manager.tally.late_ms) == (1, 8)
    assert taken(manager, 68).attempt == second


def test_an_answer_after_the_deadline_is_late_even_before_the_timer_fires():
    manager = manager_with()
    attempt = manager.due(0, now_ms=0)
    work = taken(manager, 45)

    assert manager.done(work, Answer.WRITTEN, now_ms=51) is None
    assert manager.timed_out(0, attempt, now_ms=52) == 0


def test_an_answer_at_the_deadline_is_in_time_and_its_timer_means_nothing():
    manager = manager_with()
    attempt = manager.due(0, now_ms=0)

    assert manager.done(taken(manager, 45), Answer.WRITTEN, now_ms=50) == 100
    assert manager.timed_out(0, attempt, now_ms=50) is None


@pytest.mark.parametrize(
    "answer", [each for each in Answer if each is not Answer.WRITTEN]
)
def test_whatever_else_comes_back_is_no_lease_and_is_tried_again_at_once(
    answer: Answer,
):
    manager = manager_with()
    manager.due(0, now_ms=0)

    assert manager.done(taken(manager, 1), answer, now_ms=2) == 0
    assert manager.held_until_ms[0] == 0
    assert (manager.tally.failed, manager.tally.failed_ms) == (1, 1)


def test_a_lease_that_somebody_else_wrote_is_not_held_any_more():
    manager = manager_with()
    manager.held_until_ms[0] = 200
    manager.due(0, now_ms=100)

    manager.done(taken(manager, 101), Answer.LOST, now_ms=102)

    assert manager.held_until_ms[0] == 101


def test_a_back_off_grows_with_losses_and_a_success_forgets_them():
    manager = manager_with(Levers(wait=FullJitter(first_ms=1000, last_ms=10**9)))

    def wait_after(answer: Answer, now_ms: int) -> int:
        manager.due(0, now_ms=now_ms)
        wait_ms = manager.done(taken(manager, now_ms), answer, now_ms=now_ms)
        assert wait_ms is not None
        return wait_ms

    waits = [wait_after(Answer.UNREACHABLE, now_ms) for now_ms in range(12)]
    assert max(waits) > 2000
    wait_after(Answer.WRITTEN, 20)

    assert wait_after(Answer.UNREACHABLE, 30) < 1000


def test_a_denied_retry_is_a_first_try_one_interval_later():
    quota = RetryQuotaRule(tokens_max=10, retry_cost=10, success_refund=0)
    manager = manager_with(Levers(quota=quota))

    waits = []
    for now_ms in (0, 200):
        attempt = manager.due(0, now_ms=now_ms)
        waits.append(manager.timed_out(0, attempt, now_ms=now_ms + 50))

    assert waits == [0, FLEET.renew_every_ms]
    assert manager.tally.denied == 1


def test_a_throttled_droplet_waits_without_a_deadline():
    manager = manager_with(THROTTLED)
    assert manager.due(0, now_ms=0) == 1

    assert manager.due(1, now_ms=0) == HELD
    assert manager.release_at_ms(now_ms=0) == 10
    assert manager.release(now_ms=10) == (1, 1)
    assert manager.release(now_ms=10) is None
    assert manager.release_at_ms(now_ms=10) == NEVER_MS

    taken(manager, 10)
    assert taken(manager, 10).deadline_ms == 10 + FLEET.timeout_ms


def test_a_refused_attempt_runs_into_its_timeout():
    manager = manager_with(Levers(queue=QueueRule(jobs_max=1)))
    manager.due(0, now_ms=0)

    attempt = manager.due(1, now_ms=0)

    assert (attempt, manager.queued, manager.tally.refused) == (1, 1, 1)
    assert manager.timed_out(1, attempt, now_ms=50) == 0


def test_a_dropped_attempt_runs_into_its_timeout():
    manager = manager_with(Levers(queue=QueueRule(drop_within_ms=8)))
    attempt = manager.due(0, now_ms=0)

    assert manager.take(now_ms=42) is None
    assert manager.dropped == 1
    assert manager.timed_out(0, attempt, now_ms=50) == 0


def test_a_breaker_that_opened_is_counted_and_holds_the_next():
    rule = BreakerRule(window_ms=10, open_ms=70, outcomes_min=1)
    manager = manager_with(Levers(admission=AdmissionRule(breaker=rule)))
    attempt = manager.due(0, now_ms=0)
    manager.timed_out(0, attempt, now_ms=50)

    assert manager.tally.openings == 1
    assert manager.due(0, now_ms=50) == HELD
    assert manager.release_at_ms(now_ms=50) == 120


@pytest.mark.parametrize("timer_is_off_by_ms", [-1, 0, 1])
def test_a_probe_that_times_out_opens_the_breaker_again(timer_is_off_by_ms: int):
    """Also where a thread's timer is not exact: the probe's own start counts."""
    rule = BreakerRule(window_ms=10, open_ms=70, outcomes_min=1)
    manager = manager_with(Levers(admission=AdmissionRule(breaker=rule)))
    manager.timed_out(0, manager.due(0, now_ms=0), now_ms=50)
    manager.due(0, now_ms=50)
    released = manager.release(now_ms=120)
    assert released is not None

    manager.timed_out(*released, now_ms=170 + timer_is_off_by_ms)

    assert manager.tally.openings == 2


def test_a_restart_forgets_all_work_and_no_lease():
    manager = manager_with(THROTTLED)
    manager.held_until_ms[2] = 500
    attempt = manager.due(0, now_ms=0)
    under_way = taken(manager, 0)
    manager.due(1, now_ms=0)

    waits = manager.restart(rediscovery_ms=300, now_ms=5)

    assert waits == (0, 100, 200)
    assert (manager.queued, manager.admission.waiting) == (0, 0)
    assert manager.held_until_ms == [0, 0, 500]
    assert manager.done(under_way, Answer.WRITTEN, now_ms=6) is None
    assert manager.timed_out(0, attempt, now_ms=50) is None


def test_levers_may_be_pulled_and_let_go_at_any_time():
    manager = manager_with()
    for droplet in range(3):
        manager.due(droplet, now_ms=droplet)

    manager.pull(Levers(queue=QueueRule(order=Order.LIFO)), now_ms=5)
    newest = taken(manager, 5)
    manager.pull(AS_BUILT, now_ms=6)

    assert (newest.droplet, taken(manager, 6).droplet) == (2, 0)


levers = st.builds(
    Levers,
    queue=st.builds(
        QueueRule,
        order=st.sampled_from(Order),
        jobs_max=st.none() | st.just(2),
        drop_within_ms=st.none() | st.just(8),
        one_per_droplet=st.booleans(),
    ),
    admission=st.builds(
        AdmissionRule,
        throttle=st.none()
        | st.builds(Throttle, per_s=st.just(50.0), renewals_too=st.booleans()),
        breaker=st.none()
        | st.builds(
            BreakerRule,
            window_ms=st.just(40),
            open_ms=st.just(60),
            outcomes_min=st.just(2),
            slow_start_per_s=st.none() | st.just(40.0),
        ),
    ),
    wait=st.sampled_from([FixedWait(period_ms=0), FullJitter(first_ms=5, last_ms=80)]),
    quota=st.none()
    | st.just(RetryQuotaRule(tokens_max=4, retry_cost=2, success_refund=1)),
    keep_on_unavailable=st.booleans(),
)
Step = tuple[int, int, Levers | None]
steps = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 10**6), st.none() | levers),
    max_size=120,
)


class Bystander:
    """A driver that keeps its own book of where each droplet is.

    Every step lets time pass, then does one of the things that are possible. The
    book must never disagree with what the manager answers.
    """

    def __init__(self, manager: DropletWorkflow) -> None:
        self.manager = manager
        self.now_ms = 0
        self.timers: dict[int, tuple[str, int, int]] = dict.fromkeys(
            range(FLEET.droplets), ("due", 0, 0)
        )
        self.calls: list[Work] = []
        self.written_at_ms = [-FLEET.lease_ms] * FLEET.droplets

    def step(self, passes_ms: int, choice: int, pulled: Levers | None) -> None:
        self.now_ms += passes_ms
        acts: list[Callable[[int], None]] = [self.fire_timers, self.take, self.end_call]
        acts[choice % 3](choice // 3)
        if pulled is not None and choice % 5 == 0:
            self.manager.pull(pulled, now_ms=self.now_ms)
        if choice % 97 == 0:
            self.restart()
        self.release()
        self.check()

    def fire_timers(self, _: int) -> None:
        for droplet, (kind, at_ms, attempt) in sorted(self.timers.items()):
            if at_ms > self.now_ms:
                continue
            if kind == "due":
                self.start(droplet, self.manager.due(droplet, now_ms=self.now_ms))
            else:
                wait_ms = self.manager.timed_out(droplet, attempt, now_ms=self.now_ms)
                assert wait_ms is not None, "an awaited attempt times out"
                self.timers[droplet] = ("due", self.now_ms + wait_ms, 0)

    def start(self, droplet: int, attempt: int) -> None:
        if attempt == HELD:
            del self.timers[droplet]
        else:
            at_ms = self.now_ms + FLEET.timeout_ms
            self.timers[droplet] = ("timeout", at_ms, attempt)

    def take(self, _: int) -> None:
        work = self.manager.take(now_ms=self.now_ms)
        if work is not None:
            self.calls.append(work)

    def end_call(self, choice: int) -> None:
        if not self.calls:
            return
        work = self.calls.pop(choice % len(self.calls))
        answer = list(Answer)[choice % len(Answer)]
        awaited = self.timers.get(work.droplet, ("", 0, 0))[2] == work.attempt
        in_time = self.now_ms <= work.deadline_ms
        wait_ms = self.manager.done(work, answer, now_ms=self.now_ms)
        assert (wait_ms is not None) == (awaited and in_time)
        if wait_ms is not None:
            self.timers[work.droplet] = ("due", self.now_ms + wait_ms, 0)
            if answer in {Answer.WRITTEN, Answer.UNAVAILABLE}:
                self.written_at_ms[work.droplet] = work.called_at_ms

    def release(self) -> None:
        while (released := self.manager.release(now_ms=self.now_ms)) is not None:
            droplet, attempt = released
            assert droplet not in self.timers, "only who waits is let in"
            self.start(droplet, attempt)

    def restart(self) -> None:
        waits = self.manager.restart(rediscovery_ms=30, now_ms=self.now_ms)
        self.timers = {
            droplet: ("due", self.now_ms + wait_ms, 0)
            for droplet, wait_ms in enumerate(waits)
        }
        # Calls under way end after the restart, and must change nothing.

    def check(self) -> None:
        assert self.manager.admission.waiting == FLEET.droplets - len(self.timers)
        for droplet, until_ms in enumerate(self.manager.held_until_ms):
            assert until_ms <= self.written_at_ms[droplet] + FLEET.lease_ms


def play(kind: type[DropletWorkflow], first: Levers, script: list[Step]) -> None:
    bystander = Bystander(manager_with(first, kind))
    for step in script:
        bystander.step(*step)


@given(first=levers, script=steps)
def test_every_droplet_is_in_one_place_and_no_lease_outlives_its_call(first, script):
    play(DropletWorkflow, first, script)


class CountsFromTheAnswer(DropletWorkflow):
    def done(self, work: Work, answer: Answer, *, now_ms: int) -> int | None:
        wait_ms = super().done(work, answer, now_ms=now_ms)
        if wait_ms is not None and answer is Answer.WRITTEN:
            self.held_until_ms[work.droplet] = now_ms + FLEET.lease_ms
        return wait_ms


class BelievesTheLate(DropletWorkflow):
    def done(self, work: Work, answer: Answer, *, now_ms: int) -> int | None:
        wait_ms = super().done(work, answer, now_ms=now_ms)
        if answer is Answer.WRITTEN:
            self.held_until_ms[work.droplet] = work.called_at_ms + FLEET.lease_ms
        return wait_ms


class SchedulesTheLate(DropletWorkflow):
    def done(self, work: Work, answer: Answer, *, now_ms: int) -> int | None:
        super().done(work, answer, now_ms=now_ms)
        return FLEET.renew_every_ms


class ForgetsWhoWaits(DropletWorkflow):
    def release(self, *, now_ms: int) -> tuple[int, int] | None:
        super().release(now_ms=now_ms)
        return None


class RemembersAcrossARestart(DropletWorkflow):
    def restart(self, *, rediscovery_ms: int, now_ms: int) -> tuple[int, ...]:
        awaited = list(self._awaited)
        waits = super().restart(rediscovery_ms=rediscovery_ms, now_ms=now_ms)
        self._awaited = awaited
        return waits


def scripts() -> Iterator[tuple[Levers, list[Step]]]:
    """Two hundred orders of calls, the same in every run."""
    draws = Draws(seed=7, stream=Stream.PHASE, entities=200)
    for script in range(200):
        pairs = [
            (draws.uniform(script, n), draws.uniform(script, -n)) for n in range(100)
        ]
        yield (
            THROTTLED if script % 2 else AS_BUILT,
            [(int(40 * wait), int(10**6 * choice), None) for wait, choice in pairs],
        )


def is_found_out(kind: type[DropletWorkflow]) -> bool:
    try:
        for first, script in scripts():
            play(kind, first, script)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize(
    "mutant",
    [
        CountsFromTheAnswer,
        BelievesTheLate,
        SchedulesTheLate,
        ForgetsWhoWaits,
        RemembersAcrossARestart,
    ],
)
def test_a_manager_that_is_broken_on_purpose_is_found_out(
    mutant: type[DropletWorkflow],
):
    assert is_found_out(mutant)
    assert not is_found_out(DropletWorkflow)
