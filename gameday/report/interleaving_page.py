"""How does an interleaving look as one HTML file?

A space-time diagram as inline SVG, one lane an actor and time going down: a dot for
each step, an arrow wherever somebody else goes on, harm in another colour and in
words besides. Nothing is loaded from elsewhere; the same execution gives the same
bytes.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from gameday.explore.meaning import narrated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gameday.explore.execution import Execution

__all__ = ["interleaving_page"]

_LEFT_PX, _TOP_PX, _RIGHT_PX = 60, 50, 120
_LANE_PX, _STEP_PX = 300, 26
_LABEL_MAX = 56

_HARM = ("BACK from", "which is LIVE", "REFUSED", "CRASHES", "REPLY LOST")

_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2em; color: #222; }
svg text { font: 12px ui-monospace, monospace; fill: #222; }
svg .lane { stroke: #bbb; } svg .dot { fill: #36c; }
svg .switch { stroke: #888; fill: none; marker-end: url(#arrow); }
svg .harm { fill: #b00; font-weight: bold; } svg .number { fill: #888; }
.broken { color: #b00; font-weight: bold; } pre { white-space: pre-wrap; }
@media (prefers-color-scheme: dark) {
  body { background: #111; color: #ddd; } svg text { fill: #ddd; }
  svg .harm, .broken { fill: #f66; color: #f66; }
}
"""


def interleaving_page(
    execution: Execution, *, title: str, broken: str, claim: Sequence[str] = ()
) -> str:
    """Return the file's text.

    Args:
        execution: what to draw.
        title: its heading.
        broken: what is broken at the end.
        claim: lines that say what was looked at, and what was not.
    """
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>\n"
        f"<h1>{escape(title)}</h1>\n"
        f'<p class="broken">{escape(broken)}</p>\n'
        f"{_drawing(execution)}\n"
        f"<pre>{escape(chr(10).join(claim))}</pre>\n</html>\n"
    )


def _drawing(execution: Execution) -> str:
    actors = list(dict.fromkeys(d.step.actor for d in execution.steps if d.step.actor))
    x_of = {name: _LEFT_PX + lane * _LANE_PX for lane, name in enumerate(actors)}
    width = _LEFT_PX + len(actors) * _LANE_PX + _RIGHT_PX
    height = _TOP_PX + (len(execution.steps) + 1) * _STEP_PX
    parts = [
        (
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
            f'width="{width}" height="{height}" aria-label="space-time diagram">'
        ),
        (
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" '
            'markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0L8 4L0 8z" fill="#888"/></marker>'
            "</defs>"
        ),
    ]
    for name, x in x_of.items():
        parts.append(f'<text x="{x}" y="{_TOP_PX - 25}">{escape(name)}</text>')
        parts.append(
            f'<line class="lane" x1="{x}" y1="{_TOP_PX - 15}" x2="{x}" '
            f'y2="{height - _STEP_PX}"/>'
        )
    parts += _steps(execution, x_of)
    return "\n".join([*parts, "</svg>"])


def _steps(execution: Execution, x_of: dict[str, int]) -> list[str]:
    parts: list[str] = []
    before: tuple[int, int] | None = None
    for number, (done, text) in enumerate(
        zip(execution.steps, narrated(execution), strict=True), start=1
    ):
        x = x_of.get(done.step.actor, _LEFT_PX)
        y = _TOP_PX + (number - 1) * _STEP_PX
        if before is not None and before[0] != x:
            parts.append(
                f'<path class="switch" d="M{before[0]} {before[1]}'
                f'V{y - _STEP_PX // 2}H{x}V{y - 4}"/>'
            )
        before = (x, y)
        harm = ' class="harm"' if any(sign in text for sign in _HARM) else ""
        shown = text if len(text) <= _LABEL_MAX else f"{text[: _LABEL_MAX - 3]}..."
        parts += [
            f'<text class="number" x="4" y="{y + 4}">{number}</text>',
            f'<circle class="dot" cx="{x}" cy="{y}" r="4"/>',
            (
                f'<text{harm} x="{x + 9}" y="{y + 4}">{escape(shown)}'
                f"<title>{escape(text)}</title></text>"
            ),
        ]
    return parts
