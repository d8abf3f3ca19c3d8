"""Who notices when: the same trouble seen by several alarms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.alarm import Alarm, Comparison, MissingData, Sample, Statistic
from gameday.model.detection import (
    Detection,
    Monitor,
    Watches,
    blind_spot_ms,
    detections,
    time_to_detect_ms,
)

MINUTE_MS = 60_000
BEGAN_MS = 30 * MINUTE_MS
UNTIL_MS = 120 * MINUTE_MS


def every_minute(value_of: dict[int, float], *, last: int = 120) -> list[Sample]:
    """Return a sample a minute; the value is that of the last key reached."""
    return [
        Sample(
            at_ms=minute * MINUTE_MS,
            value=value_of[max(key for key in value_of if key <= minute)],
        )
        for minute in range(last)
    ]


FAILURES = every_minute({0: 0.0, 30: 1.0})


@pytest.mark.parametrize(
    ("periods", "needed", "period_ms", "took_min"),
    [
        (1, 1, MINUTE_MS, 1),
        (3, 3, MINUTE_MS, 3),
        (3, 2, MINUTE_MS, 2),
        (2, 2, 5 * MINUTE_MS, 10),
        (20, 20, MINUTE_MS, 20),
    ],
)
def test_an_alarm_takes_as_long_as_its_periods(
    periods: int, needed: int, period_ms: int, took_min: int
):
    alarm = Alarm(
        metric="failures",
        threshold=1,
        period_ms=period_ms,
        evaluation_periods=periods,
        datapoints_to_alarm=needed,
    )

    took_ms = time_to_detect_ms(alarm, FAILURES, began_ms=BEGAN_MS, until_ms=UNTIL_MS)

    assert took_ms == took_min * MINUTE_MS


def test_an_average_hides_what_a_maximum_shows():
    """One customer in ten cannot connect; the mean stays below the threshold."""
    few = [
        Sample(at_ms=BEGAN_MS + n * 6_000, value=float(n % 10 == 0)) for n in range(500)
    ]

    took = [
        time_to_detect_ms(
            Alarm(metric="failures", threshold=0.5, statistic=statistic),
            few,
            began_ms=BEGAN_MS,
            until_ms=UNTIL_MS,
        )
        for statistic in (Statistic.AVERAGE, Statistic.MAXIMUM)
    ]

    assert took == [None, MINUTE_MS]


@pytest.mark.parametrize(
    ("missing", "took_ms"),
    [
        (MissingData.MISSING, None),
        (MissingData.NOT_BREACHING, None),
        (MissingData.IGNORE, None),
        # For two periods more the last good values are found, and none is filled in.
        (MissingData.BREACHING, 3 * MINUTE_MS),
    ],
)
def test_a_metric_that_stops_is_noticed_by_an_alarm_that_expects_it_only(
    missing: MissingData, took_ms: int | None
):
    stops = every_minute({0: 0.0}, last=30)
    alarm = Alarm(metric="failures", threshold=1, missing=missing)

    found = time_to_detect_ms(alarm, stops, began_ms=BEGAN_MS, until_ms=UNTIL_MS)

    assert found == took_ms


def test_an_alarm_that_was_on_already_tells_nothing():
    alarm = Alarm(metric="failures", threshold=1)

    found = time_to_detect_ms(
        alarm, every_minute({0: 1.0}), began_ms=BEGAN_MS, until_ms=UNTIL_MS
    )

    assert found is None


def test_an_alarm_that_goes_on_as_the_trouble_begins_is_about_something_else():
    alarm = Alarm(metric="failures", threshold=1)
    before = every_minute({0: 0.0, 29: 1.0, 30: 0.0})

    found = time_to_detect_ms(alarm, before, began_ms=BEGAN_MS, until_ms=UNTIL_MS)

    assert found is None


def test_an_alarm_that_was_on_and_went_off_counts_again():
    alarm = Alarm(metric="failures", threshold=1)
    twice = every_minute({0: 0.0, 10: 1.0, 12: 0.0, 33: 1.0})

    found = time_to_detect_ms(alarm, twice, began_ms=BEGAN_MS, until_ms=UNTIL_MS)

    assert found == 4 * MINUTE_MS


COMPONENT = Monitor(
    name="requests served",
    watches=Watches.COMPONENT,
    alarm=Alarm(
        metric="requests",
        namespace="AWS/DynamoDB",
        comparison=Comparison.BELOW,
        threshold=1,
        missing=MissingData.BREACHING,
    ),
)
CANARY = Monitor(
    name="canary",
    watches=Watches.END_TO_END,
    alarm=Alarm(metric="failures", threshold=1, evaluation_periods=2),
)


def test_a_canary_removes_the_blind_spot_of_a_component_that_nobody_reaches():
    """The component is well, has nothing to do, and reports nothing."""
    metrics = {
        "requests": every_minute({0: 100.0}, last=30),
        "failures": FAILURES,
    }

    found = detections(
        [COMPONENT, CANARY], metrics, began_ms=BEGAN_MS, until_ms=UNTIL_MS
    )

    assert found == (
        Detection(monitor=CANARY, took_ms=2 * MINUTE_MS),
        Detection(monitor=COMPONENT, took_ms=None),
    )
    watched_ms = UNTIL_MS - BEGAN_MS
    blind = [
        blind_spot_ms(found, watches=each, until_ms=watched_ms)
        for each in (Watches.COMPONENT, Watches.END_TO_END)
    ]
    assert blind == [watched_ms, 2 * MINUTE_MS]


def test_a_metric_that_was_never_reported_is_never_noticed():
    found = detections([CANARY], {}, began_ms=BEGAN_MS, until_ms=UNTIL_MS)

    assert found == (Detection(monitor=CANARY, took_ms=None),)


@given(
    values=st.lists(st.sampled_from([0.0, 1.0]), max_size=40),
    needed=st.integers(1, 4),
    began=st.integers(0, 40),
)
def test_asking_for_more_periods_never_detects_sooner(
    values: list[float], needed: int, began: int
):
    """If nothing failed before; else the quicker alarm may have been on already."""
    samples = every_minute({0: 0.0}, last=began) + [
        Sample(at_ms=(began + n) * MINUTE_MS, value=value)
        for n, value in enumerate(values)
    ]
    quick, slow = (
        time_to_detect_ms(
            Alarm(
                metric="failures",
                threshold=1,
                evaluation_periods=periods,
                missing=MissingData.NOT_BREACHING,
            ),
            samples,
            began_ms=began * MINUTE_MS,
            until_ms=90 * MINUTE_MS,
        )
        for periods in (needed, needed + 1)
    )

    assert slow is None or (quick is not None and quick <= slow)
