"""Operators who act at the minutes of the record, and change one lever at a time."""

from __future__ import annotations

import pytest
from chaoslib.exceptions import ActivityFailed

from gameday.chaos import actions


def test_before_the_endpoint_is_lost_there_is_no_minute(on_stage):
    with pytest.raises(ActivityFailed, match="minute 0 is when it does"):
        actions.await_record(minute=5, configuration=on_stage.configuration)


def test_an_event_that_the_record_does_not_have_is_told(on_stage):
    with pytest.raises(ActivityFailed, match="unknown event of the record 'dns-lost'"):
        actions.await_record("dns-lost", configuration=on_stage.configuration)


def test_one_lever_is_let_go_and_the_others_stay(on_stage):
    c = on_stage.configuration
    actions.change_levers({"throttle": {"per_s": 3}}, configuration=c)
    actions.change_levers({"drop_within_ms": 250}, configuration=c)

    left = actions.change_levers(let_go=["throttle"], configuration=c)

    assert left == {"levers": {"drop_within_ms": 250}}
    with pytest.raises(ActivityFailed, match="no lever 'throttle' is pulled"):
        actions.change_levers(let_go=["throttle"], configuration=c)
    assert actions.release_levers(configuration=c) == {"levers": {}}


def test_a_lever_that_means_nothing_is_refused(on_stage):
    with pytest.raises(ActivityFailed, match="unknown lever 'throtle'"):
        actions.change_levers({"throtle": {}}, configuration=on_stage.configuration)
