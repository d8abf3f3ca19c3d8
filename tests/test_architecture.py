"""The layout and the import rules of the design, read from the source.

Someone who opens the folder must see the architecture; this test keeps what
they see true.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gameday"

LAYERS = (
    {"errors", "near_names", "clock", "bundled", "documents"},
    {"model"},
    {"aws"},
    {"region", "emulators", "edge", "checkers"},
    {"stage"},
    {"explore", "simulate", "report"},
    {"chaos"},
    {"drills"},
    {"cli", "pytest_plugin"},
)
"""From the bottom up; a part imports from its own layer or from below."""

STRANGERS = (("region", "edge"), ("edge", "region"), ("checkers", "edge"))
"""Pairs (importer, imported) of one layer that must not know each other."""

ONLY_IMPORTERS = {
    "boto3": {"aws"},
    "botocore": {"aws"},
    "localstack_client": {"aws"},
    "tenacity": {"aws"},
    "chaoslib": {"chaos", "drills"},
    "moto": {"emulators"},
    "ministack": {"emulators"},
    "hypercorn": {"emulators"},
    "aiohttp": {"edge"},
    "rich": {"report", "cli"},
    "click": {"cli"},
}
"""Third-party package -> the only parts that may import it."""

EXCEPTIONS = {
    ("region", "botocore"),  # the error types that a thin boto3 program catches
    ("edge", "botocore"),  # the service models that name a call
}

LINES_MAX = 320
"""Most modules have 60 to 250 lines; none has more than this."""

FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "misc", "base", "data"}


@dataclass(frozen=True)
class Import:
    module: Path
    part: str
    target: str

    @property
    def inside(self) -> str | None:
        """The part of gameday that is imported, None for third parties."""
        pieces = self.target.split(".")
        return pieces[1] if pieces[0] == "gameday" and len(pieces) > 1 else None


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports() -> list[Import]:
    found = []
    for module in modules():
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module == "gameday":
                targets = [f"gameday.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                targets = [node.module]
            else:
                continue
            found += [Import(module, part_of(module), target) for target in targets]
    return found


def level(part: str) -> int:
    return next(n for n, parts in enumerate(LAYERS) if part in parts)


def test_the_top_level_is_exactly_the_designs():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    top = {line.split("/")[0] for line in listed}

    assert {name for name in top if not name.startswith(".")} == {
        "README.md",
        "experiments",
        "fixtures",
        "gameday",
        "pyproject.toml",
        "tests",
    }


def test_every_part_has_its_layer():
    known = set().union(*LAYERS)

    assert {part_of(module) for module in modules()} - {"__init__", "__main__"} <= known


def test_imports_point_down_only():
    upward = [
        f"{each.module.relative_to(ROOT)} imports {each.target}"
        for each in imports()
        if each.inside and each.inside != "__version__" and each.part != "__init__"
        if level(each.inside) > level(each.part)
    ]

    assert upward == []


@pytest.mark.parametrize(("importer", "imported"), STRANGERS)
def test_the_halves_do_not_know_each_other(importer: str, imported: str):
    crossing = [
        f"{each.module.relative_to(ROOT)} imports {each.target}"
        for each in imports()
        if each.part == importer and each.inside == imported
    ]

    assert crossing == []


@pytest.mark.parametrize("package", ONLY_IMPORTERS)
def test_a_library_has_its_one_home(package: str):
    strays = [
        f"{each.module.relative_to(ROOT)} imports {each.target}"
        for each in imports()
        if each.target.split(".")[0] == package
        if each.part not in ONLY_IMPORTERS[package]
        if (each.part, package) not in EXCEPTIONS
    ]

    assert strays == []


def test_the_model_needs_the_standard_library_only():
    strays = [
        f"{each.module.relative_to(ROOT)} imports {each.target}"
        for each in imports()
        if each.part == "model" and each.inside is None
        if each.target.split(".")[0] not in sys.stdlib_module_names
    ]

    assert strays == []


def test_model_and_simulator_read_no_clock_and_no_global_randomness():
    calls = {"time.time", "time.monotonic", "time.sleep", "random.random"}
    strays = [
        f"{module.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}"
        for module in modules()
        if part_of(module) in {"model", "simulate"}
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in calls
    ]

    assert strays == []


def test_the_simulator_drives_the_model_and_nothing_else():
    strays = [
        f"{each.module.relative_to(ROOT)} imports {each.target}"
        for each in imports()
        if each.part == "simulate"
        if each.inside not in {"simulate", "model", None}
        or (
            each.inside is None
            and each.target.split(".")[0] not in sys.stdlib_module_names
        )
    ]

    assert strays == []


def test_only_the_clock_reads_the_wall_clock():
    calls = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow"}
    strays = [
        f"{module.relative_to(ROOT)}:{node.lineno} {ast.unparse(node.func)}"
        for module in modules()
        if part_of(module) != "clock"
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in calls
    ]

    assert strays == []


def test_only_the_command_line_and_the_reports_print():
    strays = [
        f"{module.relative_to(ROOT)}:{node.lineno}"
        for module in modules()
        if part_of(module) not in {"cli", "report"}
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    ]

    assert strays == []


def test_no_module_is_named_for_nothing():
    assert [m for m in modules() if m.stem in FORBIDDEN_NAMES] == []


def test_no_module_outgrows_a_reader():
    lengths = {
        str(m.relative_to(ROOT)): len(m.read_text(encoding="utf-8").splitlines())
        for m in modules()
    }

    assert {name: n for name, n in lengths.items() if n > LINES_MAX} == {}


def test_every_module_says_which_question_it_answers():
    silent = [
        str(module.relative_to(ROOT))
        for module in modules()
        if not ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    ]

    assert silent == []
