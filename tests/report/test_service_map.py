"""The map of the reference region: as lines, as columns, and drawn."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from gameday.bundled import fixtures_folder
from gameday.model.service_graph import (
    Evidence,
    Need,
    Recovery,
    Service,
    ServiceGraph,
)
from gameday.model.service_health import CanarySays, service_healths
from gameday.region.topology import load_region
from gameday.report.service_map import map_document, show_map
from gameday.report.service_map_layout import GAP_PX, lay_out
from gameday.report.service_map_svg import service_map_svg
from gameday.report.terminal import Terminal

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def graph() -> ServiceGraph:
    file = fixtures_folder() / "regions" / "reference.yaml"
    return load_region(file).service_graph()


def shown(graph: ServiceGraph, *, plain: bool, width: int = 80) -> list[str]:
    stream = io.StringIO()
    show_map(Terminal(stream, plain=plain, width=width), graph, region="reference")
    return [_STYLE.sub("", line) for line in stream.getvalue().splitlines()]


def needs_of(graph: ServiceGraph) -> list[tuple[str, Need]]:
    return [(each.name, need) for each in graph.services for need in each.needs]


def test_a_log_has_one_line_a_fact(graph: ServiceGraph):
    lines = shown(graph, plain=True)

    assert lines[0].startswith("reference: 20 services, 30 needs; ")
    assert "layer 0: dns, dynamodb" in lines
    assert (
        "longest chain: dns > dynamodb-public > dwfm > network-manager > nlb > lambda "
        "> connect"
    ) in lines
    assert (
        "nlb needs network-manager: new targets are in service before they are "
        "reachable, and flap; back by operators: checkers stay overloaded; automatic "
        "failover is switched off, +588 min (PES; stated)"
    ) in lines
    told = 1 + len(graph.layers) + 1 + len(graph.services) + len(needs_of(graph))
    assert len(lines) == told


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_has_columns_that_fit(graph: ServiceGraph, width: int):
    lines = shown(graph, plain=False, width=width)

    assert max(len(line) for line in lines) <= width
    begins = {line.split()[0] for line in lines if line and line[0] != " "}
    assert {service.name for service in graph.services} <= begins
    text = " ".join(" ".join(lines).split())
    for name, need in needs_of(graph):
        assert f"needs {need.on}" in text, name
        assert need.recovers in text, name
    assert "at dynamodb.us-east-1.gameday.test, watched by canary" in text


def test_the_document_has_everything(graph: ServiceGraph):
    document = map_document(graph, region="reference")

    assert document["schema"] == "gameday/map/v1"
    assert document["layers"][0] == ["dns", "dynamodb"]
    by_name = {service["name"]: service for service in document["services"]}
    assert by_name["dwfm"]["needs"] == [
        {
            "on": "dynamodb-public",
            "fails": "state checks cannot complete, leases run out one by one",
            "recovers": (
                "not by itself, it collapses under its own queue; throttle and restart"
            ),
            "recovery": "by-operators",
            "source": "PES",
            "evidence": "stated",
            "for_new": False,
            "serves_some": False,
        }
    ]


def test_boxes_stand_apart_and_every_line_goes_down(graph: ServiceGraph):
    layout = lay_out(graph, box_px=lambda name: 8 * len(name) + 20)

    by_y: dict[int, list[tuple[int, int]]] = {}
    for place in layout.places:
        edges = (place.x - place.width // 2, place.x + place.width // 2)
        by_y.setdefault(place.y, []).append(edges)
        assert 0 <= edges[0] < edges[1] <= layout.width
    for row in by_y.values():
        for (_, right), (left, _) in pairwise(sorted(row)):
            assert left - right >= GAP_PX - 2  # each half is rounded
    assert len(by_y) == len(graph.layers)
    assert len(layout.lines) == len(needs_of(graph))
    for line in layout.lines:
        ys = [y for _, y in line.points]
        assert ys == sorted(set(ys))


def test_a_long_line_passes_between_the_boxes(graph: ServiceGraph):
    layout = lay_out(graph, box_px=lambda name: 8 * len(name) + 20)

    for line in layout.lines:
        for x, y in line.points[1:-1]:
            for place in (each for each in layout.places if each.y == y):
                assert abs(x - place.x) > place.width // 2


def test_the_drawing_is_well_formed_and_always_the_same(graph: ServiceGraph):
    text = service_map_svg(graph, title="reference")

    root = ET.fromstring(text)  # noqa: S314 - our own text
    names = [each.text for each in root.findall(f"{SVG}g/{SVG}text")]
    assert sorted(filter(None, names)) == [each.name for each in graph.services]
    titles = [each.text or "" for each in root.findall(f"{SVG}path/{SVG}title")]
    assert len(titles) == len(needs_of(graph))
    assert (
        "sqs-poller needs dynamodb-public\nwithout it: it crashes\nby operators only: "
        "not by itself; started by operators +292 min, backlog gone +372 min\n"
        "PES; stated"
    ) in titles
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert service_map_svg(graph, title="reference") == text


def test_a_health_is_said_in_words_on_its_box(graph: ServiceGraph):
    works = dict.fromkeys(graph.recovery_order(), CanarySays.WORKS)
    healths = service_healths(graph, {**works, "dwfm": CanarySays.FAILS})

    root = ET.fromstring(  # noqa: S314 - our own text
        service_map_svg(graph, title="reference", healths=healths)
    )

    boxes = {
        group.findtext(f"{SVG}text"): (
            group.find(f"{SVG}rect").get("class"),
            group.findall(f"{SVG}text")[1].text,
        )
        for group in root.findall(f"{SVG}g")
    }
    assert boxes["dns"] == ("box well", "well")
    assert boxes["dwfm"] == ("box impaired", "impaired by itself")
    assert boxes["nlb"] == ("box well", "well")
    assert boxes["ec2-launch"] == ("box exposed", "exposed to dwfm")


def test_what_people_write_cannot_break_the_drawing():
    need = Need(
        on="a",
        fails="<script>",
        recovers="&",
        recovery=Recovery.BY_ITSELF,
        source='"',
        evidence=Evidence.STATED,
    )
    odd = ServiceGraph(
        services=(
            Service(name="a", what="<b>&"),
            Service(name="b", what="x", needs=(need,)),
        )
    )

    root = ET.fromstring(service_map_svg(odd, title='"<&>'))  # noqa: S314 - our own

    assert root.get("aria-label") == 'services of the region "<&> and what they need'
    assert root.findtext(f"{SVG}path/{SVG}title") == (
        'b needs a\nwithout it: <script>\ncomes back by itself: &\n"; stated'
    )


def test_one_service_alone_is_drawn():
    alone = ServiceGraph(services=(Service(name="alone", what="it"),))

    root = ET.fromstring(service_map_svg(alone, title="one"))  # noqa: S314 - our own

    assert [each.text for each in root.findall(f"{SVG}g/{SVG}text")] == ["alone"]
