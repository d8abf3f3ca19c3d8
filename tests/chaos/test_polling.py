"""What an activity that watches has seen, and when it stops."""

from __future__ import annotations

from itertools import count

from gameday.chaos.activities.polling import watch_until


def test_watching_stops_at_what_is_enough():
    numbers = count(1)
    assert watch_until(lambda: next(numbers), 60, lambda seen: seen == 1)[0] == [1]


def test_there_is_a_look_at_the_beginning_and_one_at_the_end():
    numbers = count(1)
    seen, watched_s = watch_until(lambda: next(numbers), 0.01, lambda _: False)
    assert seen == [1, 2]
    assert watched_s >= 0.01
    assert watch_until(lambda: next(numbers), 0, lambda _: False)[0] == [3]
