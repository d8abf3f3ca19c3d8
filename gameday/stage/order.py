"""What is a keeper asked to stand up?

The starter writes the order as one JSON file into the run folder; the keeper
reads it. Both sides share nothing else, so a keeper can outlive its starter.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.model.safeguards import Safeguards
from gameday.region.topology import Region
from gameday.stage.process_identity import start_of
from gameday.stage.state import StageState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "ORDER_FILE",
    "StageOrder",
    "first_state",
    "parse_order",
    "render_order",
]

ORDER_FILE = "stage.json"
"""The order's name in the run folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOrder:
    """Everything that a keeper needs to know.

    Attributes:
        id: the stage's id.
        region: what to play.
        design: name of the design, for people.
        safeguards: the design's switches, with single ones changed.
        settings: numbers that win over the region file's.
        emulator: its kind, see `emulators.registry`.
        emulator_url: where one runs already; "" starts one.
        seed: the seed of the run.
        folder: the run folder, which exists.
        temporary: whether the folder is removed with the stage.
        tethered: whether the keeper ends when its standard input does.
        gateway_port: 0 takes the region file's, and else a free one.
        opened_ms: milliseconds since the Unix epoch.
        network: the private network that it is opened in, "" for the machine's.
        rules: set at the edge before any actor begins.
    """

    id: str
    region: Region
    design: str
    safeguards: Safeguards
    settings: Mapping[str, Any]
    emulator: str
    emulator_url: str
    seed: int
    folder: Path
    temporary: bool
    tethered: bool
    gateway_port: int
    opened_ms: int
    network: str
    rules: Sequence[Mapping[str, Any]] = ()


def render_order(order: StageOrder) -> str:
    """Return `order` as JSON text."""
    fields = {name: getattr(order, name) for name in order.__slots__}
    fields["region"] = order.region.model_dump(mode="json")
    fields["safeguards"] = order.safeguards.render()
    fields["folder"] = str(order.folder)
    return json.dumps(fields, indent=1)


def first_state(order: StageOrder) -> StageState:
    """Return the state of a stage that this process begins to open."""
    return StageState(
        id=order.id,
        pid=os.getpid(),
        started=start_of(os.getpid()),
        phase="opening",
        opened_ms=order.opened_ms,
        folder=order.folder,
        temporary=order.temporary,
        region=order.region,
        design=order.design,
        safeguards=order.safeguards.render(),
        settings=order.settings,
        seed=order.seed,
        network=order.network,
    )


def parse_order(text: str) -> StageOrder:
    """Return the order that `render_order` wrote."""
    given: dict[str, Any] = json.loads(text)
    return StageOrder(
        region=Region.model_validate_json(json.dumps(given.pop("region"))),
        safeguards=Safeguards.parse(given.pop("safeguards")),
        folder=Path(given.pop("folder")),
        **given,
    )
