"""Chaos-engineering game days for AWS control planes on emulated AWS.

The package has two halves. `region` holds the programs under test: a DNS
planner, three enactors, a lease manager, canaries; they are ordinary boto3 and
know nothing of the rest. Everything else is the harness: `edge` stands between
every caller and the emulator, `chaos` speaks Chaos Toolkit, `checkers` judge
the recorded history.
"""

__version__ = "0.1.0"


def discover(discover_system: bool = True) -> dict[str, object]:  # noqa: FBT001, FBT002
    """Return the Chaos Toolkit activities, for `chaos discover gameday`.

    Chaos Toolkit looks for this function in the distribution's top package and
    calls it with this one argument.
    """
    from gameday.chaos import discover as discover_activities

    return discover_activities(discover_system)


def __getattr__(name: str) -> object:
    """Import `gameday.explore`, which can be called, when it is asked for."""
    if name == "explore":
        import importlib

        return importlib.import_module("gameday.explore")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
