"""May an experiment play on a stage that is already up, and from what does it start?

Only if the stage plays what the experiment wants; a run on another design would
prove nothing. The evidence then begins in the middle of a history, so the zones
as they stand are put before it as batches of the operator: whoever replays the
history starts from what was there.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from gameday.chaos.readiness import await_ready
from gameday.chaos.running import Running
from gameday.chaos.session import Session, StageChoice
from gameday.errors import InvalidInput
from gameday.model.history import Op, OpKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gameday.stage.state import StageState

__all__ = ["join_session", "stage_to_join"]


def join_session(choice: StageChoice, folder: Path, state: StageState) -> Session:
    """Play on a stage that is up, if it plays what the experiment wants.

    Raises InvalidInput with every difference when it does not.
    """
    differences = _differences(choice, state)
    if differences:
        raise InvalidInput(
            f"stage {state.id} plays something else: {'; '.join(differences)}; "
            "take it down with `gameday down`, or unset GAMEDAY_STAGE"
        )
    stage = Running(state=state)
    await_ready(stage)
    before = _as_it_stands(stage)
    folder.mkdir(parents=True, exist_ok=True)
    return Session(running=stage, folder=folder, stage=None, before=before)


def stage_to_join() -> StageState | None:
    """Return the stage that `gameday up` keeps, None when there is none.

    $GAMEDAY_STAGE names one. Else it is the newest; stages that belong to
    another run are nobody else's.

    Raises InvalidInput for one in a network that this process is not in.
    """
    from gameday.stage.isolation import stands_outside
    from gameday.stage.state import STAGE_VARIABLE, live_stages, read_stage

    named = os.environ.get(STAGE_VARIABLE)
    if named:
        state: StageState | None = read_stage(named)
    else:
        state = next((each for each in live_stages() if _is_kept_up(each)), None)
    if state is not None and stands_outside(state):
        raise InvalidInput(
            f"stage {state.id} is isolated, and this is outside of its network; play "
            f"with: gameday exec --stage {state.id} -- chaos run EXPERIMENT"
        )
    return state


def _is_kept_up(state: StageState) -> bool:
    from gameday.stage.order import parse_order

    try:
        order = parse_order((state.folder / "stage.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return state.phase == "running" and not order.tethered


def _differences(choice: StageChoice, state: StageState) -> list[str]:
    from gameday.model.safeguards import Safeguards

    wanted = Safeguards.parse(
        choice.safeguards, over=choice.region.design(choice.design)
    ).render()
    pairs = [
        ("region", choice.region.name, state.region.name),
        *(
            (f"safeguard {name}", value, state.safeguards.get(name, ""))
            for name, value in wanted.items()
        ),
        *(
            (f"setting {name}", _text(value), _text(state.settings.get(name)))
            for name, value in choice.settings.items()
        ),
    ]
    return [
        f"{what} is {there}, not {want}" for what, want, there in pairs if want != there
    ]


def _as_it_stands(stage: Running) -> tuple[Op, ...]:
    """Return the zones that exist now, as batches that made them."""
    status = stage.edge.status()
    first, now_ns = int(status["ops"]), int(status["now_ns"])
    zones = [stage.edge.zone(endpoint) for endpoint in stage.endpoints]
    return tuple(
        _batch_of(zone, stage.endpoints[place], now_ns, first - len(zones) + place)
        for place, zone in enumerate(zones)
    )


def _batch_of(zone: Mapping[str, Any], name: str, at_ns: int, index: int) -> Op:
    changes = [
        {"Action": "CREATE", "ResourceRecordSet": record_set}
        for record_set in zone["record_sets"]
        if record_set["Type"] not in {"SOA", "NS"}
    ]
    return Op(
        index=index,
        kind=OpKind.CALL,
        start_ns=at_ns,
        end_ns=at_ns,
        actor="operator",
        service="route53",
        operation="ChangeResourceRecordSets",
        writes=(f"route53:{name}/*",),
        request={
            "HostedZoneId": zone["id"],
            "Zone": name,
            "ChangeBatch": {"Changes": changes},
        },
    )


def _text(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)
