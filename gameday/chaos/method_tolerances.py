"""Was what a probe of the method returned within its tolerance?

Chaos Toolkit takes a `tolerance` anywhere and looks at it in the hypothesis only,
so that a method's probe cannot fail by what it returns. Here it is looked at, by
Chaos Toolkit's own rules, and noted where a hypothesis's is: as `tolerance_met` of
the activity's entry in the journal, which the verdict counts.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chaoslib.hypothesis import within_tolerance

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

__all__ = ["note_tolerance"]

logger = logging.getLogger(__name__)


def note_tolerance(
    activity: Mapping[str, Any],
    run: MutableMapping[str, Any],
    configuration: Mapping[str, Any],
    secrets: Mapping[str, Any],
) -> None:
    """Note in `run` whether its output was within the activity's tolerance.

    Without a tolerance, and of an activity that failed, nothing is noted. A
    tolerance that cannot be applied to the output is not met.
    """
    if "tolerance" not in activity or run.get("status") != "succeeded":
        return
    try:
        met = within_tolerance(
            activity["tolerance"],
            run.get("output"),
            configuration=configuration,
            secrets=secrets,
        )
    except Exception as error:  # noqa: BLE001 - whatever a tolerance is made of
        logger.warning("%s: its tolerance failed: %s", activity.get("name"), error)
        met = False
    run["tolerance_met"] = bool(met)
