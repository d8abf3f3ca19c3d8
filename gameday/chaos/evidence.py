"""Which types may an activity's signature show?

`chaos discover` prints types that people and other tools read. It knows
`typing.Dict` as "mapping" and `typing.List` as "list"; the modern spellings
come out as "object".
"""

from typing import Any, Dict, List  # noqa: UP035 - discovery knows these spellings

__all__ = ["JsonList", "JsonObject"]

JsonObject = Dict[str, Any]  # noqa: UP006
"""What an action did, as values that JSON can carry."""

JsonList = List[Any]  # noqa: UP006
"""A list of values that JSON can carry."""
