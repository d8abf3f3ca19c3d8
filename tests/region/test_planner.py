from __future__ import annotations

import socket

from gameday.region.planner import Watch, accepts


def test_a_plan_is_due_at_the_start_and_when_health_changes():
    watch = Watch(period_ms=0)
    assert watch.is_due(["lb-1"], now_ms=0)

    watch.note(["lb-1"], now_ms=0)
    assert not watch.is_due(["lb-1"], now_ms=10**9)
    assert watch.is_due([], now_ms=1)


def test_a_plan_is_due_at_every_period():
    watch = Watch(period_ms=600)
    watch.note(["lb-1"], now_ms=0)

    assert not watch.is_due(["lb-1"], now_ms=599)
    assert watch.is_due(["lb-1"], now_ms=600)


def test_a_load_balancer_is_healthy_when_it_accepts():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert accepts("127.0.0.1", port)

    assert not accepts("127.0.0.1", port)
