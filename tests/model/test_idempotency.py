from __future__ import annotations

from gameday.model import idempotency
from gameday.model.idempotency import WINDOW_MS, Seen, TokenWindow


def test_a_request_is_new_until_it_took_effect():
    window = TokenWindow()

    assert window.look_up("t", b"x", now_ms=0) is Seen.NEW
    assert window.look_up("t", b"x", now_ms=1) is Seen.NEW


def test_a_replay_gets_the_first_reply():
    window = TokenWindow()
    window.remember("t", b"x", b"reply", now_ms=0)

    assert window.look_up("t", b"x", now_ms=WINDOW_MS - 1) is Seen.REPLAY
    assert window.reply_to("t") == b"reply"


def test_a_token_stands_for_one_request():
    window = TokenWindow()
    window.remember("t", b"x", b"reply", now_ms=0)

    assert window.look_up("t", b"y", now_ms=1) is Seen.MISMATCH
    assert window.look_up("u", b"y", now_ms=1) is Seen.NEW


def test_a_token_is_forgotten_after_ten_minutes():
    window = TokenWindow()
    window.remember("t", b"x", b"reply", now_ms=0)
    window.remember("u", b"x", b"reply", now_ms=1)

    assert window.look_up("t", b"y", now_ms=WINDOW_MS) is Seen.NEW
    assert window.look_up("u", b"x", now_ms=WINDOW_MS) is Seen.REPLAY


def test_the_window_is_bounded(monkeypatch):
    monkeypatch.setattr(idempotency, "TOKENS_MAX", 2)
    window = TokenWindow()
    for number in range(3):
        window.remember(f"t{number}", b"x", b"reply", now_ms=number)

    assert window.look_up("t0", b"x", now_ms=3) is Seen.NEW
    assert window.look_up("t2", b"x", now_ms=3) is Seen.REPLAY
    window.clear()
    assert window.look_up("t2", b"x", now_ms=3) is Seen.NEW
