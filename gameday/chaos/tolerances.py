"""When is a probe's answer good enough?

Chaos Toolkit takes a bool, an integer, a string or a range as tolerance, and
no plain float. These are tolerance probes: Chaos Toolkit calls them with the
probe's answer as `value`. Write the other arguments in the experiment, and
`arguments: {}` where there is none, because Chaos Toolkit adds to that mapping:

    tolerance:
      type: probe
      name: most leases are kept
      provider:
        type: python
        module: gameday.chaos.tolerances
        func: at_least
        arguments: {minimum: 0.95}

A value that cannot be compared is out of tolerance, never an error.
"""

from typing import Any

__all__ = ["at_least", "at_most", "equal_to", "non_empty", "one_of", "within"]


def at_least(minimum: float, value: Any = None) -> bool:
    """Accept a number that is not below a bound.

    Args:
        minimum: the bound.
        value: the probe's answer; Chaos Toolkit fills it in.

    Returns:
        true when `value` is a number and at least `minimum`.
    """
    return _is_number(value) and bool(value >= minimum)


def at_most(maximum: float, value: Any = None) -> bool:
    """Accept a number that is not above a bound.

    Args:
        maximum: the bound.
        value: the probe's answer; Chaos Toolkit fills it in.

    Returns:
        true when `value` is a number and at most `maximum`.
    """
    return _is_number(value) and bool(value <= maximum)


def within(minimum: float, maximum: float, value: Any = None) -> bool:
    """Accept a number between two bounds, both included.

    Args:
        minimum: the lower bound.
        maximum: the upper bound.
        value: the probe's answer; Chaos Toolkit fills it in.

    Returns:
        true when `value` is a number and within the bounds.
    """
    return _is_number(value) and bool(minimum <= value <= maximum)


def non_empty(value: Any = None) -> bool:
    """Accept a list, mapping or text that has something in it.

    Args:
        value: the probe's answer; Chaos Toolkit fills it in.

    Returns:
        true when `value` is not empty.
    """
    return isinstance(value, list | dict | str) and bool(value)


def equal_to(expected: Any, value: Any = None) -> bool:
    """Accept exactly one value, also a float, a list or a mapping.

    Args:
        expected: the value.
        value: the probe's answer; Chaos Toolkit fills it in.

    Returns:
        true when they are equal; a bool equals no number.
    """
    if isinstance(expected, bool) is not isinstance(value, bool):
        return False
    return bool(value == expected)


def one_of(values: list[Any], value: Any = None) -> bool:
    """Accept any of some values.

    Args:
        values: the values.
        value: the probe's answer; Chaos Toolkit fills it in.

    Returns:
        true when `value` is among them.
    """
    return any(equal_to(each, value) for each in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
