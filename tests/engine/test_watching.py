"""What arrives in a folder is reported once, and whole."""

import os

import pytest

from dlgui.engine import watching
from dlgui.engine.images import read_image
from dlgui.engine.watching import GIVE_UP, SETTLE, FolderWatch
from dlgui.errors import DlguiError


@pytest.fixture
def picture(textile):
    return next((textile / "local").iterdir())


def names(found):
    return [path.name for path in found[0]], [problem.path.rpartition("/")[2] for problem in found[1]]


def test_only_what_arrives_later_counts(tmp_path, picture):
    content = picture.read_bytes()
    (tmp_path / "old.jpg").write_bytes(content)
    watch, both = FolderWatch(tmp_path), FolderWatch(tmp_path, existing=True)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "new.jpg").write_bytes(content)
    (tmp_path / "notes.txt").write_text("no image")
    assert names(watch.poll(0.0)) == ([], [])
    assert names(watch.poll(SETTLE / 2)) == ([], []), "it may still grow"
    assert names(watch.poll(SETTLE)) == (["new.jpg"], [])
    assert names(watch.poll(9.0)) == ([], [])
    both.poll(0.0)
    assert names(both.poll(SETTLE)) == (["old.jpg", "new.jpg"], [])
    assert watch.folders() == [str(tmp_path), str(tmp_path / "sub")]


def test_a_file_that_is_completed_while_it_is_tried_is_reported_once(tmp_path, picture, monkeypatch):
    content, file = picture.read_bytes(), tmp_path / "slow.jpg"
    watch = FolderWatch(tmp_path)
    file.write_bytes(content[:len(content) // 2])
    watch.poll(0.0)

    def read_late(path):
        file.write_bytes(content)
        os.utime(file, (2e9, 2e9))  # later than the clocks of file systems can tell apart
        return read_image(path)

    monkeypatch.setattr(watching, "read_image", read_late)
    assert names(watch.poll(SETTLE)) == ([], [])
    monkeypatch.undo()
    now, found = SETTLE, []
    for _ in range(8):
        now += SETTLE / 2
        found += names(watch.poll(now))[0]
    assert found == ["slow.jpg"]


def test_half_written_files_are_waited_for(tmp_path, picture):
    content, file = picture.read_bytes(), tmp_path / "slow.jpg"
    watch = FolderWatch(tmp_path)
    file.write_bytes(content[:len(content) // 2])
    now = 0.0
    for _ in range(8):  # a camera that pauses for two seconds in the middle of the file
        now += 0.25
        assert names(watch.poll(now)) == ([], [])
    assert watch.waiting
    file.write_bytes(content)
    assert names(watch.poll(now + 0.1, look=False)) == ([], [])
    assert names(watch.poll(now + 0.1 + SETTLE, look=False)) == (["slow.jpg"], [])
    assert not watch.waiting


def test_broken_files_are_told_in_the_end_and_vanished_ones_forgotten(tmp_path, picture):
    watch = FolderWatch(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "gone.png").write_bytes(b"no picture")
    watch.poll(0.0)
    (tmp_path / "gone.png").unlink()
    assert names(watch.poll(1.0)) == ([], [])
    assert names(watch.poll(GIVE_UP)) == ([], ["broken.png"])
    (tmp_path / "broken.png").write_bytes(picture.read_bytes())
    watch.poll(20.0)
    assert names(watch.poll(21.0)) == (["broken.png"], []), "mended, so it arrives anew"


def test_a_file_written_anew_arrives_anew(tmp_path, picture):
    file = tmp_path / "live.jpg"
    watch = FolderWatch(tmp_path)
    file.write_bytes(picture.read_bytes())
    watch.poll(0.0)
    assert names(watch.poll(1.0)) == (["live.jpg"], [])
    os.utime(file, ns=(1, 1))
    watch.poll(2.0)
    assert names(watch.poll(3.0)) == (["live.jpg"], [])


def test_a_folder_may_go_and_come_back(tmp_path, picture):
    folder = tmp_path / "stick"
    folder.mkdir()
    watch = FolderWatch(folder)
    folder.rmdir()
    assert names(watch.poll(0.0)) == ([], [])
    assert watch.gone
    folder.mkdir()
    (folder / "a.jpg").write_bytes(picture.read_bytes())
    watch.poll(1.0)
    assert not watch.gone
    assert names(watch.poll(2.0)) == (["a.jpg"], [])
    with pytest.raises(DlguiError, match="not a folder"):
        FolderWatch(tmp_path / "nowhere")
