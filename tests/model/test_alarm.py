"""CloudWatch's own tables of alarms and missing data, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gameday.model.alarm import (
    Alarm,
    AlarmState,
    Comparison,
    MissingData,
    Sample,
    Statistic,
    alarm_state,
    datapoints,
)

OK, ON, DARK = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
KEEPS = None
"""The alarm stays as it was."""

TREATMENTS = (
    MissingData.MISSING,
    MissingData.IGNORE,
    MissingData.BREACHING,
    MissingData.NOT_BREACHING,
)

# "0" is within the threshold, "X" breaches it, "-" is missing; the newest is last. The
# rows are those of the user guide (of its older and newer editions), for 3 of 3 and for
# 2 of 3, and the states are for TREATMENTS in turn.
TABLE = [
    (3, "0 - X - X", (OK, OK, OK, OK)),
    (3, "0 - - - -", (OK, OK, OK, OK)),
    (3, "- - - - -", (DARK, KEEPS, ON, OK)),
    (3, "0 X X - X", (ON, ON, ON, ON)),
    (3, "- - X - -", (ON, KEEPS, ON, OK)),
    (3, "- - - - X", (DARK, KEEPS, ON, OK)),
    (3, "X - - - -", (ON, KEEPS, ON, OK)),
    (2, "0 - X - X", (ON, ON, ON, ON)),
    (2, "0 0 X 0 X", (ON, ON, ON, ON)),
    (2, "0 - X - -", (OK, OK, ON, OK)),
    (2, "- - - - 0", (OK, OK, ON, OK)),
    (2, "- - - X -", (ON, KEEPS, ON, OK)),
    (2, "- - - - X", (DARK, KEEPS, ON, OK)),
]

VALUES = {"0": 0.0, "X": 1.0, "-": None}

Evaluate = Callable[..., AlarmState]


def newest(row: str) -> list[float | None]:
    return [VALUES[each] for each in row.split()]


def alarm(needed: int, missing: MissingData = MissingData.MISSING) -> Alarm:
    return Alarm(
        metric="errors",
        threshold=1,
        evaluation_periods=3,
        datapoints_to_alarm=needed,
        missing=missing,
    )


def disagreements(evaluate: Evaluate) -> list[str]:
    return [
        f"{needed} of 3, {row}, {missing}, was {before}"
        for needed, row, states in TABLE
        for missing, state in zip(TREATMENTS, states, strict=True)
        for before in AlarmState
        if evaluate(alarm(needed, missing), newest(row), before=before)
        != (before if state is KEEPS else state)
    ]


def test_every_row_of_the_user_guide_is_kept():
    assert disagreements(alarm_state) == []


def _looks_at_no_more(
    alarm: Alarm, seen: list[float | None], **state: AlarmState
) -> AlarmState:
    """A mutant: only the newest N periods count, filled in where they are missing."""
    return alarm_state(alarm, seen[-alarm.evaluation_periods :], **state)


def _never_premature(
    alarm: Alarm, seen: list[float | None], **state: AlarmState
) -> AlarmState:
    """A mutant: fewer than M real datapoints are never enough."""
    real = [value for value in seen if value is not None]
    found = alarm_state(alarm, seen, **state)
    few = len(real) < alarm.needed and alarm.missing is MissingData.MISSING
    return DARK if found is ON and few else found


def _all_of_them(
    alarm: Alarm, seen: list[float | None], **state: AlarmState
) -> AlarmState:
    """A mutant: M is not looked at."""
    return alarm_state(replace(alarm, datapoints_to_alarm=None), seen, **state)


def _forgets(alarm: Alarm, seen: list[float | None], **_: AlarmState) -> AlarmState:
    """A mutant: `ignore` does not keep the state."""
    return alarm_state(alarm, seen, before=OK)


def _as_missing(
    alarm: Alarm, seen: list[float | None], **state: AlarmState
) -> AlarmState:
    """A mutant: the treatment is not looked at."""
    return alarm_state(replace(alarm, missing=MissingData.MISSING), seen, **state)


@pytest.mark.parametrize(
    "mutant",
    [_looks_at_no_more, _never_premature, _all_of_them, _forgets, _as_missing],
)
def test_a_mutant_of_the_evaluation_is_caught(mutant: Evaluate):
    assert disagreements(mutant) != []


@given(
    values=st.lists(st.sampled_from([0.0, 1.0]), min_size=8, max_size=12),
    periods=st.integers(1, 6),
    missing=st.sampled_from(MissingData),
    data=st.data(),
)
def test_with_nothing_missing_an_alarm_is_m_out_of_the_newest_n(
    values: list[float], periods: int, missing: MissingData, data: st.DataObject
):
    needed = data.draw(st.integers(1, periods))
    found = Alarm(
        metric="errors",
        threshold=1,
        evaluation_periods=periods,
        datapoints_to_alarm=needed,
        missing=missing,
    )

    on = sum(values[-periods:]) >= needed
    assert alarm_state(found, values, before=DARK) is (ON if on else OK)


def test_an_alarm_on_dynamodb_metrics_stays_as_it_was_when_they_stop():
    """Nobody reaches the service, so it has nothing to report: the alarm is blind."""
    asked_for = replace(alarm(3, MissingData.BREACHING), namespace="AWS/DynamoDB")

    assert asked_for.treats_missing_as is MissingData.IGNORE
    assert alarm_state(asked_for, newest("- - - - -"), before=OK) is OK


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        (Comparison.ABOVE, [3.0]),
        (Comparison.AT_LEAST, [2.0, 3.0]),
        (Comparison.BELOW, [1.0]),
        (Comparison.AT_MOST, [1.0, 2.0]),
    ],
)
def test_a_threshold_is_met_or_passed(comparison: Comparison, breaching: list[float]):
    found = Alarm(metric="errors", threshold=2, comparison=comparison)

    assert [v for v in (1.0, 2.0, 3.0) if found.is_breaching(v)] == breaching


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        (Statistic.AVERAGE, (None, 2.0, 5.0)),
        (Statistic.SUM, (None, 4.0, 5.0)),
        (Statistic.MINIMUM, (None, 1.0, 5.0)),
        (Statistic.MAXIMUM, (None, 3.0, 5.0)),
        (Statistic.SAMPLE_COUNT, (None, 2.0, 1.0)),
    ],
)
def test_the_samples_of_a_period_become_one_datapoint(
    statistic: Statistic, expected: tuple[float | None, ...]
):
    samples = [
        Sample(at_ms=at_ms, value=value)
        for at_ms, value in [(60_000, 1), (119_999, 3), (120_000, 5), (180_000, 9)]
    ]
    found = Alarm(metric="errors", threshold=1, statistic=statistic)

    # The period that begins at 180 s has not ended.
    assert datapoints(found, samples, count=3, now_ms=200_000) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"period_ms": 0},
        {"evaluation_periods": 0},
        {"evaluation_periods": 2, "datapoints_to_alarm": 3},
    ],
)
def test_an_alarm_that_cloudwatch_refuses_cannot_be_made(wrong: dict[str, int]):
    with pytest.raises(ValueError, match="need"):
        Alarm(metric="errors", threshold=1, **wrong)
