"""Which region does a name mean?

A region is given as the name of one that comes with gameday, or as the path of
a file, which counts from where the name was written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gameday.bundled import fixtures_folder
from gameday.errors import InvalidInput
from gameday.near_names import unknown_name
from gameday.region.topology import load_region

if TYPE_CHECKING:
    from gameday.region.topology import Region

__all__ = ["find_region"]


def find_region(name: str, *, near: Path = Path()) -> Region:
    """Return the region that `name` means.

    Args:
        name: of a bundled region, or the path of a region file.
        near: the folder that a relative path counts from.

    Raises InvalidInput naming the nearest bundled region when there is neither,
    and with every mistake when the file is wrong.
    """
    folder = fixtures_folder() / "regions"
    bundled = {file.stem: file for file in folder.glob("*.yaml")}
    if name in bundled:
        return load_region(bundled[name])
    file = near / name
    if not file.is_file() and not Path(name).suffix:
        raise InvalidInput(unknown_name("region", name, bundled))
    return load_region(file)
