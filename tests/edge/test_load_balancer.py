"""What clients meet at load balancers that are up, refusing, black-holed, resetting."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import socket
import threading
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from dns_lab import DEADLINE_S, Clock, LoopThread
from stage_traces import eventually

from gameday.edge.load_balancer import STATES, LoadBalancers
from gameday.errors import InvalidInput

AGE_MAX_MS = 1_500
CONNECT_TIMEOUT_S = 0.3


@dataclass(frozen=True)
class Settings:
    """One load balancer of the configuration."""

    name: str
    address: str


TWO = (Settings("lb-1", "127.0.10.1"), Settings("lb-2", "127.0.10.2"))


@dataclass
class Lab:
    """Running load balancers whose handler says which one was used."""

    loop: LoopThread
    clock: Clock = field(default_factory=Clock)
    balancers: LoadBalancers = field(default_factory=LoadBalancers)
    handled: list[str] = field(default_factory=list)
    opened: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    async def handle(self, request: web.BaseRequest, *, via: str) -> web.Response:
        """Answer with the load balancer's name."""
        await request.read()
        self.handled.append(via)
        return web.Response(text=via)

    def start(self, load_balancers=TWO, *, port: int = 0) -> None:
        """Start listening."""
        self.loop.run(
            self.balancers.start(
                load_balancers=load_balancers,
                port=port,
                handler=self.handle,
                connection_age_max_ms=AGE_MAX_MS,
                now_ns=self.clock,
            )
        )

    def put(self, name: str, state: str) -> None:
        """Put a load balancer into a state."""
        self.loop.run(self.balancers.set_state(name, state))

    def connect(self, address: str = "127.0.10.1") -> http.client.HTTPConnection:
        """Open a connection."""
        connection = http.client.HTTPConnection(
            address, self.balancers.port, timeout=DEADLINE_S
        )
        self.opened.callback(connection.close)
        connection.connect()
        return connection


@pytest.fixture
def lab():
    with LoopThread() as loop:
        made = Lab(loop)
        with made.opened:
            yield made
        loop.run(made.balancers.stop())


def get(connection: http.client.HTTPConnection) -> str:
    connection.request("POST", "/", body=b"{}")
    return connection.getresponse().read().decode()


def times_out(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=CONNECT_TIMEOUT_S).close()
    except TimeoutError:
        return True
    return False


def test_each_address_answers_on_the_one_port_as_itself(lab):
    lab.start()
    assert lab.balancers.states() == {"lb-1": "up", "lb-2": "up"}
    for each in TWO:
        assert get(lab.connect(each.address)) == each.name


def test_refusing_refuses_new_connections_while_old_ones_live_on(lab):
    lab.start()
    old = lab.connect()
    assert get(old) == "lb-1"
    lab.put("lb-1", "refusing")
    with pytest.raises(ConnectionRefusedError):
        lab.connect()
    assert get(old) == "lb-1"
    assert get(lab.connect("127.0.10.2")) == "lb-2"
    lab.put("lb-1", "up")
    assert get(lab.connect()) == "lb-1"


def test_black_holed_lets_connects_time_out_until_it_is_up_again(lab):
    lab.start()
    lab.put("lb-1", "black-holed")
    port = lab.balancers.port
    assert lab.balancers.states() == {"lb-1": "black-holed", "lb-2": "up"}
    assert times_out("127.0.10.1", port)
    assert times_out("127.0.10.1", port)
    assert get(lab.connect("127.0.10.2")) == "lb-2"
    lab.put("lb-1", "up")
    assert get(lab.connect()) == "lb-1"


def test_black_holed_gives_old_connections_no_reply_and_forwards_nothing(lab):
    lab.start()
    old = lab.connect()
    get(old)
    lab.put("lb-1", "black-holed")
    old.sock.settimeout(CONNECT_TIMEOUT_S)
    with pytest.raises(TimeoutError):
        get(old)
    assert lab.handled == ["lb-1"]
    lab.put("lb-1", "up")
    old.sock.settimeout(DEADLINE_S)
    assert old.sock.recv(1) == b""
    assert lab.handled == ["lb-1"]


def test_resetting_takes_connections_and_resets_them_at_their_request(lab):
    lab.start()
    lab.put("lb-1", "resetting")
    connection = lab.connect()
    with pytest.raises(ConnectionResetError):
        get(connection)
    assert lab.handled == []
    assert get(lab.connect("127.0.10.2")) == "lb-2"
    lab.put("lb-1", "up")
    assert get(lab.connect()) == "lb-1"


def test_resetting_waits_until_the_request_is_whole(lab):
    lab.start()
    lab.put("lb-1", "resetting")
    connection = lab.connect()
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "2")
    connection.endheaders()
    connection.sock.settimeout(CONNECT_TIMEOUT_S)
    with pytest.raises(TimeoutError):
        connection.sock.recv(1)
    connection.send(b"{}")
    connection.sock.settimeout(DEADLINE_S)
    with pytest.raises(ConnectionResetError):
        connection.sock.recv(1)


def test_resetting_resets_idle_connections_at_once(lab):
    lab.start()
    old = lab.connect()
    get(old)
    lab.put("lb-1", "resetting")
    with pytest.raises(ConnectionResetError):
        old.sock.recv(1)


def test_resetting_loses_the_reply_to_a_request_that_was_under_way(lab):
    released = threading.Event()

    async def hold(request: web.BaseRequest, *, via: str) -> web.Response:
        await request.read()
        lab.handled.append(via)
        await asyncio.to_thread(released.wait, DEADLINE_S)
        return web.Response(text=via)

    lab.handle = hold
    lab.start()
    connection = lab.connect()
    connection.request("POST", "/", body=b"{}")
    eventually(lambda: lab.handled == ["lb-1"])
    lab.put("lb-1", "resetting")
    with pytest.raises(ConnectionResetError):
        connection.getresponse()
    released.set()


def test_one_that_is_cut_off_is_black_holed_and_returns_to_the_state_it_was_put(lab):
    lab.start()
    lab.loop.run(lab.balancers.cut_off(["lb-1"], cut=True))
    assert lab.balancers.states() == {"lb-1": "black-holed", "lb-2": "up"}
    lab.put("lb-1", "refusing")
    assert times_out("127.0.10.1", lab.balancers.port)
    lab.loop.run(lab.balancers.cut_off(["lb-1"], cut=False))
    assert lab.balancers.states()["lb-1"] == "refusing"
    with pytest.raises(ConnectionRefusedError):
        lab.connect()


@pytest.mark.parametrize("first", STATES)
@pytest.mark.parametrize("then", STATES)
def test_every_state_follows_every_other(lab, first, then):
    lab.start()
    for state in (first, then):
        lab.put("lb-1", state)
    port = lab.balancers.port
    match then:
        case "up":
            assert get(lab.connect()) == "lb-1"
        case "refusing":
            with pytest.raises(ConnectionRefusedError):
                lab.connect()
        case "resetting":
            with pytest.raises(ConnectionResetError):
                get(lab.connect())
        case _:
            assert times_out("127.0.10.1", port)
    assert lab.balancers.states()["lb-1"] == then


def test_nobody_else_can_take_the_port_of_a_refusing_load_balancer(lab):
    lab.start()
    lab.put("lb-1", "refusing")
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.10.1", lab.balancers.port))


def test_a_connection_of_age_is_closed_by_its_next_reply(lab):
    lab.start()
    connection = lab.connect()
    seen = []
    for age_ms in (0, AGE_MAX_MS - 1, AGE_MAX_MS):
        lab.clock.now = age_ms * 1_000_000
        connection.request("GET", "/")
        reply = connection.getresponse()
        reply.read()
        seen.append(reply.getheader("Connection"))
    assert seen == [None, None, "close"]
    assert connection.sock is None


def test_a_young_connection_made_after_the_close_is_kept(lab):
    lab.start()
    lab.clock.now = 10 * AGE_MAX_MS * 1_000_000
    connection = lab.connect()
    for _ in range(2):
        connection.request("GET", "/")
        reply = connection.getresponse()
        reply.read()
        assert reply.getheader("Connection") is None


def test_a_malformed_request_costs_only_its_own_connection(lab):
    lab.start()
    for junk in (b"\x16\x03\x01\0\0\0\0", b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n"):
        with socket.create_connection(
            ("127.0.10.1", lab.balancers.port), timeout=DEADLINE_S
        ) as client:
            client.sendall(junk)
            client.shutdown(socket.SHUT_WR)
            while client.recv(4096):
                pass
    assert get(lab.connect()) == "lb-1"


def test_a_compressed_body_reaches_the_handler_as_it_was_sent(lab):
    bodies = []

    async def keep(request: web.BaseRequest, *, via: str) -> web.Response:
        bodies.append(await request.read())
        return web.Response(text=via)

    lab.handle = keep
    lab.start()
    connection = lab.connect()
    body = gzip.compress(b"{}")
    connection.request("POST", "/", body=body, headers={"Content-Encoding": "gzip"})
    assert connection.getresponse().status == 200
    assert bodies == [body]


def test_a_handler_that_raises_costs_only_its_own_request(lab, caplog):
    async def broken(_request: web.BaseRequest, *, via: str) -> web.Response:
        raise RuntimeError(via)

    lab.handle = broken
    lab.start()
    connection = lab.connect()
    connection.request("GET", "/")
    assert connection.getresponse().status == 500
    assert "RuntimeError: lb-1" in caplog.text


def test_a_port_in_use_on_any_address_is_named_and_nothing_stays_open(lab):
    with socket.socket() as taken:
        taken.bind(("127.0.10.2", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"127.0.10.2:{port} cannot be used"):
            lab.start(port=port)
    lab.start(port=port)
    assert lab.balancers.port == port


def test_unknown_names_and_states_are_refused_with_the_valid_ones(lab):
    lab.start()
    with pytest.raises(InvalidInput, match="lb-1, lb-2"):
        lab.put("lb-9", "up")
    with pytest.raises(InvalidInput, match="up, refusing, black-holed"):
        lab.put("lb-1", "down")


def test_stopping_ends_requests_that_are_being_held(lab):
    held = asyncio.Event()

    async def hold(_request: web.BaseRequest, *, via: str) -> web.Response:
        held.set()
        await asyncio.Event().wait()
        return web.Response(text=via)

    lab.handle = hold
    lab.start()
    connection = lab.connect()
    connection.request("GET", "/")
    lab.loop.run(asyncio.wait_for(held.wait(), DEADLINE_S))
    lab.loop.run(lab.balancers.stop())
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        connection.getresponse()
