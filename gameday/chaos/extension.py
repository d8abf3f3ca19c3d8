"""What does the `gameday` block of an experiment ask for?

Chaos Toolkit checks nothing of an extension but its name, and accepts unknown
keys everywhere, so this block is strict: an unknown key, a safeguard that does
not exist or a hazard that nobody checks is invalid input, with its line and the
nearest valid name.

    extensions:
      - name: gameday
        design: as-built
        safeguards: {rollback: tolerant}
        expect: {verdict: deviated, because: [empty-endpoint]}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from gameday.chaos.verdicts import Claim
from gameday.checkers import ALL
from gameday.documents import STRICT, Document, load_document, unknown_name, validate
from gameday.emulators.registry import DEFAULT
from gameday.errors import InvalidInput, Reason
from gameday.model.safeguards import SWITCHES
from gameday.region.scalars import setting_value

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "NAME",
    "Expectation",
    "GamedayBlock",
    "block_of",
    "load_block",
    "read_block",
]

NAME = "gameday"


def _hazard(value: str) -> str:
    if value not in ALL:
        raise ValueError(unknown_name("hazard", value, ALL))
    return value


def _each_once(value: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in value if value.count(name) > 1})
    if twice:
        raise ValueError(f"{twice[0]!r} stands twice")
    return value


def _as_tuple(value: Any) -> Any:
    """One hazard may be written without the brackets."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Hazard = Annotated[str, AfterValidator(_hazard)]
Hazards = Annotated[
    tuple[Hazard, ...], BeforeValidator(_as_tuple), AfterValidator(_each_once)
]
Number = int | float
SettingValue = Annotated[Number | tuple[Number, Number], BeforeValidator(setting_value)]


class Expectation(BaseModel):
    """How the run is declared to end.

    Attributes:
        verdict: "deviated" turns the judgement round: deviating is the pass.
        because: the hazards that must show; all of them.
    """

    model_config = STRICT
    verdict: Literal["deviated", "passed"]
    because: Hazards = ()

    @model_validator(mode="after")
    def _reason_goes_with_deviation(self) -> Self:
        if self.verdict == "deviated" and not self.because:
            raise ValueError(
                "a declared deviation says which hazard shows: add "
                f"`because: [{next(iter(ALL))}]`"
            )
        if self.verdict == "passed" and self.because:
            raise ValueError("`because` goes with `verdict: deviated` only")
        return self


class GamedayBlock(BaseModel):
    """The block, with what holds when it does not say.

    Attributes:
        region: the name of a bundled region, or the path of a region file.
        design: a named set of safeguards of that region.
        safeguards: single switches that differ from the design.
        settings: numbers that win over the region's.
        emulator: a name of `emulators.registry`, or a loopback URL.
        seed: of everything that is drawn; None lets the runner choose one.
        expect: how the run is declared to end; None for passing.
        checks: hazards to look at.
        hold: hazards that must not show; None for all of `checks`, or none of
            them when a deviation is declared.
        must_fire: whether a fault that never fired voids the run.
        duration_s: how long the run is expected to take, for progress only.
    """

    model_config = STRICT
    name: Literal["gameday"] = "gameday"
    region: Annotated[str, Field(min_length=1)] = "reference"
    design: Annotated[str, Field(min_length=1)] = "as-built"
    safeguards: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, SettingValue] = Field(default_factory=dict)
    emulator: Annotated[str, Field(min_length=1)] = DEFAULT
    seed: Annotated[int, Field(ge=0)] | None = None
    expect: Expectation | None = None
    checks: Hazards = ()
    hold: Hazards | None = None
    must_fire: bool = True
    duration_s: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _no_hazard_is_wanted_and_unwanted(self) -> Self:
        declared = self.expect.because if self.expect else ()
        both = sorted(set(declared) & set(self.hold or ()))
        if both:
            raise ValueError(f"{both[0]!r} stands in `because` and in `hold`")
        return self

    @property
    def claim(self) -> Claim:
        """Return what the experiment says will happen."""
        return Claim(
            because=self.expect.because if self.expect else (),
            checks=self.checks,
            hold=self.hold,
            must_fire=self.must_fire,
        )


def load_block(file: Path) -> GamedayBlock:
    """Return the block of an experiment file; raises InvalidInput with lines."""
    return read_block(load_document(file))


def block_of(experiment: Mapping[str, Any]) -> GamedayBlock:
    """Return the block of an experiment that is no longer a file."""
    return read_block(Document(file="", value=experiment, lines={}))


def read_block(document: Document) -> GamedayBlock:
    """Return the block of an experiment, all defaults when it has none.

    Raises InvalidInput with every problem and its line; also when there are two
    blocks, because nobody could say which one counts.
    """
    experiment = document.value
    extensions = (
        experiment.get("extensions") if isinstance(experiment, Mapping) else None
    )
    if extensions is None:
        return GamedayBlock()
    if not isinstance(extensions, list):
        raise InvalidInput(document.reason(("extensions",), "should be a list"))
    places = [
        place
        for place, extension in enumerate(extensions)
        if isinstance(extension, Mapping) and extension.get("name") == NAME
    ]
    if len(places) > 1:
        path = ("extensions", places[1])
        raise InvalidInput(document.reason(path, "a second gameday block"))
    if not places:
        return GamedayBlock()
    at = ("extensions", places[0])
    reasons = list(_safeguard_reasons(document, at))
    try:
        block = validate(document, GamedayBlock, at=at)
    except InvalidInput as error:
        reasons += error.reasons
    if reasons:
        raise InvalidInput(*sorted(reasons, key=lambda reason: reason.line or 0))
    return block


def _safeguard_reasons(document: Document, at: tuple[str, int]) -> Iterator[Reason]:
    """Yield what is wrong with each switch, at its own line."""
    place, index = at
    switches = document.value[place][index].get("safeguards")
    if not isinstance(switches, Mapping):
        return
    for name, text in switches.items():
        path = (*at, "safeguards", str(name))
        kind = SWITCHES.get(str(name))
        if kind is None:
            yield document.reason(path, unknown_name("safeguard", str(name), SWITCHES))
        elif isinstance(text, str) and text not in {member.value for member in kind}:
            known = [member.value for member in kind]
            message = unknown_name(f"value of {name}", text, known)
            yield document.reason(path, message)
