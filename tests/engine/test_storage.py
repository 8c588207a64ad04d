"""What is kept in the cache."""

import os

from dlgui.engine.storage import kept


def test_a_folder_keeps_what_is_newest(monkeypatch, tmp_path):
    monkeypatch.setenv("DLGUI_CACHE", str(tmp_path))
    for i in range(4):
        assert kept(f"things/{i}.bin", lambda i=i: bytes([i]), 2) == bytes([i])
        os.utime(tmp_path / "things" / f"{i}.bin", (i, i))
    assert sorted(p.name for p in (tmp_path / "things").iterdir()) == ["2.bin", "3.bin"]
    assert kept("things/3.bin", lambda: b"made again", 2) == bytes([3])
    assert kept("things/0.bin", lambda: b"made again", 2) == b"made again"


def test_no_answer_waits_for_a_cache_that_cannot_be_written(monkeypatch, tmp_path):
    monkeypatch.setenv("DLGUI_CACHE", str(tmp_path))
    (tmp_path / "things" / "1.bin").mkdir(parents=True)
    assert kept("things/1.bin", lambda: b"made", 2) == b"made"
