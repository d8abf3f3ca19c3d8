"""How are questions to the control interface read, and how are they answered?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from gameday.edge.http_exchange import read_body
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Asked", "answer", "refusal"]


class Asked:
    """One request of the control interface."""

    def __init__(
        self, request: web.BaseRequest, query: Mapping[str, str], name: str
    ) -> None:
        self.request = request
        self.query = query
        self.name = name

    async def document(self) -> Any:
        """Return the body's JSON, {} for an empty body."""
        body = await read_body(self.request)
        if not body:
            return {}
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"the body is not JSON: {error}") from error

    def integer(self, name: str, *, default: int, high: int) -> int:
        """Return a number of the query string, at most `high`."""
        text = self.query.get(name, str(default))
        if not (text.isascii() and text.isdigit()):
            raise InvalidInput(f"{name}: should be a whole number, not {text!r}")
        return min(int(text[:18]), high)


def answer(document: Any, *, status: int = 200) -> web.Response:
    """Return a reply with a JSON document."""
    text = json.dumps(document, default=str)
    return web.Response(status=status, text=text, content_type="application/json")


def refusal(errors: list[str], *, status: int = 400) -> web.Response:
    """Return a refusal with every reason."""
    return answer({"errors": errors}, status=status)
