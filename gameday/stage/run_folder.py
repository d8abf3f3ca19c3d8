"""What stands in a run folder, and may a new run take its place?

The record of a run is the person's, so nothing is removed but what a stage put
there itself, and nothing at all while that stage is up.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from gameday.errors import InvalidInput
from gameday.stage.order import ORDER_FILE
from gameday.stage.state import live_stages

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["clear_run_folder"]

_FILES = ("history.ndjson", "edge.json", "operator.json", ORDER_FILE)
_FOLDERS = ("actors", "logs")


def clear_run_folder(folder: Path) -> None:
    """Remove what an earlier stage left in `folder`, so that runs never mix.

    Raises InvalidInput while a stage that is up uses the folder.
    """
    if not (folder / ORDER_FILE).exists():
        return
    used = [s.id for s in live_stages() if s.folder == folder.resolve()]
    if used:
        raise InvalidInput(
            f"{folder} is the run folder of stage {used[0]}, which is up"
        )
    for name in _FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    # The order goes last: it is what marks the rest as ours.
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)
