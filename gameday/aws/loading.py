"""How do many clients come to be without reading the service models each time?

Every boto3 session reads botocore's models from disk and parses them: some 50 ms a
client. Inside `models_loaded_once()` all sessions of this process that are asked for
the standard data path share one loader, which keeps what it has read. The models are
data that nobody changes.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import botocore.loaders
import botocore.session

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["models_loaded_once"]


@contextmanager
def models_loaded_once() -> Iterator[None]:
    """Let sessions that are made meanwhile share what was read."""
    original = botocore.loaders.create_loader
    shared: dict[str | None, Any] = {}

    def create_loader(search_path_string: str | None = None) -> Any:
        if search_path_string not in shared:
            shared[search_path_string] = original(search_path_string)
        return shared[search_path_string]

    botocore.session.create_loader = create_loader
    try:
        yield
    finally:
        botocore.session.create_loader = original
