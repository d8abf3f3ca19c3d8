"""The history: its order, its file, its readers; and the zone log."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

import gameday.edge.recorder as recorder_module
from gameday.edge.recorder import Recorder
from gameday.edge.zones import ZoneLog, ZoneVersion
from gameday.model.history import History, parse_op
from gameday.model.zone import Zone, new_zone


def marks(recorder: Recorder, names: str) -> None:
    for name in names:
        recorder.mark(name, {"line": "a\u2028b\n"})


def test_indexes_count_from_nothing_and_time_never_goes_back(tmp_path: Path):
    async def scenario() -> None:
        recorder = Recorder(tmp_path / "history.ndjson")
        marks(recorder, "abc")
        ops = [parse_op(line) for line in recorder.lines_from(0)]
        assert [op.index for op in ops] == [0, 1, 2]
        assert 0 <= ops[0].start_ns <= ops[1].start_ns <= ops[2].start_ns
        recorder.close()

    asyncio.run(scenario())
    history = History.parse((tmp_path / "history.ndjson").read_text().split("\n"))
    assert [op.operation for op in history] == ["a", "b", "c"]


def test_ops_beyond_memory_are_read_back_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recorder_module, "OPS_KEPT_MAX", 3)

    async def scenario() -> None:
        recorder = Recorder(tmp_path / "history.ndjson")
        marks(recorder, "abcdefg")
        found = []
        while lines := recorder.lines_from(len(found)):
            found += lines
        assert [parse_op(line).operation for line in found] == list("abcdefg")
        assert recorder.lines_from(7) == []
        recorder.close()

    asyncio.run(scenario())


def test_the_file_is_flushed_without_being_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recorder_module, "FLUSH_INTERVAL_S", 0.0)

    async def scenario() -> None:
        file = tmp_path / "history.ndjson"
        recorder = Recorder(file)
        marks(recorder, "a")
        async with asyncio.timeout(5):
            while not file.read_bytes():  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0)
        recorder.close()

    asyncio.run(scenario())


def test_every_waiting_reader_is_woken():
    async def scenario() -> None:
        recorder = Recorder()
        readers = [asyncio.create_task(recorder.wait_beyond(at)) for at in (0, 0, 1)]
        await asyncio.sleep(0)
        marks(recorder, "ab")
        async with asyncio.timeout(5):
            await asyncio.gather(*readers)

    asyncio.run(scenario())


ZONE = new_zone("Z1", "shop.test")


def test_versions_count_without_gaps_and_subscribers_see_them_in_order():
    log = ZoneLog(seed=1)
    seen: list[ZoneVersion] = []
    first = log.create(ZONE)
    log.subscribe(seen.append)
    second = log.commit(ZONE)
    last = log.remove("Z1")
    assert [version.version for version in seen] == [1, 2, 3]
    assert [version.change_id for version in seen] == [first, second, last]
    assert [version.removed for version in seen] == [False, False, True]
    assert len({first, second, last}) == 3


def test_the_view_of_all_zones_never_falls_behind_the_log():
    log = ZoneLog()
    view = log.by_id
    log.create(ZONE)
    seen: list[Zone | None] = []
    log.subscribe(lambda version: seen.append(view.get(version.zone_id)))
    assert seen == [ZONE]
    following = replace(ZONE, record_sets={})
    log.commit(following)
    assert seen[-1] is view["Z1"] is log.get("Z1") is following
    log.remove("Z1")
    assert seen[-1] is None
    assert not view


def test_a_zone_is_found_by_id_and_by_either_form_of_its_name():
    log = ZoneLog()
    log.create(ZONE)
    assert log.get("Z1") is log.by_name("shop.test") is log.by_name("SHOP.test.")
    log.remove("Z1")
    assert log.get("Z1") is None
    assert log.by_name("shop.test") is None
    assert log.zones() == ()
    log.create(ZONE)
    assert log.versions("Z1")[0].version == 1
