"""Files into class folders, and back."""

import json

import pytest

from dlgui.engine.sorting import execute, folder_name, plan, undo
from dlgui.errors import DlguiError


@pytest.fixture
def files(tmp_path):
    made = []
    for folder, name in (("a", "1.png"), ("b", "1.png"), ("a", "2.png")):
        path = tmp_path / "in" / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{folder}{name}")
        made.append(path)
    return made


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*"))
            if p.is_file() and not p.name.startswith("dlgui-sorted")}


@pytest.mark.parametrize("move", [False, True])
def test_there_and_back(files, tmp_path, move):
    before = tree(tmp_path / "in")
    planned = plan([(files[0], "good"), (files[1], "good"), (files[2], "bad/odd: ?")], tmp_path / "out", move)
    assert planned.counts == {"good": 2, "bad_odd_ _": 1}
    assert not (tmp_path / "out").exists(), "a plan does nothing"
    manifest = execute(planned)
    assert tree(tmp_path / "out") == {"good/1.png": "a1.png", "good/1 (2).png": "b1.png", "bad_odd_ _/2.png": "a2.png"}
    assert tree(tmp_path / "in") == ({} if move else before)
    assert undo(manifest) == []
    assert tree(tmp_path / "in") == before
    assert list((tmp_path / "out").iterdir()) == []


def test_what_has_changed_stays(files, tmp_path):
    manifest = execute(plan([(f, "x") for f in files], tmp_path / "out"))
    (tmp_path / "out" / "x" / "1.png").write_text("painted over")
    files[2].unlink()
    left = undo(manifest)
    assert sorted((path.name, reason) for path, reason in left) == [
        ("1.png", "it has changed since"), ("2.png", "the original is gone")]
    assert manifest.exists()
    moved = execute(plan([(files[0], "y")], tmp_path / "out", move=True))
    files[0].write_text("another")
    assert undo(moved) == [(tmp_path / "out" / "y" / "1.png", "its old place is taken")]
    assert files[0].read_text() == "another"


def test_a_crash_in_the_middle_can_be_undone(files, tmp_path):
    planned = plan([(f, "x") for f in files], tmp_path / "out", move=True)
    files[1].unlink()
    with pytest.raises(DlguiError, match="cannot be put"):
        execute(planned)
    manifest = next((tmp_path / "out").glob("dlgui-sorted-*.json"))
    left = undo(manifest)
    assert [reason for _, reason in left] == ["it is gone"]
    assert files[0].exists()
    assert files[2].exists()


def test_nothing_to_do_and_foreign_manifests(files, tmp_path):
    with pytest.raises(DlguiError, match="no file"):
        plan([], tmp_path)
    with pytest.raises(DlguiError, match="no file"):
        plan([(files[0], "a")], tmp_path / "in"), "where it belongs already"
    for content in ("no", json.dumps({"format": 2, "move": True, "steps": []}),
                    json.dumps({"format": 1, "move": True, "steps": [["/a", "/etc/passwd"]]})):
        (tmp_path / "m.json").write_text(content)
        with pytest.raises(DlguiError, match="not a manifest"):
            undo(tmp_path / "m.json")


@pytest.mark.parametrize(("name", "folder"), [("good", "good"), ("a/b", "a_b"), ("..", "_"), ("CON", "_CON"),
                                              (".hidden", "_.hidden"), ("x. ", "x"), ("ü é", "ü é")])
def test_folder_names(name, folder):
    assert folder_name(name) == folder
