"""Do histories that were taken for the same really go on alike?

A sample of them is run again: the real program goes through the history that was not
kept, and then along ways that the kept one is known to go, answered the same. At each
point it must do the same. One that does not holds something that its functions do not
show, a module-level variable for instance, and nothing that was merged holds.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameday.explore.actor_memory import ActorMemory
    from gameday.explore.actor_nodes import Merged

__all__ = ["check_merging"]

SAMPLE_MAX = 25
"""Merged histories that are run again."""
STEPS_MAX = 60
"""Points along a way that are compared."""


def check_merging(memory: ActorMemory, *, seed: int) -> None:
    """Run a sample of merged histories again.

    Raises HiddenNondeterminism for one that goes on otherwise.
    """
    random = Random(seed)
    merged = memory.merged
    for each in random.sample(merged, min(len(merged), SAMPLE_MAX)):
        _compare(memory, each, random)


def _compare(memory: ActorMemory, merged: Merged, random: Random) -> None:
    run = memory.run_again(merged.parent)
    node, label = merged.at, merged.label
    try:
        for _ in range(STEPS_MAX):
            point = memory.resume(run, label)
            run.ensure_at(memory.shown_node(node), point)
            known = [
                each
                for each, child in sorted(node.children.items())
                if not child.is_over and (node.number, each) not in memory.tired
            ]
            if not known:
                return
            label = random.choice(known)
            node = node.children[label]
    finally:
        run.drop()
