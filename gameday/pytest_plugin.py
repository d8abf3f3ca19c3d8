"""How do experiments and stages become part of a pytest suite?

* Experiment files that match the ini option `gameday_experiments` (default
  `experiments/*.yaml`) are collected, one item each. A failure shows the
  verdict, its reasons and the story; the paths of the journal and the history
  are properties of the item in the JUnit report. A tag that the suite has
  registered as a marker marks the item.
* `gameday_region` is a whole running region, `gameday_edge` an edge in front
  of an emulator for a program of your own.
* `@pytest.mark.gameday(region=..., design=..., safeguards=..., settings=...,
  seed=...)` says what they open; `--gameday-emulator` says on what.
* `gameday.explore(...)` searches interleavings in any test; what it finds is shown
  with a test that fails. `@pytest.mark.gameday_explore(budget_s=60, seed=0)` marks a
  function that returns a `gameday.explore.Problem`: it passes when everything holds
  in every interleaving. `--gameday-replay FILE` runs one saved interleaving only.
* `--gameday-isolate` puts the suite into a network of its own.

Loading the plugin costs a suite that does not use it nothing: this module
imports pytest and the standard library, everything else when it is needed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gameday.drills.runner import RunResult
    from gameday.stage.open_edge import OpenEdge
    from gameday.stage.opening import Stage

_SUFFIXES = (".yaml", ".yml", ".json")
_MARKER = (
    "gameday(region='reference', design='fenced', safeguards={}, settings={}, "
    "seed=1): what the gameday_region and gameday_edge fixtures open"
)
_EXPLORE_MARKER = (
    "gameday_explore(budget_s=60, seed=0): the function returns a "
    "gameday.explore.Problem whose interleavings are searched"
)
_EXPERIMENT_MARKER = (
    "gameday_experiment(region='', design=''): set on every experiment, with what its "
    "file says; select with -m 'gameday_experiment(region=\"orders\")'"
)
_EXPLORE_BUDGET_S = 60.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the command-line and ini options."""
    group = parser.getgroup("gameday", "game days on emulated AWS")
    group.addoption(
        "--gameday-emulator",
        default=None,
        metavar="NAME|URL",
        help="emulator for experiments and fixtures: moto (default), ministack, "
        "localstack, or a loopback URL",
    )
    group.addoption(
        "--gameday-out",
        default=None,
        metavar="DIR",
        help="keep run folders here; default: pytest's temporary folder",
    )
    group.addoption(
        "--gameday-isolate",
        action="store_true",
        help="run the whole suite in a network of its own (Linux): plain clients "
        "resolve the region's names, and nothing outside can be reached",
    )
    group.addoption(
        "--gameday-replay",
        default=None,
        metavar="FILE",
        help="run one saved interleaving in place of the suite: fails while it "
        "breaks, is skipped when the programs no longer fit it",
    )
    parser.addini(
        "gameday_experiments",
        "globs, relative to the root folder, of experiment files that are tests",
        type="args",
        default=[f"experiments/*{suffix}" for suffix in _SUFFIXES],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; isolate the suite before any of it has started."""
    config.addinivalue_line("markers", _MARKER)
    config.addinivalue_line("markers", _EXPLORE_MARKER)
    config.addinivalue_line("markers", _EXPERIMENT_MARKER)
    if config.getoption("--gameday-isolate"):
        if config.getoption("numprocesses", default=None):
            raise pytest.UsageError("--gameday-isolate isolates one process: add -n 0")
        _isolate()


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> ExperimentFile | None:
    """Collect a file that an experiments glob names and that is ours."""
    if file_path.suffix not in _SUFFIXES or not _is_named(file_path, parent.config):
        return None
    if b"gameday" not in file_path.read_bytes():
        return None
    return ExperimentFile.from_parent(parent, path=file_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put one saved interleaving in place of the suite when that is asked for."""
    file = config.getoption("--gameday-replay")
    if file:
        path = config.invocation_params.dir / file
        items[:] = [ReplayItem.from_parent(session, name=str(file), path=path)]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object | None:
    """Search what a marked function returns."""
    marker = pyfuncitem.get_closest_marker("gameday_explore")
    if marker is None:
        return None
    from gameday.report.interleavings import check_problem

    names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 - pytest's own way to call
    problem = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
    given = {"budget_s": _EXPLORE_BUDGET_S, "seed": 0, **marker.kwargs}
    # Only a function without fixtures can be called again by a replay.
    target = "" if names else f"{pyfuncitem.path}:{pyfuncitem.originalname}"
    folder = _run_folder(pyfuncitem)
    text = check_problem(problem, target=target, folder=folder, **given)
    if text:
        pytest.fail(text, pytrace=False)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Attach what explorations of a failing test have found."""
    outcome = yield
    noting = sys.modules.get("gameday.explore.noting")
    report = outcome.get_result()  # type: ignore[attr-defined] # pluggy's Result
    if noting is None or report.when != "call":
        return
    from gameday.report.interleavings import attachment

    for found in noting.take_notes():
        if report.failed:
            report.sections.append(("gameday interleaving", attachment(found)))


class ReplayItem(pytest.Item):
    """One saved interleaving; fails while it breaks what it broke."""

    def runtest(self) -> None:
        """Carry it out."""
        from gameday.report.interleavings import replay_file

        text, fits = replay_file(self.path)
        if not fits:
            pytest.skip(text)
        if text:
            pytest.fail(text, pytrace=False)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any
    ) -> Any:
        """Show what is wrong with the file in place of a traceback."""
        from gameday.errors import InvalidInput

        if isinstance(excinfo.value, InvalidInput):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)


class ExperimentFile(pytest.File):
    """One experiment document."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the one item."""
        yield ExperimentItem.from_parent(self, name=self.path.stem)


class ExperimentItem(pytest.Item):
    """Plays one experiment; passes when its verdict is `passed`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        from gameday.chaos.labels import labels_of

        labels = labels_of(self.path)
        self.add_marker(
            pytest.mark.gameday_experiment(region=labels.region, design=labels.design)
        )
        for tag in labels.tags_among(self.config.getini("markers")):
            self.add_marker(tag)

    def runtest(self) -> None:
        """Play the experiment and judge it."""
        from gameday.drills.runner import Options, play
        from gameday.model.verdict import Verdict

        result = play(
            self.path,
            Options(emulator=_emulator(self.config), out=_run_folder(self)),
        )
        self.user_properties += [
            ("gameday_verdict", result.judgement.verdict.value),
            ("gameday_journal", str(result.folder / "journal.json")),
            ("gameday_history", str(result.folder / "history.ndjson")),
        ]
        if result.judgement.verdict is Verdict.INTERRUPTED:
            # Chaos Toolkit swallows Ctrl-C; the person meant the whole suite.
            raise KeyboardInterrupt
        if result.judgement.verdict is not Verdict.PASSED:
            raise ExperimentNotPassed(result)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **kwargs: Any
    ) -> Any:
        """Show the verdict and the story in place of a traceback."""
        from gameday.errors import InvalidInput

        if isinstance(excinfo.value, ExperimentNotPassed | InvalidInput):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return what the report's headline says."""
        return self.path, 0, f"experiment: {self.name}"


class ExperimentNotPassed(Exception):
    """An experiment ended with another verdict than `passed`."""

    def __init__(self, result: RunResult) -> None:
        self.result = result
        reasons = "\n".join(f"  - {reason}" for reason in result.judgement.reasons)
        story = "\n".join(f"  {line}" for line in result.story_text.splitlines())
        super().__init__(
            f"{result.title}: {result.judgement.verdict.value}\n{reasons}\n\n"
            f"story:\n{story}\n\nrun folder: {result.folder}"
        )


@pytest.fixture
def gameday_region(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A running region, ready: every endpoint resolves. Taken down afterwards."""
    from gameday.chaos.readiness import await_ready
    from gameday.chaos.running import Running

    with _open(request, default_region="reference") as stage:
        await_ready(Running(state=stage.state))
        yield stage


@pytest.fixture
def gameday_edge(request: pytest.FixtureRequest) -> Iterator[OpenEdge]:
    """An edge in front of an empty emulator, for programs of your own."""
    from gameday.stage.open_edge import OpenEdge

    with _open(request, default_region="bare") as stage:
        yield OpenEdge(stage, stage.edge())


def _open(request: pytest.FixtureRequest, *, default_region: str) -> Stage:
    from gameday.region.finding import find_region
    from gameday.stage.opening import open_stage

    marker = request.node.get_closest_marker("gameday")
    asked = dict(marker.kwargs) if marker else {}
    return open_stage(
        find_region(asked.pop("region", default_region), near=request.path.parent),
        design=asked.pop("design", "fenced"),
        safeguards=asked.pop("safeguards", {}),
        settings=asked.pop("settings", {}),
        seed=asked.pop("seed", 1),
        emulator=_emulator(request.config),
        **asked,
    )


def _isolate() -> None:
    from gameday.errors import InvalidInput
    from gameday.stage.isolation import isolate

    try:
        isolate()
    except InvalidInput as error:
        raise pytest.UsageError(str(error)) from error


def _emulator(config: pytest.Config) -> str:
    from gameday.emulators.registry import DEFAULT

    return config.getoption("--gameday-emulator") or DEFAULT


def _run_folder(item: pytest.Item) -> Path:
    chosen = item.config.getoption("--gameday-out")
    if chosen:
        return Path(chosen).resolve() / item.name
    # The tmp_path factory is a fixture for functions; other items reach it here.
    factory: pytest.TempPathFactory = item.config._tmp_path_factory  # type: ignore[attr-defined] # noqa: SLF001
    return factory.mktemp(item.name)


def _is_named(file_path: Path, config: pytest.Config) -> bool:
    try:
        relative = file_path.relative_to(config.rootpath)
    except ValueError:
        return False
    return any(relative.match(glob) for glob in config.getini("gameday_experiments"))
