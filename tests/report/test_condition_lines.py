"""When does somebody who watches a run hear of a service?"""

from __future__ import annotations

import pytest
from service_looks import look_op

from gameday.bundled import fixtures_folder
from gameday.model.service_graph import ServiceGraph
from gameday.model.story_line import StoryKind
from gameday.region.topology import load_region
from gameday.report.condition_lines import ConditionLines
from gameday.report.timeline import Timeline


@pytest.fixture(scope="module")
def graph() -> ServiceGraph:
    return load_region(fixtures_folder() / "regions" / "cascade.yaml").service_graph()


def test_a_condition_is_told_when_it_changes_and_by_whom(graph: ServiceGraph):
    timeline = Timeline("dynamodb.test", conditions=ConditionLines(graph))
    looks = [
        *(look_op(1, each, works=True) for each in graph.needs()),
        look_op(2, "dns", works=False),
        look_op(2.1, "dynamodb-public", works=False),
        look_op(2.2, "dwfm", works=True),
        look_op(3, "dns", works=False),
        look_op(4, "dwfm", works=False),
        look_op(5, "dns", works=True),
        look_op(5.1, "dynamodb-public", works=True),
        look_op(5.2, "dwfm", works=False),
        look_op(6, "dwfm", works=True),
    ]

    lines = [line for op in looks for line in timeline.feed(op)]

    assert [(line.actor, line.text, line.kind) for line in lines] == [
        ("canary", "dns is impaired by itself", StoryKind.LOSS),
        ("canary", "dynamodb-public is impaired by dns", StoryKind.LOSS),
        ("canary", "dwfm is exposed to dynamodb-public (from dns)", StoryKind.NOTE),
        ("canary", "dwfm is impaired by dynamodb-public (from dns)", StoryKind.LOSS),
        ("canary", "dns is well", StoryKind.RECOVERY),
        ("canary", "dynamodb-public is well", StoryKind.RECOVERY),
        ("canary", "dwfm is well", StoryKind.RECOVERY),
    ]


def test_a_service_that_is_still_coming_up_is_no_news(graph: ServiceGraph):
    lines = ConditionLines(graph)
    looks = [look_op(n, "ec2-launch", works=n > 2) for n in range(5)]

    assert [line for op in looks for line in lines.feed(op)] == []


def test_a_canary_of_something_that_is_not_on_the_map_is_left_out(graph: ServiceGraph):
    lines = ConditionLines(graph)

    assert list(lines.feed(look_op(1, "billing", works=False))) == []
