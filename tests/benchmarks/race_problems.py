"""The race of `race_programs` as gameday explores it."""

from __future__ import annotations

from functools import partial
from typing import Any

from race_programs import ENDPOINT, ZONE, clients, enact, plan_twice, set_up

from gameday.explore import Actor, Moment
from gameday.explore.problem import Problem


def racing_2() -> Problem:
    return _problem(2, locked=False)


def racing_3() -> Problem:
    return _problem(3, locked=False)


def locked_2() -> Problem:
    return _problem(2, locked=True)


def locked_3() -> Problem:
    return _problem(3, locked=True)


def _problem(enactors: int, *, locked: bool) -> Problem:
    zone_ids: list[str] = []

    def prepare() -> None:
        zone_ids[:] = [set_up(*clients())]

    def run(program: Any) -> None:
        program(*clients(), zone_ids[0])

    enactor = partial(enact, locked=locked)
    return Problem(
        setup=prepare,
        actors=(
            Actor(name="planner", program=partial(run, plan_twice)),
            *(
                Actor(name=f"enactor-{number}", program=partial(run, enactor))
                for number in range(1, enactors + 1)
            ),
        ),
        eventually=(has_address,),
        sometimes=(goes_to_plan_3,),
    )


def has_address(moment: Moment) -> str | None:
    target = _target(moment)
    records = moment.zone(ZONE.rstrip(".")).record_sets.values()
    if any(each.name == target and each.type == "A" for each in records):
        return None
    return f"{ENDPOINT} points at {target}, which does not exist"


def goes_to_plan_3(moment: Moment) -> bool:
    return _target(moment).startswith("plan-3.")


def _target(moment: Moment) -> str:
    zone = moment.zone(ZONE.rstrip("."))
    if zone is None:
        return ""
    for each in zone.record_sets.values():
        if each.name == ENDPOINT:
            return str(next(iter(each.values)))
    return ""
