"""What does gameday offer to Chaos Toolkit?

The package is a Chaos Toolkit extension: `chaos discover gameday --no-install`
is answered by `discover` here (by way of `gameday.discover`), activities are
the functions named in `__all__` of `actions.py` and `probes.py`. Nothing
outside this package imports chaoslib.
"""

from __future__ import annotations

from typing import Any

__all__ = ["discover"]

_ACTIVITIES = {"gameday.chaos.actions": "action", "gameday.chaos.probes": "probe"}


def discover(discover_system: bool = True) -> dict[str, Any]:
    """Return the activities of this extension, as `chaos discover` wants them.

    `discover_system` changes nothing: the system under test is a stage that an
    experiment's control starts, and none is running when people discover.
    """
    from chaoslib.discovery.discover import (
        discover_activities,
        initialize_discovery_result,
    )

    import gameday

    result: dict[str, Any] = initialize_discovery_result(
        "gameday", gameday.__version__, "aws"
    )
    for module, kind in _ACTIVITIES.items():
        result["activities"].extend(discover_activities(module, kind))
    return result
