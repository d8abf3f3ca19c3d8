"""Which hazards did a history show?

One hazard a module; each is a pure function from a history and the world it
happened in to one finding. `unknown` is an answer: a history without the calls
that a hazard is about proves nothing.
"""

from __future__ import annotations

from gameday.checkers.registry import ALL, Checker, judge_all

__all__ = ["ALL", "Checker", "judge_all"]
