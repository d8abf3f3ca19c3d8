"""A defect made by hand in a real program, as data.

What a mutant puts in the place of a function is what somebody could have written; the
first line of its docstring says what is wrong. `breaks` names the properties of which
the explorer must find one broken. It names none where nobody can tell the mutant from
the design, and the rest of the docstring says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

Patch = pytest.MonkeyPatch
Make = Callable[[Patch], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One defect.

    Attributes:
        name: of the function that makes it.
        part: of the region.
        means: what is wrong, in a line.
        scene: where it shows; see `mutant_scenes`.
        breaks: properties, one of which must be found broken.
        make: puts it in the place of what it mutates.
        safeguards: switches that win over the fenced design's.
    """

    name: str
    part: str
    means: str
    scene: str
    breaks: tuple[str, ...]
    make: Make
    safeguards: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


MUTANTS: dict[str, Mutant] = {}


def mutant(
    part: str, *breaks: str, scene: str, **safeguards: str
) -> Callable[[Make], Make]:
    """Register the function that makes a mutant."""

    def register(make: Make) -> Make:
        assert make.__doc__ is not None
        assert make.__name__ not in MUTANTS
        MUTANTS[make.__name__] = Mutant(
            name=make.__name__,
            part=part,
            means=make.__doc__.partition("\n")[0],
            scene=scene,
            breaks=breaks,
            make=make,
            safeguards=safeguards,
        )
        return make

    return register
