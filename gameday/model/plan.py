"""What should every endpoint answer, and is that safe to apply?

A plan is one immutable document for the whole region: a generation, strictly
increasing, and for each endpoint the load balancers with their weights. The
planner writes it; enactors make Route 53 match it. It knows nothing of record
sets (AWS post-event summary, October 2025; re:Invent 2025, DAT453).

Plan and apply are two moments with a refusal between them: `unsafe_reasons`
says why a plan would take too much away from what is live.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CAPACITY_CUT_MAX",
    "Generation",
    "Plan",
    "Weights",
    "generation_of",
    "parse_plan",
    "render_plan",
    "tree_name",
    "unsafe_reasons",
]

Generation = NewType("Generation", int)
"""The strictly increasing number of a plan; 0 stands for no plan at all."""

CAPACITY_CUT_MAX = 0.5
"""The share of an endpoint's load balancers that one plan may take away; a
plan that takes this much or more is refused."""

_TREE_PREFIX = "plan-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The load balancers that answer for one endpoint.

    Attributes:
        endpoint: the DNS name, lower case, without the final dot.
        shares: (load balancer, weight 0 to 255) pairs, sorted by name. Empty
            is representable, because a wrong plan is what safety is about.
    """

    endpoint: str
    shares: tuple[tuple[str, int], ...]

    @property
    def serving(self) -> frozenset[str]:
        """Return the load balancers that get any traffic."""
        return frozenset(name for name, weight in self.shares if weight > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The desired state of a region.

    Attributes:
        generation: strictly increasing, at least 1.
        endpoints: one entry an endpoint, in the order in which enactors walk.
        made_by: the planner or person that wrote it.
        force: whether its author overrides the safety check.
    """

    generation: Generation
    endpoints: tuple[Weights, ...]
    made_by: str = ""
    force: bool = False

    def __post_init__(self) -> None:
        """Refuse a generation that cannot be one."""
        if self.generation < 1:
            raise ValueError(f"a plan's generation starts at 1, not {self.generation}")

    def weights_of(self, endpoint: str) -> Weights | None:
        """Return what the plan says of `endpoint`, None when it is silent."""
        return next((w for w in self.endpoints if w.endpoint == endpoint), None)


def render_plan(plan: Plan) -> str:
    """Return the plan as the JSON document that the plan store keeps."""
    document: dict[str, Any] = {
        "generation": plan.generation,
        "endpoints": {w.endpoint: dict(w.shares) for w in plan.endpoints},
        "made_by": plan.made_by,
    }
    if plan.force:
        document["force"] = True
    return json.dumps(document)


def parse_plan(text: str) -> Plan:
    """Return the plan in a JSON document; raises ValueError when it is none."""
    document: Mapping[str, Any] = json.loads(text)
    try:
        return Plan(
            generation=Generation(int(document["generation"])),
            endpoints=tuple(
                Weights(
                    endpoint=endpoint,
                    shares=tuple(sorted((lb, int(w)) for lb, w in shares.items())),
                )
                for endpoint, shares in document["endpoints"].items()
            ),
            made_by=str(document.get("made_by", "")),
            force=bool(document.get("force", False)),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a plan document: {error!r}") from error


def tree_name(generation: int, endpoint: str) -> str:
    """Return the absolute name of the record tree of a plan at an endpoint.

    The generation is readable in the name; the team of 2025 used UUIDs and
    regretted it at night (DAT453).
    """
    return f"{_TREE_PREFIX}{generation:06d}.{endpoint}."


def generation_of(name: str, endpoint: str) -> Generation | None:
    """Return the generation whose tree `name` belongs to, None for no tree.

    Accepts the tree's own name and every leaf under it.
    """
    tail = f".{endpoint}."
    if not name.endswith(tail):
        return None
    label = name[: -len(tail)].rsplit(".", 1)[-1]
    digits = label.removeprefix(_TREE_PREFIX)
    if label == digits or not digits.isdecimal():
        return None
    return Generation(int(digits))


def unsafe_reasons(
    *, desired: Weights, live: Weights, force: bool = False
) -> tuple[str, ...]:
    """Return why applying `desired` over `live` would remove too much.

    An empty tuple permits it. `force` permits everything, because an operator
    must be able to say so.
    """
    if force:
        return ()
    if not desired.serving:
        return (
            f"it would empty {desired.endpoint}: no load balancer has a weight above 0",
        )
    removed = live.serving - desired.serving
    if live.serving and len(removed) / len(live.serving) >= CAPACITY_CUT_MAX:
        why = (
            f"it would take {len(removed)} of {len(live.serving)} load balancers "
            f"from {desired.endpoint} ({', '.join(sorted(removed))}); less than "
            f"{CAPACITY_CUT_MAX:.0%} at once is allowed"
        )
        return (why,)
    return ()
