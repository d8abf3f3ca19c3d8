"""How does a `module:callable` actor become a process?

`python -m gameday.region.launch [--lifeline] module:callable` imports the module,
reads the actor's configuration from GAMEDAY_CONFIG and calls the callable, with
the `ActorConfig` if it takes an argument. SIGTERM ends it with status 0.

With `--lifeline` standard input is a socket to the keeper, which speaks first by
staying silent: the actor writes `ready` once its module is imported and waits for
a line before it calls anything, so that imports overlap with provisioning. From
then on the end of that stream means that the keeper is gone, and the actor takes
its whole process group down. A stopped actor is continued by the kernel at the
keeper's death, or it would never see the end of the stream.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gameday.near_names import unknown_name
from gameday.region.settings import ActorConfig
from gameday.region.tether import signal_at_parent_death

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["CONFIG_VARIABLE", "LIFELINE_FLAG", "READY", "main"]

CONFIG_VARIABLE = "GAMEDAY_CONFIG"
LIFELINE_FLAG = "--lifeline"
READY = b"ready\n"

_STDIN = 0


def main(arguments: Sequence[str]) -> None:
    """Run the actor that `arguments` name until it returns or is stopped."""
    lifeline = LIFELINE_FLAG in arguments
    references = [each for each in arguments if each != LIFELINE_FLAG]
    if len(references) != 1:
        sys.exit("usage: python -m gameday.region.launch [--lifeline] module:callable")
    signal.signal(signal.SIGTERM, _leave)
    if lifeline:
        signal_at_parent_death(signal.SIGCONT)
    _log_to_stderr()
    program = _load(references[0])
    config = _config()
    if lifeline:
        _wait_for_go()
        threading.Thread(target=_follow_keeper, name="lifeline", daemon=True).start()
    if inspect.signature(program).parameters:
        program(config)
    else:
        program()


def _load(reference: str) -> Callable[..., Any]:
    module_name, _, name = reference.partition(":")
    module = importlib.import_module(module_name)
    program = getattr(module, name, None)
    if not callable(program):
        known = [each for each, value in vars(module).items() if callable(value)]
        sys.exit(f"{module_name}: {unknown_name('callable', name, known)}")
    return program  # type: ignore[no-any-return]


def _config() -> ActorConfig:
    file = os.environ.get(CONFIG_VARIABLE)
    if not file:
        sys.exit(f"{CONFIG_VARIABLE} names no configuration file")
    return ActorConfig.parse(Path(file).read_text(encoding="utf-8"))


def _wait_for_go() -> None:
    try:
        os.write(_STDIN, READY)
        told = os.read(_STDIN, 64)
    except OSError:
        told = b""
    if not told:
        sys.exit(1)


def _follow_keeper() -> None:
    try:
        while os.read(_STDIN, 64):
            pass
    except OSError:
        # A reset says the same as the end of the stream.
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _leave(_number: int, _frame: object) -> None:
    sys.exit(0)


def _log_to_stderr() -> None:
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s.%(msecs)03d %(levelname)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
    )
    logging.getLogger("botocore").setLevel(logging.WARNING)


if __name__ == "__main__":
    main(sys.argv[1:])
