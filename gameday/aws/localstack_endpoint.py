"""Which LocalStack does a person's environment name?

localstack-client reads AWS_ENDPOINT_URL, else LOCALSTACK_HOST (with USE_SSL).
Its own default, localhost:4566, is not taken: a LocalStack that nobody named
may hold somebody's work.
"""

from __future__ import annotations

import os

from gameday.errors import InvalidInput

__all__ = ["VARIABLES", "named_endpoint"]

VARIABLES = ("AWS_ENDPOINT_URL", "LOCALSTACK_HOST")
"""The first that is set decides."""


def named_endpoint() -> tuple[str, str] | None:
    """Return the variable that names a LocalStack, and its URL; None without one.

    Raises InvalidInput when the variable cannot be understood.
    """
    naming = next((name for name in VARIABLES if os.environ.get(name, "").strip()), "")
    if not naming:
        return None
    from localstack_client import config

    try:
        return naming, str(config.get_service_endpoint("route53"))
    except RuntimeError as error:
        raise InvalidInput(f"{naming}: {error}") from error
