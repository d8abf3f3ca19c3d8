"""How does the map of a region's services look as one SVG file?

What is needed stands above what needs it, so that failure falls and recovery climbs
down after it. A line says by its dashes how its service comes back, and by its words,
shown where the pointer rests, what breaks and who says so. With healths given, each box
says its own in words; colour only repeats it. Nothing is loaded from elsewhere; the
same graph gives the same bytes.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from gameday.model.service_graph import Evidence, Recovery
from gameday.model.service_health import Condition
from gameday.report.service_map_layout import lay_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gameday.model.service_graph import Need, ServiceGraph
    from gameday.model.service_health import ServiceHealth
    from gameday.report.service_map_layout import Line, Place

__all__ = ["service_map_svg"]

BOX_PX = 34
LETTER_PX = 8
LEGEND_PX = 40
HEALTH_LENGTH_MAX = 34

_CLASSES = {
    Recovery.BY_ITSELF: "itself",
    Recovery.AFTER_BACKLOG: "backlog",
    Recovery.BY_OPERATORS: "operators",
}
_LEGEND = {
    Recovery.BY_ITSELF: "comes back by itself",
    Recovery.AFTER_BACKLOG: "after its backlog",
    Recovery.BY_OPERATORS: "by operators only",
}
_CONDITION_CLASSES = {
    Condition.WELL: "well",
    Condition.EXPOSED: "exposed",
    Condition.IMPAIRED: "impaired",
    Condition.PRESUMED_IMPAIRED: "presumed",
    Condition.UNKNOWN: "unknown",
}

_STYLE = """
text { font: 12px ui-monospace, Menlo, Consolas, monospace; fill: #222; }
.paper { fill: #fff; }
.box { fill: #f4f6f8; stroke: #456; }
.need { fill: none; stroke: #567; stroke-width: 1.4; marker-end: url(#end); }
.backlog { stroke-dasharray: 9 4; }
.operators { stroke-dasharray: 2 4; stroke: #b35900; stroke-width: 2; }
.unsure { opacity: .55; }
.well { fill: #e3f5e6; } .exposed { fill: #fff5d6; } .impaired { fill: #fbdcd9; }
.presumed { fill: #fbdcd9; stroke-dasharray: 5 3; } .unknown { fill: #eee; }
.small { font-size: 10px; fill: #555; }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd; } .paper { fill: #14171a; } .box { fill: #22282e; stroke: #89a; }
  .need { stroke: #9ab; } .operators { stroke: #ffa64d; } .small { fill: #aaa; }
  .well { fill: #1d3a22; } .exposed { fill: #453a14; } .impaired { fill: #54211d; }
  .presumed { fill: #54211d; } .unknown { fill: #333; }
}
"""


def service_map_svg(
    graph: ServiceGraph,
    *,
    title: str,
    healths: Mapping[str, ServiceHealth] | None = None,
) -> str:
    """Return the file's text.

    Args:
        graph: the services, at least one.
        title: the region's name, and the time of the healths.
        healths: how each service is, by name; without it the map tells of needs only.
    """
    shown = healths or {}
    layout = lay_out(graph, box_px=lambda name: _box_px(name, shown.get(name)))
    width = max(layout.width, _legend_px())
    height = layout.height + LEGEND_PX
    label = escape(f"services of the region {title} and what they need", quote=True)
    return "\n".join(
        [
            (
                '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
                f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
                f'aria-label="{label}">'
            ),
            f"<style>{_STYLE}</style>",
            (
                '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" '
                'markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" '
                'orient="auto">'
                '<path d="M0 0L8 4L0 8z" fill="#678"/></marker></defs>'
            ),
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *([_heading(title)] if healths else []),
            *(_line(graph, line) for line in layout.lines),
            *(
                part
                for place in layout.places
                for part in _box(graph, place, shown.get(place.name))
            ),
            *_legend(layout.height),
            "</svg>\n",
        ]
    )


def _box_px(name: str, health: ServiceHealth | None) -> int:
    letters = len(name)
    if health is not None:
        letters = max(letters, round(len(_shortened(health.sentence)) * 0.85))
    return letters * LETTER_PX + 20


def _box(
    graph: ServiceGraph, place: Place, health: ServiceHealth | None
) -> Iterator[str]:
    left, top = place.x - place.width // 2, place.y - BOX_PX // 2
    condition = f" {_CONDITION_CLASSES[health.condition]}" if health else ""
    told = f"{place.name}: {graph.service(place.name).what}"
    told += f"\n{health.sentence}" if health else ""
    name_y = place.y - 2 if health else place.y + 4
    yield f"<g><title>{escape(told)}</title>"
    yield (
        f'<rect class="box{condition}" x="{left}" y="{top}" rx="5" '
        f'width="{place.width}" height="{BOX_PX}"/>'
    )
    yield (
        f'<text x="{place.x}" y="{name_y}" text-anchor="middle">'
        f"{escape(place.name)}</text>"
    )
    if health:
        yield (
            f'<text class="small" x="{place.x}" y="{place.y + 11}" '
            f'text-anchor="middle">{escape(_shortened(health.sentence))}</text>'
        )
    yield "</g>"


def _line(graph: ServiceGraph, line: Line) -> str:
    need = next(
        each for each in graph.service(line.service).needs if each.on == line.on
    )
    unsure = "" if need.evidence is Evidence.STATED else " unsure"
    return (
        f'<path class="need {_CLASSES[need.recovery]}{unsure}" d="{_path(line)}">'
        f"<title>{escape(_told(line.service, need))}</title></path>"
    )


def _told(service: str, need: Need) -> str:
    return (
        f"{service} needs {need.on}\nwithout it: {need.fails}\n"
        f"{_LEGEND[need.recovery]}: {need.recovers}\n"
        f"{need.source}; {need.evidence.value}"
    )


def _path(line: Line) -> str:
    """Return a curve that leaves and enters boxes upright and passes each waypoint."""
    (x, y), *rest = line.points
    y += BOX_PX // 2
    parts = [f"M{x} {y}"]
    for number, (next_x, next_y) in enumerate(rest, start=1):
        end_y = next_y - BOX_PX // 2 if number == len(rest) else next_y
        bend = (end_y - y) // 2
        parts.append(f"C{x} {y + bend} {next_x} {end_y - bend} {next_x} {end_y}")
        x, y = next_x, end_y
    return "".join(parts)


def _heading(title: str) -> str:
    """Return the title as it is seen: of a health it matters when it was."""
    return f'<text x="24" y="22">{escape(title)}</text>'


def _legend_px() -> int:
    return sum(60 + len(text) * LETTER_PX for text in _legend_texts()) + 24


def _legend_texts() -> tuple[str, ...]:
    return (*_LEGEND.values(), "pale: not stated by a source")


def _legend(top: int) -> Iterator[str]:
    x, y = 24, top + LEGEND_PX // 2 - 8
    classes = (*_CLASSES.values(), "itself unsure")
    for name, text in zip(classes, _legend_texts(), strict=True):
        yield f'<path class="need {name}" d="M{x} {y}h34"/>'
        yield f'<text x="{x + 42}" y="{y + 4}">{escape(text)}</text>'
        x += 60 + len(text) * LETTER_PX


def _shortened(sentence: str) -> str:
    if len(sentence) <= HEALTH_LENGTH_MAX:
        return sentence
    return f"{sentence[: HEALTH_LENGTH_MAX - 3]}..."
