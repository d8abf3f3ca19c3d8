"""Where does `gameday map` learn how each service is?

From what the canaries told, and nothing else: of a run that is over from the history in
its folder, of a stage that is running from its edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.errors import InvalidInput, Reason
from gameday.model.canaries_seen import CanaryLook, canaries_say, canary_looks
from gameday.model.history import History
from gameday.model.run_span import run_span
from gameday.model.service_health import CanarySays, service_healths

if TYPE_CHECKING:
    from pathlib import Path

    from gameday.model.service_graph import ServiceGraph
    from gameday.model.service_health import ServiceHealth
    from gameday.region.topology import Region

__all__ = ["SeenHealth", "of_run", "of_stage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenHealth:
    """What the canaries of a region said.

    Attributes:
        looks: every look that was told.
        at_ns: the time that is asked for, since the run began.
    """

    looks: tuple[CanaryLook, ...]
    at_ns: int

    @property
    def when(self) -> str:
        """Return the time in words, "at 26.3 s"."""
        return f"at {self.at_ns / 1e9:.1f} s"

    def healths(self, graph: ServiceGraph) -> dict[str, ServiceHealth]:
        """Return how every service was, by name."""
        return service_healths(graph, canaries_say(self.looks, at_ns=self.at_ns))


def of_run(folder: Path, *, at_s: float | None) -> tuple[Region, SeenHealth]:
    """Return the region of a run and what its canaries said, at its end by default.

    Raises InvalidInput when the folder holds no run, or none that lasted so long.
    """
    from gameday.stage.order import ORDER_FILE, parse_order

    try:
        region = parse_order((folder / ORDER_FILE).read_text("utf-8")).region
        with (folder / "history.ndjson").open(encoding="utf-8") as lines:
            history = History.parse(lines)
    except OSError as error:
        why = f"no run folder: {error.strerror or error}: {error.filename}"
        raise InvalidInput(Reason(file=str(folder), message=why)) from error
    except (ValueError, KeyError, TypeError) as error:
        why = f"what the run left cannot be read: {error}"
        raise InvalidInput(Reason(file=str(folder), message=why)) from error
    end_ns = run_span(history).end_ns
    at_ns = end_ns if at_s is None else round(at_s * 1e9)
    if at_ns > end_ns:
        why = f"the run ended at {end_ns / 1e9:.1f} s, before --at {at_s:g}"
        raise InvalidInput(Reason(file=str(folder), message=why))
    return region, SeenHealth(looks=tuple(canary_looks(history)), at_ns=at_ns)


def of_stage() -> tuple[Region, SeenHealth]:
    """Return the region of the running stage and what its canaries say now.

    Raises InvalidInput when no stage is running.
    """
    from gameday.edge.control_client import ControlClient
    from gameday.stage.isolation import ask_inside
    from gameday.stage.state import find_stage

    state = find_stage()
    if not state.gateway_url:
        raise InvalidInput(f"stage {state.id} is not open yet")

    def ask() -> dict[str, Any]:
        with ControlClient(state.gateway_url) as edge:
            history = History(tuple(edge.history()))
        looks = [(e.at_ns, e.service, e.says.value) for e in canary_looks(history)]
        return {"looks": looks, "now_ns": max((op.end_ns for op in history), default=0)}

    said = ask_inside(state, ask)
    looks = tuple(
        CanaryLook(at_ns=at_ns, service=service, says=CanarySays(says))
        for at_ns, service, says in said["looks"]
    )
    return state.region, SeenHealth(looks=looks, at_ns=said["now_ns"])
