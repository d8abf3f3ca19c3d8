"""Will this experiment be able to do what it says?

Chaos Toolkit accepts unknown keys, ignores a control that it cannot import and
learns that an activity is misspelt when it is already half-way through. Here an
experiment is read against the functions it calls and the region it plays on,
and every mistake is reported with its line and the nearest valid name before
anything starts.

A value that holds "${" is filled in by Chaos Toolkit later and is left alone.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gameday.chaos.argument_checks import Vocabulary, argument_problems
from gameday.errors import InvalidInput, Reason
from gameday.near_names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gameday.documents import Document
    from gameday.region.topology import Region

__all__ = ["ensure_experiment"]

_Path = tuple[str | int, ...]

_TOP_KEYS = (
    "configuration",
    "contributions",
    "controls",
    "description",
    "dry",
    "extensions",
    "method",
    "rollbacks",
    "runtime",
    "secrets",
    "steady-state-hypothesis",
    "tags",
    "title",
    "version",
)
_ACTIVITY_KEYS = (
    "background",
    "controls",
    "dry",
    "name",
    "pauses",
    "provider",
    "ref",
    "tolerance",
    "type",
)
_PROVIDER_KEYS = ("arguments", "func", "module", "secrets", "type")
_MODULES = tuple(
    f"gameday.chaos.{name}" for name in ("actions", "control", "probes", "tolerances")
)
_NEARNESS = 0.75
"""How alike a stray key must be to a known one to be called a misspelling;
other keys belong to other tools and are none of our business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Activity:
    """An activity and where it stands."""

    path: _Path
    value: Mapping[str, Any]


def ensure_experiment(document: Document, region: Region) -> None:
    """Raise InvalidInput with every mistake in the experiment, in line order."""
    value = document.value
    if not isinstance(value, Mapping):
        raise InvalidInput(document.reason((), "an experiment is a mapping of keys"))
    problems = [*_misspelt(value, (), _TOP_KEYS)]
    activities = list(_activities(value))
    vocabulary = Vocabulary.of(region, [each.value for each in activities])
    for activity in activities:
        problems += _activity_problems(activity, vocabulary)
    problems += _control_problems(value)
    problems += _runtime_problems(value)
    reasons = [document.reason(path, message) for path, message in problems]
    reasons = reasons or list(_toolkit_reasons(document))
    if reasons:
        unique = dict.fromkeys(reasons)
        raise InvalidInput(*sorted(unique, key=lambda reason: reason.line or 0))


def _activities(value: Mapping[str, Any]) -> Iterator[_Activity]:
    """Yield every activity, tolerance probes included."""
    hypothesis = value.get("steady-state-hypothesis")
    groups: list[tuple[_Path, Any]] = [
        (("method",), value.get("method")),
        (("rollbacks",), value.get("rollbacks")),
    ]
    if isinstance(hypothesis, Mapping):
        probes = hypothesis.get("probes")
        groups.insert(0, (("steady-state-hypothesis", "probes"), probes))
    for path, group in groups:
        for place, activity in enumerate(group if isinstance(group, list) else []):
            if not isinstance(activity, Mapping):
                continue
            yield _Activity(path=(*path, place), value=activity)
            tolerance = activity.get("tolerance")
            if isinstance(tolerance, Mapping) and tolerance.get("type") == "probe":
                yield _Activity(path=(*path, place, "tolerance"), value=tolerance)


def _activity_problems(
    activity: _Activity, vocabulary: Vocabulary
) -> Iterator[tuple[_Path, str]]:
    path, value = activity.path, activity.value
    yield from _misspelt(value, path, _ACTIVITY_KEYS)
    provider = value.get("provider")
    if not isinstance(provider, Mapping) or provider.get("type") != "python":
        return
    yield from _misspelt(provider, (*path, "provider"), _PROVIDER_KEYS)
    is_tolerance = path[-1] == "tolerance"
    if is_tolerance and not isinstance(provider.get("arguments"), Mapping):
        # Chaos Toolkit writes the value into this mapping, without asking.
        yield (*path, "provider"), "a tolerance probe needs `arguments: {}` at least"
        return
    function, problem = _function(provider)
    if function is None:
        key = "func" if "function" in problem else "module"
        yield (*path, "provider", key), problem
        return
    arguments = provider.get("arguments") or {}
    if not isinstance(arguments, Mapping):
        yield (*path, "provider", "arguments"), "arguments are a mapping"
        return
    for name, message in argument_problems(
        function, arguments, vocabulary, filled_in="value" if is_tolerance else ""
    ):
        steps = (name,) if name in arguments else ()
        yield (*path, "provider", "arguments", *steps), message


def _function(provider: Mapping[str, Any]) -> tuple[Callable[..., Any] | None, str]:
    module_name = str(provider.get("module", ""))
    name = str(provider.get("func", ""))
    module, problem = _module(module_name)
    if module is None:
        return None, problem
    function = getattr(module, name, None)
    if not callable(function):
        known = getattr(module, "__all__", None) or [
            each for each, _ in inspect.getmembers(module, inspect.isfunction)
        ]
        return None, unknown_name(f"function of {module_name}", name, known)
    return function, ""


def _module(name: str) -> tuple[Any, str]:
    try:
        return importlib.import_module(name), ""
    except ImportError as error:
        missing = getattr(error, "name", None) or name
        if missing != name and not name.startswith(f"{missing}."):
            return None, f"module {name!r} cannot be imported: {error}"
    except ValueError:
        pass
    if difflib.get_close_matches(name, _MODULES, n=1, cutoff=_NEARNESS):
        return None, unknown_name("module", name, _MODULES)
    return None, f"there is no module {name!r}; is its package installed?"


def _control_problems(value: Mapping[str, Any]) -> Iterator[tuple[_Path, str]]:
    controls = value.get("controls")
    for place, control in enumerate(controls if isinstance(controls, list) else []):
        provider = control.get("provider") if isinstance(control, Mapping) else None
        if isinstance(provider, Mapping) and provider.get("type") == "python":
            module, problem = _module(str(provider.get("module", "")))
            if module is None:
                yield ("controls", place, "provider", "module"), problem


def _runtime_problems(value: Mapping[str, Any]) -> Iterator[tuple[_Path, str]]:
    from gameday.chaos.toolkit_run import schedule_of

    try:
        schedule_of(value)
    except InvalidInput as error:
        yield ("runtime", "hypothesis"), str(error)
    except (AttributeError, TypeError, ValueError) as error:
        yield ("runtime",), f"cannot be read: {error}"


def _misspelt(
    value: Mapping[str, Any], path: _Path, known: tuple[str, ...]
) -> Iterator[tuple[_Path, str]]:
    for key in value:
        if key in known or key.startswith("x-"):
            continue
        if difflib.get_close_matches(key, known, n=1, cutoff=_NEARNESS):
            yield (*path, key), unknown_name("key", key, known)


def _toolkit_reasons(document: Document) -> Iterator[Reason]:
    """Yield what Chaos Toolkit itself objects to, at the activity that it names."""
    from chaoslib.exceptions import ChaosException
    from chaoslib.experiment import ensure_experiment_is_valid

    try:
        ensure_experiment_is_valid(deepcopy(document.value))
    except ChaosException as error:
        message = str(error)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"Chaos Toolkit cannot read it: {type(error).__name__}: {error}"
    else:
        return
    for activity in _activities(document.value):
        if f"'{activity.value.get('name')}'" in message:
            yield document.reason(activity.path, message)
            return
    yield document.reason((), message)
