"""What must hold in a region by its own file?

`properties:` of a region file names functions of somebody's own, each of them pure and
of one moment (see `properties`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gameday.errors import InvalidInput
from gameday.explore.problem import named
from gameday.explore.properties import Property, as_properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameday.region.topology import Region

__all__ = ["own_properties"]


def own_properties(region: Region) -> Mapping[str, tuple[str, Property]]:
    """Return where each property belongs ("always" and so on) and itself, by name.

    Raises InvalidInput for a function that is not there.
    """
    found: dict[str, tuple[str, Property]] = {}
    for place, references in region.properties:
        for reference in references:
            given = named(reference)
            if not isinstance(given, Property) and not callable(given):
                raise InvalidInput(f"{reference} is neither a function nor a Property")
            (made,) = as_properties((given,))
            found[made.name] = (place, made)
    return found
