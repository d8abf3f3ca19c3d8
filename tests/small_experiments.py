"""Experiments for tests: small, calm, and quick to write down."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import yaml

__all__ = ["CALM", "action", "experiment", "probe", "write"]

CALM = {"planner_period_ms": 0, "droplets": 5}
"""Nobody publishes plans by himself, and few leases have to be taken."""


def probe(func: str, *, tolerance: Any = True, **arguments: Any) -> dict[str, Any]:
    """A probe of gameday's, or of `module:func`."""
    return {**_activity("probe", "gameday.chaos.probes", func, arguments)} | {
        "tolerance": tolerance
    }


def action(func: str, **arguments: Any) -> dict[str, Any]:
    """An action of gameday's, or of `module:func`."""
    return _activity("action", "gameday.chaos.actions", func, arguments)


def experiment(
    *,
    method: list[Any] | None = None,
    hypothesis: list[Any] | None = None,
    rollbacks: list[Any] | None = None,
    settings: dict[str, Any] | None = None,
    **block: Any,
) -> dict[str, Any]:
    """An experiment whose endpoint resolves, unless told otherwise."""
    probes = [probe("endpoint_resolves")] if hypothesis is None else hypothesis
    return {
        "title": "A small experiment",
        "description": textwrap.shorten("It is for a test.", 80),
        "controls": [
            {
                "name": "gameday",
                "provider": {"type": "python", "module": "gameday.chaos.control"},
            }
        ],
        "extensions": [
            {"name": "gameday", "seed": 7, "settings": settings or CALM, **block}
        ],
        "runtime": {"hypothesis": {"frequency": 0.2}},
        "steady-state-hypothesis": {"title": "All is well", "probes": probes},
        "method": method or [],
        "rollbacks": rollbacks or [],
    }


def write(folder: Path, name: str = "small", **parts: Any) -> Path:
    """Write an experiment to a file and return its path."""
    file = folder / f"{name}.yaml"
    document = parts.pop("document", None) or experiment(**parts)
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


def _activity(
    kind: str, module: str, func: str, arguments: dict[str, Any]
) -> dict[str, Any]:
    if ":" in func:
        module, _, func = func.partition(":")
    provider = {"type": "python", "module": module, "func": func}
    if arguments:
        provider["arguments"] = arguments
    return {"name": func.replace("_", " "), "type": kind, "provider": provider}
