"""Which REST operation do a method, a path and a query string name?

Services such as Route 53, S3 and Lambda have no operation header: the model
gives each operation a method and a URI template, and in S3 also the query keys
and headers that only that operation requires. All conditions of a route must
hold, and the route with the most conditions wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Route", "RouteMatch", "compile_routes", "match_route"]

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What a request must look like to call one operation."""

    operation: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    query_keys: tuple[str, ...]
    headers: tuple[str, ...]
    weight: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMatch:
    """An operation, and the labels of its URI by their wire names."""

    operation: str
    labels: Mapping[str, str]


def compile_routes(
    operations: Mapping[str, Mapping[str, Any]], shapes: Mapping[str, Any]
) -> dict[str, tuple[Route, ...]]:
    """Return the routes of a service by HTTP method, the most exact first."""
    by_method: dict[str, list[Route]] = {}
    for name, operation in operations.items():
        http = operation.get("http", {})
        shape = shapes.get(operation.get("input", {}).get("shape", ""), {})
        by_method.setdefault(http.get("method", "POST"), []).append(
            _compile(name, http.get("requestUri", "/"), shape)
        )
    return {
        method: tuple(sorted(routes, key=lambda route: route.weight, reverse=True))
        for method, routes in by_method.items()
    }


def match_route(
    routes: Iterable[Route],
    *,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
) -> RouteMatch | None:
    """Return the first route whose conditions all hold.

    Args:
        routes: the most exact first.
        path: percent-encoded, without the query string.
        query: decoded; a key without a value has "".
        headers: a mapping that ignores case.
    """
    for route in routes:
        found = route.path.fullmatch(path)
        if (
            found
            and all(query.get(key) == value for key, value in route.query)
            and all(key in query for key in route.query_keys)
            and all(name in headers for name in route.headers)
        ):
            labels = dict(zip(route.labels, map(unquote, found.groups()), strict=True))
            return RouteMatch(operation=route.operation, labels=labels)
    return None


def _compile(operation: str, template: str, shape: Mapping[str, Any]) -> Route:
    path, _, literal_query = template.partition("?")
    path = path.rstrip("/")
    pattern, labels, at = "", [], 0
    for label in _LABEL.finditer(path):
        pattern += re.escape(path[at : label.start()])
        pattern += "(.+)" if label.group(2) else "([^/]+)"
        labels.append(label.group(1))
        at = label.end()
    pattern += re.escape(path[at:]) + "/?"
    query = tuple(parse_qsl(literal_query, keep_blank_values=True))
    query_keys = _required(shape, "querystring")
    headers = _required(shape, "header")
    segments = path.split("/")
    literal = sum("{" not in segment for segment in segments)
    return Route(
        operation=operation,
        path=re.compile(pattern),
        labels=tuple(labels),
        query=query,
        query_keys=query_keys,
        headers=headers,
        weight=(
            literal * 100 + len(segments),
            len(query) * 10 + len(query_keys) + len(headers),
        ),
    )


def _required(shape: Mapping[str, Any], location: str) -> tuple[str, ...]:
    members = shape.get("members", {})
    return tuple(
        members[name].get("locationName", name)
        for name in shape.get("required", ())
        if members[name].get("location") == location
    )
