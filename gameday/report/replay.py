"""How does a replayed interleaving read?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gameday.explore.meaning import narrated
from gameday.report.exploration import drawing_lines, story_lines

if TYPE_CHECKING:
    from gameday.explore.interleaving_file import Loaded
    from gameday.explore.replay import Replayed

__all__ = ["replay_document", "replay_lines"]


def replay_lines(saved: Loaded, done: Replayed, *, width: int) -> list[str]:
    """Return the story, the drawing and whether it went as it was saved."""
    content = saved.content
    message = done.broken.message if done.broken else ""
    lines = [
        *story_lines(done.execution, width=width),
        "",
        *drawing_lines(done.execution, width=width, broken=message),
        "",
    ]
    if done.is_reproduced:
        count = len(content.schedule)
        lines.append(f"reproduced: {content.breaks} breaks as saved, in {count} steps")
        return lines
    if done.step is None:
        lines.append(f"not reproduced: {done.difference}")
    else:
        place = saved.place(min(done.step, len(content.schedule)))
        lines.append(f"not reproduced: {place}: step {done.step}: {done.difference}")
    lines.append("the programs or the property have changed since; explore again")
    return lines


def replay_document(saved: Loaded, done: Replayed, *, exit_code: int) -> dict[str, Any]:
    """Return a replay as a JSON document."""
    return {
        "exit_code": exit_code,
        "file": str(saved.file),
        "reproduced": done.is_reproduced,
        "difference": done.difference or None,
        "step": done.step,
        "breaks": done.broken.name if done.broken else None,
        "says": done.broken.message if done.broken else None,
        "steps": [
            {"actor": each.step.actor, "how": each.step.kind.value, "means": text}
            for each, text in zip(
                done.execution.steps, narrated(done.execution), strict=True
            )
        ],
    }
