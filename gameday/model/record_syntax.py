r"""Is a record's name or value well formed, and how does Route 53 write the name?

Route 53 keeps names in lower case, absolute, with every character other than
letters, digits, "-" and "_" as a three-digit octal escape, so `*` is listed as
`\052`. Values are kept as they were given and compared as text.

Problems are sentences in AWS's wording; None means well formed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

__all__ = [
    "RECORD_TYPES",
    "is_within",
    "name_problem",
    "normalise_name",
    "value_problem",
]

RECORD_TYPES = frozenset(
    [
        "A",
        "AAAA",
        "CAA",
        "CNAME",
        "DS",
        "HTTPS",
        "MX",
        "NAPTR",
        "NS",
        "PTR",
        "SOA",
        "SPF",
        "SRV",
        "SSHFP",
        "SVCB",
        "TLSA",
        "TXT",
    ]
)
"""The types Route 53 accepts."""

LABEL_LENGTH_MAX = 63
NAME_LENGTH_MAX = 255
CHARACTER_STRING_LENGTH_MAX = 255
VALUE_LENGTH_MAX = 4000
NAMES_CACHED_MAX = 65_536
VALUES_CACHED_MAX = 16_384

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")
_ESCAPE = re.compile(r"\\[0-7]{3}")
_CHARACTER_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DECIMAL = re.compile(r"[0-9]{1,10}")
_UINT16_MAX = 65_535


@lru_cache(maxsize=NAMES_CACHED_MAX)
def normalise_name(name: str) -> str:
    """Return `name` as Route 53 keeps it."""
    name = name.lower()
    if not name.endswith("."):
        name += "."
    if _PLAIN.issuperset(name):
        return name
    written = []
    position = 0
    while position < len(name):
        escape = _ESCAPE.match(name, position)
        if escape:
            written.append(escape.group())
            position = escape.end()
            continue
        character = name[position]
        # What is not ASCII stays as it is, for name_problem to refuse.
        plain = character in _PLAIN or not character.isascii()
        written.append(character if plain else f"\\{ord(character):03o}")
        position += 1
    return "".join(written)


def is_within(name: str, zone_name: str) -> bool:
    """Whether `name` is the zone's apex or lies below it."""
    return name == zone_name or name.endswith("." + zone_name)


@lru_cache(maxsize=NAMES_CACHED_MAX)
def name_problem(name: str) -> str | None:
    """Return what is wrong with a normalised name, or None."""
    bare = _ESCAPE.sub("?", name)
    if bare == ".":
        return _fatal("DomainNameEmpty", "Domain name is empty", "")
    if not bare.isascii():
        return _fatal(
            "UnsupportedCharacter", "Value contains unsupported characters", name
        )
    if len(bare) > NAME_LENGTH_MAX:
        return _fatal("DomainNameTooLong", "Domain name is too long", name)
    labels = bare[:-1].split(".")
    if not all(labels):
        return _fatal("DomainLabelEmpty", "Domain label is empty", name)
    if any(len(label) > LABEL_LENGTH_MAX for label in labels):
        return _fatal("DomainLabelTooLong", "Domain label is too long", name)
    return None


def value_problem(record_type: str, value: str) -> str | None:
    """Return what is wrong with one value of a `record_type` set, or None.

    Types without a check of their own need only be non-empty.
    """
    if not value.strip():
        problem: str | None = _fatal("EmptyValue", "Value is empty", value)
    elif len(value) > VALUE_LENGTH_MAX:
        problem = _fatal("ValueTooLong", "Value is too long", value)
    else:
        problem = _content_problem(record_type, value)
    return f"Invalid Resource Record: '{problem}'" if problem else None


@lru_cache(maxsize=VALUES_CACHED_MAX)
def _content_problem(record_type: str, value: str) -> str | None:
    """Judge a value of a bearable length; the same addresses come over and over."""
    check = _CHECKS.get(record_type)
    return check(value) if check else None


def _fatal(kind: str, meaning: str, value: str) -> str:
    return f"FATAL problem: {kind} ({meaning}) encountered with '{value}'"


def _address_problem(value: str) -> str | None:
    if len(value.split()) != 1:
        return _fatal("ARRDATANotSingleField", "Value contains spaces", value)
    try:
        IPv4Address(value)
    except AddressValueError:
        return _fatal(
            "ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", value
        )
    return None


def _address6_problem(value: str) -> str | None:
    try:
        valid = IPv6Address(value).scope_id is None
    except AddressValueError:
        valid = False
    if valid:
        return None
    return _fatal(
        "AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address", value
    )


def _host_problem(value: str) -> str | None:
    if len(value.split()) != 1:
        return _fatal("RRDATANotSingleField", "Value contains spaces", value)
    return name_problem(normalise_name(value))


def _text_problem(value: str) -> str | None:
    """Accept one or more quoted strings with blanks between them."""
    rest = value.strip()
    while rest:
        quoted = _CHARACTER_STRING.match(rest)
        if quoted is None or rest[quoted.end() : quoted.end() + 1] not in ("", " "):
            return _fatal(
                "InvalidCharacterString",
                "Value should be enclosed in quotation marks",
                value,
            )
        text = _ESCAPE.sub("?", quoted.group(1))
        if len(re.sub(r"\\(.)", r"\1", text)) > CHARACTER_STRING_LENGTH_MAX:
            return _fatal("CharacterStringTooLong", "Value is too long", value)
        rest = rest[quoted.end() :].lstrip()
    return None


def _numbers_then_host(value: str, *, numbers: int, kind: str) -> str | None:
    fields = value.split()
    if len(fields) != numbers + 1 or not all(
        _DECIMAL.fullmatch(field) and int(field) <= _UINT16_MAX
        for field in fields[:numbers]
    ):
        meaning = "Value does not have the fields of its type"
        return _fatal(f"{kind}RRDATAIllegalFormat", meaning, value)
    return None if fields[-1] == "." else name_problem(normalise_name(fields[-1]))


def _mail_problem(value: str) -> str | None:
    return _numbers_then_host(value, numbers=1, kind="MX")


def _service_problem(value: str) -> str | None:
    return _numbers_then_host(value, numbers=3, kind="SRV")


def _authority_problem(value: str) -> str | None:
    fields = value.split()
    if len(fields) == 7 and all(map(_DECIMAL.fullmatch, fields[2:])):
        return None
    meaning = "Value does not have seven fields"
    return _fatal("SOARRDATAIllegalFormat", meaning, value)


_CHECKS = {
    "A": _address_problem,
    "AAAA": _address6_problem,
    "CNAME": _host_problem,
    "MX": _mail_problem,
    "NS": _host_problem,
    "PTR": _host_problem,
    "SOA": _authority_problem,
    "SPF": _text_problem,
    "SRV": _service_problem,
    "TXT": _text_problem,
}
