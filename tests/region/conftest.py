"""What tests of services share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from service_stage import ServiceStage


@pytest.fixture
def stage(moto_url: str) -> Iterator[ServiceStage]:
    """A region whose services are stepped by the test."""
    made = ServiceStage(moto_url)
    yield made
    made.close()
