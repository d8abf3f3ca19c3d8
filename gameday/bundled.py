"""Where are the experiments and fixtures that come with gameday?

The repository keeps one copy, beside the package; the wheel carries the same
folders inside it.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["experiments_folder", "fixtures_folder"]

_PACKAGE = Path(__file__).resolve().parent


def experiments_folder() -> Path:
    """Return the folder that holds the bundled experiments."""
    return _folder("experiments")


def fixtures_folder() -> Path:
    """Return the folder that holds regions and other data files."""
    return _folder("fixtures")


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
