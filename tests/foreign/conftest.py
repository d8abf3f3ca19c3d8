"""One stage an emulator, for all foreign programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from foreign_programs import REGION, Neighbourhood, programs_folder

from gameday.region.topology import load_region
from gameday.stage.open_edge import OpenEdge
from gameday.stage.opening import open_stage

EMULATORS = (
    "moto",
    "ministack",
    pytest.param("localstack", marks=pytest.mark.localstack),
)


@pytest.fixture(scope="session", params=EMULATORS)
def neighbourhood(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Neighbourhood]:
    folder = tmp_path_factory.mktemp(request.param)
    programs = programs_folder()
    file = folder / "foreign.yaml"
    file.write_text(REGION)
    with (
        open_stage(load_region(file), emulator=request.param) as stage,
        stage.edge() as control,
    ):
        yield Neighbourhood(
            edge=OpenEdge(stage, control), programs=programs, folder=folder
        )
