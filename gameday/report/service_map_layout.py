"""Where does each service stand when the map is drawn?

Layer by layer downwards, as the graph has them. A need that spans several layers goes
through a waypoint in each, so that its line passes between boxes. Within a layer the
order is the one with the fewest crossings that sweeping down and up finds (the
barycentre method of Sugiyama, Tagawa and Toda, 1981); then each is drawn towards what
it is connected with, as far as its neighbours let it.

The same graph gives the same places.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gameday.model.service_graph import ServiceGraph

__all__ = ["Line", "Place", "ServiceLayout", "lay_out"]

SWEEPS = 40
LAYER_PX = 96
GAP_PX = 22
WAYPOINT_PX = 8
MARGIN_PX = 24

_Spot = tuple[str, str, int]
"""(service, need, layer): where the line between both passes; a service is its own."""

_Neighbours = dict[_Spot, list[_Spot]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a service stands: the middle of its box, and its width."""

    name: str
    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The way from a service down to one that needs it, through its waypoints."""

    service: str
    on: str
    points: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLayout:
    """A whole drawing, from (0, 0)."""

    width: int
    height: int
    places: tuple[Place, ...]
    lines: tuple[Line, ...]


def lay_out(graph: ServiceGraph, *, box_px: Callable[[str], int]) -> ServiceLayout:
    """Return the places of a graph's services; `box_px` is how wide a name's box is."""
    ways = _ways(graph)
    layers = _with_few_crossings(_layers(graph, ways), ways)
    widths = {
        spot: box_px(spot[0]) if spot[0] == spot[1] else WAYPOINT_PX
        for layer in layers
        for spot in layer
    }
    x_of = _positions(layers, widths, ways)
    left = min(x_of[spot] - widths[spot] / 2 for spot in x_of) - MARGIN_PX
    right = max(x_of[spot] + widths[spot] / 2 for spot in x_of) + MARGIN_PX
    at = {
        spot: (round(x_of[spot] - left), MARGIN_PX + LAYER_PX // 2 + LAYER_PX * spot[2])
        for spot in x_of
    }
    return ServiceLayout(
        width=round(right - left),
        height=2 * MARGIN_PX + LAYER_PX * len(layers),
        places=tuple(
            Place(name=spot[0], x=at[spot][0], y=at[spot][1], width=widths[spot])
            for layer in layers
            for spot in layer
            if spot[0] == spot[1]
        ),
        lines=tuple(
            Line(
                service=way[-1][0], on=way[0][0], points=tuple(at[spot] for spot in way)
            )
            for way in ways
        ),
    )


def _ways(graph: ServiceGraph) -> list[tuple[_Spot, ...]]:
    """Return the spots of every line, from the needed service down."""
    layer_of = {name: n for n, layer in enumerate(graph.layers) for name in layer}
    return [
        (
            (on, on, layer_of[on]),
            *((name, on, n) for n in range(layer_of[on] + 1, layer_of[name])),
            (name, name, layer_of[name]),
        )
        for name, needs in graph.needs().items()
        for on in needs
    ]


def _layers(
    graph: ServiceGraph, ways: Sequence[tuple[_Spot, ...]]
) -> list[list[_Spot]]:
    layers = [
        [(name, name, n) for name in layer] for n, layer in enumerate(graph.layers)
    ]
    for way in ways:
        for spot in way[1:-1]:
            layers[spot[2]].append(spot)
    return layers


def _with_few_crossings(
    layers: list[list[_Spot]], ways: Sequence[tuple[_Spot, ...]]
) -> list[list[_Spot]]:
    above, below = _neighbours(ways)
    best, fewest = layers, _crossings(layers, ways)
    current = [list(layer) for layer in layers]
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in current if down else reversed(current):
            towards = above if down else below
            index = {s: float(n) for layer in current for n, s in enumerate(layer)}
            means = {s: _mean(towards.get(s, ()), index, index[s]) for s in layer}
            layer.sort(key=means.__getitem__)
        crossings = _crossings(current, ways)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in current], crossings
    return best


def _neighbours(ways: Sequence[tuple[_Spot, ...]]) -> tuple[_Neighbours, _Neighbours]:
    above: _Neighbours = {}
    below: _Neighbours = {}
    for way in ways:
        for upper, lower in pairwise(way):
            below.setdefault(upper, []).append(lower)
            above.setdefault(lower, []).append(upper)
    return above, below


def _crossings(layers: list[list[_Spot]], ways: Sequence[tuple[_Spot, ...]]) -> int:
    index = {spot: n for layer in layers for n, spot in enumerate(layer)}
    between: dict[int, list[tuple[int, int]]] = {}
    for way in ways:
        for upper, lower in pairwise(way):
            between.setdefault(upper[2], []).append((index[upper], index[lower]))
    return sum(
        (a - c) * (b - d) < 0
        for ends in between.values()
        for (a, b), (c, d) in combinations(ends, 2)
    )


def _positions(
    layers: list[list[_Spot]],
    widths: dict[_Spot, int],
    ways: Sequence[tuple[_Spot, ...]],
) -> dict[_Spot, float]:
    above, below = _neighbours(ways)
    x_of: dict[_Spot, float] = {}
    for layer in layers:
        x_of |= _spread(layer, widths, dict.fromkeys(layer, 0.0))
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = {
                spot: _mean(
                    (*above.get(spot, ()), *below.get(spot, ())), x_of, x_of[spot]
                )
                for spot in layer
            }
            x_of |= _spread(layer, widths, wanted)
    return x_of


def _spread(
    layer: list[_Spot], widths: dict[_Spot, int], wanted: dict[_Spot, float]
) -> dict[_Spot, float]:
    """Put a layer as near to what is wanted as its order and widths let it.

    Once packed from the left and once from the right; the middle of both keeps every
    distance, and neither side is preferred.
    """
    from_left = _packed(layer, widths, wanted)
    mirrored = {spot: -x for spot, x in wanted.items()}
    from_right = _packed(layer[::-1], widths, mirrored)
    return {spot: (from_left[spot] - from_right[spot]) / 2 for spot in layer}


def _packed(
    layer: list[_Spot], widths: dict[_Spot, int], wanted: dict[_Spot, float]
) -> dict[_Spot, float]:
    found = dict(wanted)
    for before, spot in pairwise(layer):
        apart = (widths[before] + widths[spot]) / 2 + GAP_PX
        found[spot] = max(wanted[spot], found[before] + apart)
    return found


def _mean(spots: Sequence[_Spot], index: dict[_Spot, float], alone: float) -> float:
    """Return the mean place of `spots`; of none, the place it has."""
    return sum(index[spot] for spot in spots) / len(spots) if spots else alone
