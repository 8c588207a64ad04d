"""Projects and their data go to another place and come back as they were."""

import json
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlgui.cli import main as cli
from dlgui.engine import dataset_writing
from dlgui.engine.progress import Cancelled, Progress
from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.operations import archive, classes, exchange, labels, runs, splits
from dlgui.project.project import Project


def described(project, by_path=True):
    """Everything that exchange must keep, by path (or by content, where files got other places)."""
    table = project.images()
    keys = table.path if by_path else table.content_hash
    names = table.label_names()
    return {key: (names[i], int(table.split[i]), table.group[i], bool(table.flag[i]), bool(table.excluded[i]),
                  table.note[i]) for i, key in enumerate(keys)}


@pytest.fixture
def rich(project):
    """A project with everything that can be said about an image."""
    splits.split(project)
    ids = project.images().id.tolist()
    classes.rename(project, project.classes()[0].id, 'a/b "c", d\n')
    classes.add(project, "nobody")
    labels.flag(project, ids[:5])
    labels.exclude(project, ids[3:8])
    labels.note(project, ids[2:4], 'say "no",\r\nthen; leave')
    labels.assign(project, ids[10:13], None)
    splits.assign(project, ids[20:25], None)
    with project.store.transact("group") as t:
        t.update("images", ids[:2], {"grouping": "part ‘7’"})
    return project


@pytest.mark.parametrize("kind", dataset_writing.kinds())
def test_data_sets_come_back_exactly(kind, rich, tmp_path):
    before = described(rich)
    result = exchange.export_dataset(rich, kind, tmp_path / "out", "link")
    assert (result.images, result.failed) == (72, [])
    made, found = exchange.create_from_dataset(tmp_path / "new.dlproj", tmp_path / "out")
    with made:
        assert found.matched == 72
        assert described(made, by_path=False) == described(rich, by_path=False)
        assert [(c.name, c.colour, c.shortcut) for c in made.classes()] == [
            (c.name, c.colour, c.shortcut) for c in rich.classes()]
    ids = rich.images().id.tolist()
    labels.assign(rich, ids, rich.classes()[1].id)
    labels.note(rich, ids, "lost")
    splits.assign(rich, ids, "test")
    spoilt = described(rich)
    exchange.import_dataset(rich, tmp_path / "out")
    assert described(rich) == before
    rich.undo()
    assert described(rich) == spoilt
    with pytest.raises(DlguiError, match="not an empty folder"):
        exchange.export_dataset(rich, kind, tmp_path / "out")


def test_descriptions_alone(rich, tmp_path):
    exchange.export_dataset(rich, "csv", tmp_path / "out", "none")
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["dataset.csv", "dlgui.json"]
    assert exchange.import_dataset(rich, tmp_path / "out" / "dataset.csv").matched == 72
    with pytest.raises(InvalidValue, match="copy or link"):
        exchange.export_dataset(rich, "imagefolder", tmp_path / "other", "none")


@pytest.mark.parametrize("with_images", [False, True])
def test_a_project_moves_in_one_file(with_images, rich, tmp_path, small_folder):
    run = runs.create(rich, network="efficientnet_lite0", method="quick", parameters={}, seed=1, device="cpu",
                      classes=["x"])
    (run.folder / "best.dlclassifier").write_bytes(b"weights" * 1000)
    runs.update(rich, run, state="done")
    archive.pack(rich, tmp_path / "p.zip", with_images)
    moved = tmp_path / "elsewhere" / "q.dlproj"
    moved.parent.mkdir()
    with archive.unpack(tmp_path / "p.zip", moved, None if with_images else small_folder) as found:
        assert described(found) == described(rich)
        assert found.image_root == (moved / "images" if with_images else small_folder)
        assert all((found.image_root / path).is_file() for path in found.images().path)
        assert runs.get(found).model.read_bytes() == b"weights" * 1000
        assert runs.get(found).model.stat().st_mtime_ns == run.model.stat().st_mtime_ns
        assert found.undo().kind == "group"
    if with_images:  # and moves on, images and all
        shutil.move(moved, tmp_path / "again.dlproj")
        with Project.open(tmp_path / "again.dlproj") as found:
            assert found.image_root.is_dir()
            assert (found.image_root / found.images().path[0]).is_file()


def test_a_project_that_does_not_find_its_images_leaves_nothing(project, tmp_path):
    archive.pack(project, tmp_path / "p.zip")
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(DlguiError, match="none of the project's images is there"):
        archive.unpack(tmp_path / "p.zip", tmp_path / "q.dlproj", tmp_path / "elsewhere")
    assert not (tmp_path / "q.dlproj").exists()


def evil(path, source, **changes):
    with zipfile.ZipFile(source) as good, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bad:
        for entry in good.infolist():
            if entry.filename not in changes.get("leave", ()):
                bad.writestr(entry.filename, good.read(entry))
        for name, content in changes.get("add", {}).items():
            bad.writestr(name, content)
    return path


def test_hostile_archives_leave_nothing(project, tmp_path):
    archive.pack(project, tmp_path / "good.zip")
    link = zipfile.ZipInfo("runs/link")
    link.external_attr = 0o120777 << 16
    cases = [{"add": {"../out": b"x"}}, {"add": {"/out": b"x"}}, {"add": {"runs/../../out": b"x"}},
             {"add": {"runs\\..\\out": b"x"}}, {"add": {"C:/out": b"x"}}, {"add": {link: b"/etc"}},
             {"add": {"other/file": b"x"}}, {"add": {"runs/bomb": bytes(64 << 20)}}, {"leave": ["dlgui.json"]},
             {"leave": ["project.sqlite"]}, {"leave": ["project.sqlite"], "add": {"project.sqlite": b"no database"}},
             {"leave": ["dlgui.json"], "add": {"dlgui.json": b'{"format": "dlgui-project", "version": 99}'}}]
    for case in cases:
        path = evil(tmp_path / "bad.zip", tmp_path / "good.zip", **case)
        with pytest.raises(DlguiError, match=r"bad\.zip.*(dlgui pack wrote|update dlgui)"):
            archive.unpack(path, tmp_path / "target")
        assert sorted(f.name for f in tmp_path.iterdir()) == ["bad.zip", "good.zip", "small.dlproj"], case
    path.write_bytes((tmp_path / "good.zip").read_bytes()[:-300])
    with pytest.raises(DlguiError, match=r"bad\.zip"):
        archive.unpack(path, tmp_path / "target")
    with zipfile.ZipFile(path, "w") as inner:
        inner.writestr("keys.npy", b"0")
    path.write_bytes(b"the beginning" + path.read_bytes())
    with pytest.raises(DlguiError, match="no project in it, or cut short"):
        archive.unpack(path, tmp_path / "target")
    for name in ("../../secret.png", "/added/../../secret.png", "/etc/passwd", "//added/secret.png"):
        project.store._connection.execute("UPDATE images SET path = ? WHERE id = 1", [name])
        archive.pack(project, tmp_path / "good.zip")
        with pytest.raises(DlguiError, match="outside its folder"):
            archive.unpack(tmp_path / "good.zip", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_what_a_data_set_does_not_speak_of_stays(rich, tmp_path):
    before = described(rich)
    first, second = rich.images().path[0], rich.images().path[12]
    (tmp_path / "splits.csv").write_text(f"image,split\n{first},test\n{second},val\n", encoding="utf-8")
    exchange.import_dataset(rich, tmp_path / "splits.csv")
    after = described(rich)
    assert after[first] == (before[first][0], 2, *before[first][2:])
    assert after[second] == (before[second][0], 1, *before[second][2:])
    document = {"images": [{"id": 1, "file_name": first}], "annotations": [{"image_id": 1, "category_id": 5}],
                "categories": [{"id": 5, "name": "new"}]}
    (tmp_path / "c.json").write_text(json.dumps(document), encoding="utf-8")
    exchange.import_dataset(rich, tmp_path / "c.json")
    assert described(rich)[first] == ("new", *after[first][1:])
    (tmp_path / "x.csv").write_text(f"image,label\n{first},used\ngone.png,unused\n", encoding="utf-8")
    assert exchange.import_dataset(rich, tmp_path / "x.csv").rejected == [("gone.png", "no such image in the project")]
    assert [c.name for c in rich.classes()][-2:] == ["new", "used"]
    (tmp_path / "bare.csv").write_text(f"image\n{first}\n", encoding="utf-8")
    with pytest.raises(DlguiError, match=r"bare\.csv: it names images but says nothing"):
        exchange.import_dataset(rich, tmp_path / "bare.csv")


NAMES = st.one_of(
    st.sampled_from(["a/b", "..", "CON", 'say "no", twice', "line\nand\rmore", "tab\tx", "=1+1", "\u2028", "%2F", "猫",
                     "<b>x</b>", "\\", "'", "A", "a", "train", "none", "unlabeled"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)).filter(
        lambda name: name.strip())


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(NAMES, min_size=3, max_size=3, unique=True), st.lists(st.none() | st.integers(0, 2), min_size=8,
                                                                      max_size=8),
       st.sampled_from(dataset_writing.kinds()), st.text(st.characters(exclude_categories=["Cs"]), max_size=9))
def test_labels_come_back_bit_for_bit(project, names, given, kind, note):
    ids = project.images().id[:8].tolist()
    with tempfile.TemporaryDirectory() as folder:
        for info, name in zip(project.classes(), [f"in between {i}".ljust(30) for i in range(3)], strict=True):
            classes.rename(project, info.id, name)
        for info, name in zip(project.classes(), names, strict=True):
            classes.rename(project, info.id, name)
        known = [c.id for c in project.classes()]
        labels.assign_many(project, {i: None if c is None else known[c] for i, c in zip(ids, given, strict=True)})
        labels.note(project, ids[:3], note)
        splits.split(project, overwrite=True)
        before = described(project)
        exchange.export_dataset(project, kind, Path(folder) / "out", "link")
        labels.assign_many(project, dict.fromkeys(ids, known[0]))
        labels.note(project, ids[:3], "")
        found = exchange.import_dataset(project, Path(folder) / "out")
        assert (found.matched, found.rejected) == (72, [])
        assert described(project) == before


class Impatient(Progress):
    """Somebody who cancels after a few steps."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def advance(self, *arguments, **named):
        super().advance(*arguments, **named)
        self.steps -= 1
        if not self.steps:
            self.cancel()


def test_who_cancels_finds_nothing_half_done(project, tmp_path):
    archive.pack(project, tmp_path / "p.zip", True)
    before = sorted(tmp_path.rglob("*"))
    for deed in (lambda: archive.pack(project, tmp_path / "q.zip", True, Impatient(5)),
                 lambda: archive.unpack(tmp_path / "p.zip", tmp_path / "q.dlproj", progress=Impatient(5))):
        with pytest.raises(Cancelled):
            deed()
        assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(Cancelled):
        exchange.export_dataset(project, "coco", tmp_path / "data", progress=Impatient(5))
    assert not (tmp_path / "data").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(Cancelled):
        exchange.export_dataset(project, "imagefolder", tmp_path / "empty", progress=Impatient(5))
    assert not list((tmp_path / "empty").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_names_with_a_backslash(small_folder, tmp_path):
    images = tmp_path / "images" / "a"
    images.mkdir(parents=True)
    shutil.copy(next((small_folder / "local").iterdir()), images / "x\\y.jpg")
    with Project.create(tmp_path / "p.dlproj", tmp_path / "images") as project:
        with pytest.raises(DlguiError, match=r"x\\y\.jpg: its name cannot be unpacked on every computer"):
            archive.pack(project, tmp_path / "p.zip")
        exchange.export_dataset(project, "csv", tmp_path / "out")
        labels.assign(project, [1], None)
        exchange.import_dataset(project, tmp_path / "out")
        assert project.images().label_names() == ["a"]


def test_only_files_are_written_over(project):
    with pytest.raises(DlguiError, match="a device, not a file"):
        archive.pack(project, os.devnull)
    with pytest.raises(DlguiError, match="not a file"):
        archive.pack(project, project.folder)


def test_the_commands(rich, tmp_path, capsys):
    folder, before = rich.folder, described(rich)
    rich.close()

    def run(*arguments):
        capsys.readouterr()
        assert cli.main([*map(str, arguments), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert run("pack", folder, "--out", tmp_path / "p.zip", "--images")["images"] is True
    assert run("unpack", tmp_path / "p.zip", tmp_path / "q.dlproj")["num_images"] == 72
    assert run("export-data", folder, "--format", "coco", "--out", tmp_path / "coco")["images"] == 72
    assert run("import-data", tmp_path / "coco", tmp_path / "r.dlproj")["images"] == 72
    assert run("import-data", tmp_path / "coco", tmp_path / "q.dlproj")["rejected"] == []
    for name in ("q", "r"):
        with Project.open(tmp_path / f"{name}.dlproj") as found:
            assert described(found) == before
    assert np.array_equal(found.images().label >= 0, [v[0] is not None for v in before.values()])
    capsys.readouterr()
    assert cli.main(["unpack", str(tmp_path / "p.zip"), str(tmp_path / "q.dlproj")]) == 1
    assert "not empty" in capsys.readouterr().err
