"""How often does Python look for garbage in cycles while a search goes on?

A search keeps most of what it makes, and stands on some hundred thousand objects of
botocore and moto that never go away. Python's own pace looks through them again and
again, which was a fifth of a search's time. What exists already is set aside, and the
rest is looked through less often; cycles are still collected, so memory stays bounded.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["collected_seldom"]

_THRESHOLDS = (50_000, 20, 100)
"""New objects, young and middle collections before the next older one."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Collect at a search's pace, and at the caller's own again afterwards.

    What the search leaves behind goes at once, or the next one would set it aside.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
        gc.collect()
