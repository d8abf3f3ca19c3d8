"""Which Chaos Toolkit experiment provokes an interleaving that broke something?

The programs run freely, and are held only where the schedule turns from one to
another: gameday's own `hold`, `await_hold` and `clear` at the call that the
interrupted program makes next. An experiment is played on a region that is already
at work, so its first plan is installed and everybody rests before the schedule
begins; a plan of the schedule is the next one there.

What becomes what
    the planner's write     `publish_plan`; the planner itself stands by
    a turn to another       the one before is held at the call with which it goes on
    the end of its calls    it is held at what it would have asked next
    an actor without calls  held at its next look for a plan

A call is recognised by who makes it, what it is about, the shape of its batch and the
plan in it. A region at work has one tree more than an empty one, and may clean it up
where the schedule cleans nothing up: a turn that goes over several plans is therefore
halted at the newest one's own batch before the next hold is set.

`because` is what the checkers said of the same schedule on a stage
(`replay_on_edge`), so that a deviation has been seen before it is declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gameday.aws.plan_store import PLANS_TABLE
from gameday.errors import InvalidInput
from gameday.explore.interleaving import StepKind
from gameday.explore.region_actors import SHORT_SETTINGS
from gameday.explore.replay_on_edge_call import Asked, AskedNamer, explored_zones
from gameday.explore.replay_on_edge_match import (
    REMEMBERED,
    is_like,
    match_of,
    said_of,
    tree_of,
)
from gameday.model.safeguards import DESIGNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gameday.explore.execution import Execution
    from gameday.explore.region_actors import RegionUnderSearch

__all__ = ["as_experiment"]

_PLANNER = ":planner"
_ENACTOR = ":enactor"
_HELD_MS_MAX = 600_000
_AWAIT_S = 30

_SETTINGS: Mapping[str, Any] = {
    "planner_period_ms": 0,
    "lock_losses_max": SHORT_SETTINGS["lock_losses_max"],
    "lock_ttl_ms": _HELD_MS_MAX,
    "call_timeout_ms": _HELD_MS_MAX,
    "cleanup_settle_ms": SHORT_SETTINGS["cleanup_settle_ms"],
    "droplets": 20,
}
"""Nobody publishes by himself, and neither a lock nor a client gives up meanwhile."""

_Activity = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Calls of one actor between two turns.

    Attributes:
        actor: who.
        calls: in order; of a planner, its writes.
        stop: with what it goes on later, None when nobody knows.
    """

    actor: str
    calls: tuple[Asked, ...]
    stop: Asked | None


def as_experiment(
    under: RegionUnderSearch,
    execution: Execution,
    *,
    because: Sequence[str],
    stands: Mapping[str, Asked | None],
    region: str = "",
) -> dict[str, Any]:
    """Return the experiment that provokes an execution, as a document.

    Args:
        under: what was explored.
        execution: the interleaving.
        because: hazards that must show, from `ReplayedOnEdge.hazards`.
        stands: what each actor asks after its last step, from the same.
        region: name or file of the region, for another than its own name.

    Raises:
        InvalidInput: it cannot be provoked by holds alone, or provokes nothing.
    """
    kinds = {done.step.kind for done in execution.steps} - {StepKind.GO}
    if kinds:
        said = ", ".join(sorted(kind.value for kind in kinds))
        raise InvalidInput(
            f"an experiment made of holds has no step at which somebody {said}; "
            "replay the file on an edge instead"
        )
    if not because:
        raise InvalidInput(
            "no checker found a hazard when this was replayed on an edge, so there is "
            "no deviation to declare"
        )
    endpoint = under.endpoint_names()[0]
    return {
        "title": f"The interleaving that leads to {because[0]}",
        "description": (
            f"Found by exploring the order of {len(execution.steps)} AWS calls of "
            f"{', '.join(each.name for each in under.actors())}. Only the order in "
            "which the programs' own calls arrive is changed."
        ),
        "tags": ["explored"],
        "controls": [
            {"name": "gameday", "provider": _python("control")},
        ],
        "extensions": [_block(under, because, region)],
        "steady-state-hypothesis": {
            "title": "The endpoint resolves and serves",
            "probes": [
                {
                    "name": f"{endpoint} {said}",
                    "type": "probe",
                    "tolerance": True,
                    "provider": {**_python("probes"), "func": func},
                }
                for said, func in (
                    ("resolves", "endpoint_resolves"),
                    ("serves", "endpoint_serves"),
                )
            ],
        },
        "method": _method(under, _blocks(under, execution, stands)),
        "rollbacks": [_action("remove every hold", "clear")],
    }


def _block(
    under: RegionUnderSearch, because: Sequence[str], region: str
) -> dict[str, Any]:
    design = next(
        (name for name, each in DESIGNS.items() if each == under.safeguards), ""
    )
    switches = {"safeguards": under.safeguards.render()}
    return {
        "name": "gameday",
        "region": region or under.region.name,
        **({"design": design} if design else switches),
        "settings": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in {**_SETTINGS, **under.settings}.items()
        },
        "seed": under.seed,
        "expect": {"verdict": "deviated", "because": list(because)},
    }


def _blocks(
    under: RegionUnderSearch, execution: Execution, stands: Mapping[str, Asked | None]
) -> list[_Block]:
    """Return the turns of the schedule, each with what its actor does next."""
    namer = AskedNamer(under.region, explored_zones(execution))
    calls = [
        (done.step.actor, asked)
        for done in execution.steps
        if done.call is not None
        for asked in (namer.of_explored(done.call),)
        if _matters(under, done.step.actor, asked)
    ]
    turns = [
        (actor, tuple(asked for _, asked in group))
        for actor, group in groupby(calls, key=lambda each: each[0])
    ]
    return [
        _Block(
            actor=actor,
            calls=asked,
            stop=next(
                (later[0] for other, later in turns[place + 1 :] if other == actor),
                stands.get(actor),
            ),
        )
        for place, (actor, asked) in enumerate(turns)
    ]


def _matters(under: RegionUnderSearch, actor: str, asked: Asked) -> bool:
    if _runs(under, actor, _PLANNER):
        return asked.operation == "PutItem"
    return asked.operation not in REMEMBERED


def _method(under: RegionUnderSearch, blocks: Sequence[_Block]) -> list[_Activity]:
    """Return the activities: everybody stands still first, then turn by turn."""
    enactors = [name for name in under.region.actors if _runs(under, name, _ENACTOR)]
    rules = dict.fromkeys(enactors, 0)
    method = [
        _hold(
            f"hold {name} before it takes the next plan",
            _rule(name, 0),
            actor=name,
            service="dynamodb",
            operation="Query",
            resource=f"dynamodb:{PLANS_TABLE}",
        )
        for name in enactors
    ]
    method += [_await_hold(f"{name} rests", _rule(name, 0)) for name in enactors]
    for block in blocks:
        if _runs(under, block.actor, _PLANNER):
            method += [_action("publish the next plan", "publish_plan")] * len(
                block.calls
            )
            continue
        method += _turn(block, rules)
    return method


def _turn(block: _Block, rules: dict[str, int]) -> list[_Activity]:
    """Return how an actor goes on, up to the call at which it is to stand."""
    if block.stop is None:
        raise InvalidInput(
            f"{block.actor} was not seen to call anything after its last step, so "
            "nothing can hold it there; replay the interleaving on an edge again"
        )
    calls = block.calls[1:]
    method: list[_Activity] = []
    for place in _halts(calls, block.stop):
        method += _up_to(block.actor, calls[:place], calls[place], rules)
        calls = calls[place + 1 :]
    return method + _up_to(block.actor, calls, block.stop, rules)


def _halts(calls: Sequence[Asked], stop: Asked) -> tuple[int, ...]:
    """Return where to halt in between: at most once, and only if it has to be."""
    takes_a_plan = any(each.operation == "Query" for each in calls)
    numbered = [place for place, each in enumerate(calls) if tree_of(each)]
    return (numbered[-1],) if takes_a_plan and numbered and not tree_of(stop) else ()


def _up_to(
    name: str, calls: Sequence[Asked], stop: Asked, rules: dict[str, int]
) -> list[_Activity]:
    """Return how an actor goes on through some calls up to another."""
    before, rule = _rule(name, rules[name]), _rule(name, rules[name] + 1)
    rules[name] += 1
    return [
        _hold(
            f"hold {name} before it goes on: {said_of(stop)}",
            rule,
            **match_of(stop),
            nth=1 + sum(is_like(each, stop) for each in calls),
        ),
        _action(f"let {name} go on", "clear", rule=before),
        _await_hold(f"{name} has come so far", rule),
    ]


def _runs(under: RegionUnderSearch, actor: str, program: str) -> bool:
    return (under.region.actors[actor].run or "").endswith(program)


def _rule(actor: str, number: int) -> str:
    return f"{actor}-{number}"


def _hold(name: str, rule: str, **match: Any) -> _Activity:
    return _action(
        name,
        "hold",
        rule=rule,
        **match,
        on_disconnect="drop",
        timeout_ms=_HELD_MS_MAX,
    )


def _await_hold(name: str, rule: str) -> _Activity:
    return _action(name, "await_hold", rule=rule, timeout_s=_AWAIT_S)


def _action(name: str, func: str, **arguments: Any) -> _Activity:
    provider = {**_python("actions"), "func": func}
    if arguments:
        provider["arguments"] = arguments
    return {"name": name, "type": "action", "provider": provider}


def _python(module: str) -> dict[str, Any]:
    return {"type": "python", "module": f"gameday.chaos.{module}"}
