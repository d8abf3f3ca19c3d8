"""What will a function still look at when it goes on behind one of its calls?

Two things, both read off the bytecode: the local variables that some way onwards
reads before it writes them, and how many entries of the value stack outlive the call
(the iterator of a `for`, the exit of a `with`, operands that are evaluated already).
What is dead may differ between two runs without any difference in what they do.

Where the bytecode does not give one answer, the function is unclear and nothing is
said of it.
"""

from __future__ import annotations

import dis
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType

__all__ = ["CodeFacts", "Place", "facts_of"]

_CODES_MAX = 10_000

_NEVER_FALLS_THROUGH = frozenset(
    {
        "JUMP_BACKWARD",
        "JUMP_BACKWARD_NO_INTERRUPT",
        "JUMP_FORWARD",
        "RAISE_VARARGS",
        "RERAISE",
        "RETURN_CONST",
        "RETURN_VALUE",
    }
)
_READS_FIRST = ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_AND_CLEAR")
_LOOKS_AT_ALL = frozenset({"locals", "vars", "dir", "eval", "exec"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A function that waits for a call of its own to come back.

    Attributes:
        opcode: the name of the instruction that calls.
        offset: of that instruction.
        live: local variables that are read later.
        outlive: entries of the value stack below the call.
    """

    opcode: str
    offset: int
    live: tuple[str, ...]
    outlive: int


class CodeFacts:
    """The places of one function."""

    def __init__(self, code: CodeType) -> None:
        self._instructions = list(dis.get_instructions(code))
        self._places = {
            each.offset: place for place, each in enumerate(self._instructions)
        }
        self._handlers = _handlers(code)
        self._locals = code.co_varnames
        # A cell may be looked at by whatever function closes over it.
        self._always = (*code.co_cellvars, *code.co_freevars)
        self.slots = len(code.co_varnames) + len(
            {*code.co_cellvars, *code.co_freevars} - {*code.co_varnames}
        )
        self._looks_at_all = bool(_LOOKS_AT_ALL.intersection(code.co_names))
        self._depths = self._find_depths()
        self._live_before = self._find_live()
        self._known: dict[int, Place | None] = {}

    def at(self, lasti: int) -> Place | None:
        """Return the place of a frame's `f_lasti`, None where it is unclear."""
        if lasti not in self._known:
            self._known[lasti] = self._find(lasti)
        return self._known[lasti]

    def _find(self, lasti: int) -> Place | None:
        # Inline caches belong to the instruction before them.
        place = max(
            (n for offset, n in self._places.items() if offset <= lasti), default=-1
        )
        depth = self._depths.get(place) if place >= 0 else None
        if depth is None:
            return None
        instruction = self._instructions[place]
        effect = dis.stack_effect(instruction.opcode, instruction.arg, jump=False)
        live: set[str] = set(self._always)
        for following in self._following(place):
            live |= self._live_before[following]
        if self._looks_at_all:
            live.update(self._locals)
        return Place(
            opcode=instruction.opname,
            offset=instruction.offset,
            live=tuple(sorted(live)),
            outlive=depth + effect - 1,
        )

    def _following(self, place: int) -> list[int]:
        instruction = self._instructions[place]
        found = []
        if self._falls_through(place):
            found.append(place + 1)
        if _jumps(instruction):
            found.append(self._places[instruction.argval])
        for start, end, target, _ in self._handlers:
            if start <= instruction.offset < end:
                found.append(self._places[target])
        return found

    def _falls_through(self, place: int) -> bool:
        return self._instructions[
            place
        ].opname not in _NEVER_FALLS_THROUGH and place + 1 < len(self._instructions)

    def _find_depths(self) -> dict[int, int]:
        """Return the depth of the value stack before each instruction."""
        depths: dict[int, int] = {}
        todo = [(0, 0)]
        todo += [
            (self._places[target], depth) for _, _, target, depth in self._handlers
        ]
        while todo:
            place, depth = todo.pop()
            if place in depths:
                if depths[place] != depth:
                    return {}
                continue
            depths[place] = depth
            instruction = self._instructions[place]
            opcode, argument = instruction.opcode, instruction.arg
            if self._falls_through(place):
                effect = dis.stack_effect(opcode, argument, jump=False)
                todo.append((place + 1, depth + effect))
            if _jumps(instruction):
                effect = dis.stack_effect(opcode, argument, jump=True)
                todo.append((self._places[instruction.argval], depth + effect))
        return depths

    def _find_live(self) -> list[set[str]]:
        """Return the variables that are read later, before each instruction."""
        before: list[set[str]] = [set() for _ in self._instructions]
        changed = True
        while changed:
            changed = False
            for place in reversed(range(len(self._instructions))):
                live: set[str] = set()
                for following in self._following(place):
                    live |= before[following]
                reads, writes = _touched(self._instructions[place])
                live = (live - writes) | reads
                if live != before[place]:
                    before[place] = live
                    changed = True
        return before


@lru_cache(maxsize=_CODES_MAX)
def facts_of(code: CodeType) -> CodeFacts:
    """Return the facts of a function, found out once."""
    return CodeFacts(code)


def _jumps(instruction: dis.Instruction) -> bool:
    return instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs


def _handlers(code: CodeType) -> list[tuple[int, int, int, int]]:
    """Return (start, end, target, depth of the value stack at the target)."""
    entries: Any = dis._parse_exception_table(code)  # type: ignore[attr-defined] # noqa: SLF001 - nothing public reads the table
    return [
        (each.start, each.end, each.target, each.depth + bool(each.lasti) + 1)
        for each in entries
    ]


def _touched(instruction: dis.Instruction) -> tuple[set[str], set[str]]:
    """Return which locals an instruction reads first, and which it writes."""
    name = instruction.opname
    given = instruction.argval
    if name in _READS_FIRST:
        return {given}, set()
    if name in {"STORE_FAST", "DELETE_FAST", "STORE_FAST_MAYBE_NULL"}:
        return set(), {given}
    # Pairs that 3.13 joins into one instruction.
    if name == "LOAD_FAST_LOAD_FAST":
        return set(given), set()
    if name == "STORE_FAST_STORE_FAST":
        return set(), set(given)
    if name == "STORE_FAST_LOAD_FAST":
        stored, loaded = given
        return {loaded} - {stored}, {stored}
    return set(), set()
