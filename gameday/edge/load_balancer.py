"""What does a client meet when it connects to a load balancer's address?

One listener an address, all on one port, so that a name can answer with any of
them. Each load balancer is in one of four states:

* up: connections are taken and requests go to the handler;
* refusing: nobody listens; connections that were there before live on, which is
  how a fleet keeps working on pooled connections after its DNS name is gone;
* black-holed: connects time out, and requests on connections that were there
  before get no reply and are not forwarded: nothing gets through at all;
* resetting: connections are taken and reset when a request arrives, which is not
  forwarded; connections that were there before are reset at once, so the reply to
  a request that was under way is lost, and the request may have taken effect.

A load balancer that is cut off is black-holed whatever state it was put into, and
is in that state again when it is joined.

A load balancer closes connections of a certain age by letting the next reply
carry `Connection: close`, so that clients resolve the name again.

The port stays bound in every state, so nobody else can take it; `listening` has
the sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Literal, Protocol

from aiohttp import web

from gameday.edge.http_exchange import BodyTooLarge, read_body
from gameday.edge.listening import bind, bind_all, black_hole, reset_connection
from gameday.errors import InvalidInput

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Iterable

    from aiohttp.web_protocol import RequestHandler

    State = Literal["up", "refusing", "black-holed", "resetting"]

__all__ = ["STATES", "LoadBalancerSettings", "LoadBalancers"]

STATES: tuple[State, ...] = ("up", "refusing", "black-holed", "resetting")
"""The states that `set_state` takes."""

STOP_TIMEOUT_S = 0.25
BACKLOG = 512
LINE_BYTES_MAX = 65_536
HEADER_BYTES_MAX = 32_768


class LoadBalancerSettings(Protocol):
    """One load balancer of the edge's configuration."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def address(self) -> str: ...  # noqa: D102


class Handler(Protocol):
    """Answers one request; `via` is the name of the load balancer it came by."""

    def __call__(
        self, request: web.BaseRequest, *, via: str
    ) -> Awaitable[web.StreamResponse]: ...


class LoadBalancers:
    """Every load balancer of the region."""

    def __init__(self) -> None:
        self._by_name: dict[str, _LoadBalancer] = {}
        self._port = 0

    async def start(
        self,
        *,
        load_balancers: Iterable[LoadBalancerSettings],
        port: int,
        handler: Handler,
        connection_age_max_ms: int,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Listen on every address.

        Args:
            load_balancers: names and IP addresses.
            port: the one port for all; 0 takes one that is free on all of them.
            handler: answers the requests.
            connection_age_max_ms: from this age on, a connection's next reply
                closes it; 0 for never.
            now_ns: a monotonic clock for the ages, nanoseconds.

        Raises:
            InvalidInput: an address and port cannot be used; none is left open.
        """
        settings = tuple(load_balancers)
        bound = bind_all([each.address for each in settings], port)
        for each, holder in zip(settings, bound, strict=True):
            self._port = holder.getsockname()[1]
            balancer = _LoadBalancer(
                name=each.name,
                holder=holder,
                handler=handler,
                connection_age_max_ns=connection_age_max_ms * 1_000_000,
                now_ns=now_ns,
            )
            self._by_name[each.name] = balancer
        try:
            for balancer in self._by_name.values():
                await balancer.set_state("up")
        except OSError as error:
            await self.stop()
            raise InvalidInput(
                f"load balancer port {self._port} cannot be used: {error.strerror}"
            ) from error

    async def set_state(self, name: str, state: State) -> None:
        """Put one load balancer into a state.

        Raises:
            InvalidInput: there is no such load balancer or state.
        """
        balancer = self._by_name.get(name)
        if balancer is None:
            raise InvalidInput(
                f"no load balancer {name!r}; there are {', '.join(self._by_name)}"
            )
        if state not in STATES:
            raise InvalidInput(f"no state {state!r}; there are {', '.join(STATES)}")
        await balancer.set_state(state)

    async def cut_off(self, names: Iterable[str], *, cut: bool) -> None:
        """Cut these load balancers off from everybody, or join them again."""
        for name in names:
            await self._by_name[name].cut_off(cut=cut)

    def states(self) -> dict[str, State]:
        """Return the state that clients meet at each load balancer, by name."""
        return {name: balancer.state for name, balancer in self._by_name.items()}

    @property
    def port(self) -> int:
        """The port that all of them listen on, 0 when there are none."""
        return self._port

    async def stop(self) -> None:
        """Close every listener and connection."""
        await asyncio.gather(*(each.stop() for each in self._by_name.values()))


class _LoadBalancer:
    """One address: a listener, a black hole, or neither."""

    def __init__(
        self,
        *,
        name: str,
        holder: socket.socket,
        handler: Handler,
        connection_age_max_ns: int,
        now_ns: Callable[[], int],
    ) -> None:
        self.state: State = "refusing"
        self._chosen: State = "refusing"
        self._is_cut_off = False
        self._name = name
        self._holder = holder
        self._address: tuple[str, int] = holder.getsockname()[:2]
        self._handler = handler
        self._connection_age_max_ns = connection_age_max_ns
        self._now_ns = now_ns
        self._http = _HttpServer(self._serve, now_ns)
        self._listener: asyncio.Server | None = None
        self._hole: list[socket.socket] = []
        self._hole_left = asyncio.Event()
        self._changing = asyncio.Lock()

    async def set_state(self, state: State) -> None:
        async with self._changing:
            self._chosen = state
            await self._take_effect()

    async def cut_off(self, *, cut: bool) -> None:
        async with self._changing:
            self._is_cut_off = cut
            await self._take_effect()

    async def _take_effect(self) -> None:
        state: State = "black-holed" if self._is_cut_off else self._chosen
        if state == self.state:
            return
        self._close()
        self.state = "refusing"
        if state == "resetting":
            self._http.reset_connections()
        if state in ("up", "resetting"):
            self._listener = await asyncio.get_running_loop().create_server(
                self._http, sock=bind(*self._address), backlog=BACKLOG
            )
        elif state == "black-holed":
            self._hole_left = asyncio.Event()
            self._hole = await black_hole(self._address)
        self.state = state

    async def stop(self) -> None:
        async with self._changing:
            self.state = "refusing"
            self._close()
            await self._http.shutdown(STOP_TIMEOUT_S)
            self._holder.close()

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for each in self._hole:
            each.close()
        self._hole = []
        self._hole_left.set()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.state == "black-holed":
            return await self._swallow(request)
        if self.state == "resetting":
            return await self._reset(request)
        response = await self._handler(request, via=self._name)
        age_ns = self._http.age_ns(request.protocol)
        if 0 < self._connection_age_max_ns <= age_ns:
            response.force_close()
        return response

    async def _swallow(self, request: web.BaseRequest) -> web.StreamResponse:
        """Give no reply while the hole lasts, then end the connection."""
        await self._hole_left.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    async def _reset(self, request: web.BaseRequest) -> web.StreamResponse:
        """Break the connection once the request is whole.

        Earlier, a client that still sends would see a broken pipe instead.
        """
        with contextlib.suppress(BodyTooLarge, web.RequestPayloadError, OSError):
            await read_body(request)
        reset_connection(request.transport)
        return web.Response(status=503)


class _HttpServer(web.Server):
    """An aiohttp server that knows its connections and how old each of them is."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        now_ns: Callable[[], int],
    ) -> None:
        # As at the gateway: bodies go through untouched, headers have limits.
        super().__init__(
            handler,
            access_log=None,
            auto_decompress=False,
            max_line_size=LINE_BYTES_MAX,
            max_field_size=HEADER_BYTES_MAX,
        )
        self._now_ns = now_ns
        self._opened_ns: dict[RequestHandler, int] = {}

    def connection_made(
        self, handler: RequestHandler, transport: asyncio.Transport
    ) -> None:
        self._opened_ns[handler] = self._now_ns()
        super().connection_made(handler, transport)

    def connection_lost(
        self, handler: RequestHandler, exc: BaseException | None = None
    ) -> None:
        self._opened_ns.pop(handler, None)
        super().connection_lost(handler, exc)

    def reset_connections(self) -> None:
        for handler in tuple(self._opened_ns):
            reset_connection(handler.transport)

    def age_ns(self, handler: RequestHandler) -> int:
        opened_ns = self._opened_ns.get(handler)
        return 0 if opened_ns is None else self._now_ns() - opened_ns
