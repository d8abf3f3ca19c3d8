"""Who holds a whole stage together, and takes it down whatever happens?

`python -m gameday.stage.keeper ORDER.json` is the parent of the emulator, the
edge and every actor. It prints one line of JSON, `{"event": "ready"}` or
`{"event": "failed", "kind": ..., "message": ...}`, and then keeps the stage until
it is told to stop: by SIGTERM, or by the end of its standard input when the order
says that it is tethered. The starter holds the other end of that pipe and nothing
else does, so the starter's death, also by kill -9, is the same as telling.

A keeper that is killed cannot take anything down: its children notice by
themselves, and the next start removes the rest (`state.remove_leftovers`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.errors import GamedayError
from gameday.stage.lifecycle import Lifecycle
from gameday.stage.order import StageOrder, parse_order

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

EXIT_FAILED = 4

logger = logging.getLogger(__name__)


async def _keep(order: StageOrder) -> int:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, told.set)
    if order.tethered:
        loop.add_reader(sys.stdin.fileno(), _read_tether, loop, told)
    stage = Lifecycle(order)
    opening = asyncio.create_task(stage.open())
    stopping = asyncio.create_task(told.wait())
    status = 0
    try:
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            opening.result()
            _say({"event": "ready"})
            await stopping
    except GamedayError as error:
        _say({"event": "failed", "kind": type(error).__name__, "message": str(error)})
        status = EXIT_FAILED
    except Exception as error:
        logger.exception("the keeper failed")
        _say({"event": "failed", "kind": "RegionFailed", "message": repr(error)})
        status = EXIT_FAILED
    finally:
        opening.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await opening
        stopping.cancel()
        await stage.close()
    return status


def _read_tether(loop: asyncio.AbstractEventLoop, told: asyncio.Event) -> None:
    """Notice the end of standard input; whatever is written to it means nothing."""
    try:
        ended = not os.read(sys.stdin.fileno(), 4096)
    except OSError:
        ended = True
    if ended:
        loop.remove_reader(sys.stdin.fileno())
        told.set()


def _say(event: dict[str, Any]) -> None:
    # The starter may be gone already, and the stage must still be taken down.
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Keep the stage that the order in the given file describes."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    order = parse_order(Path(arguments[0]).read_text(encoding="utf-8"))
    return asyncio.run(_keep(order))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
