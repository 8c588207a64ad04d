"""Disks that are full, or that cannot be written: what leaves a project says so, and no half of it stays."""

import shutil
import subprocess

import numpy as np
import pytest

from dlgui.engine import answers, exporters, sorting
from dlgui.engine.archives import unpack_images
from dlgui.engine.images import read_image
from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError
from dlgui.project.operations import (
    additions,
    archive,
    evaluations,
    exchange,
    exports,
    maps,
    reports,
    runs,
    scripts,
    splits,
    training,
)
from dlgui.project.project import Project


@pytest.fixture(scope="module")
def trained(small_folder, tmp_path_factory):
    """A project with a quick run."""
    with Project.create(tmp_path_factory.mktemp("disks") / "small.dlproj", small_folder) as project:
        splits.split(project)
        training.train(project, training.Plan())
        yield project


@pytest.mark.parametrize("options", ["ro", "size=16k"])
def test_nothing_that_leaves_stumbles(options, disk, trained, tmp_path):
    folder, run = disk(options), runs.get(trained)
    paths = [trained.image_root / path for path in trained.images().path]
    archive.pack(trained, tmp_path / "p.zip", images=True)
    prepared = {kind: exports.prepare(trained, run, kind) for kind in ("dlclassifier", "onnx", "torch_export")}
    for leaves in (
            *(lambda kind=kind, one=one: one.save(folder / f"m{exporters.SUFFIXES[kind]}")
              for kind, one in prepared.items()),
            lambda: answers.write(folder / "a.csv", [], ["name" * 9999]),
            lambda: reports.write(trained, run, folder / "r.html"),
            lambda: scripts.write(trained, folder / "s.py"),
            lambda: archive.pack(trained, folder / "p.zip"),
            lambda: archive.unpack(tmp_path / "p.zip", folder / "q.dlproj"),
            lambda: unpack_images(tmp_path / "p.zip", folder / "images"),
            lambda: exchange.export_dataset(trained, "coco", folder / "data"),
            lambda: sorting.execute(sorting.plan([(path, "class") for path in paths], folder / "sorted"))):
        with pytest.raises(DlguiError, match=r"disk|space|may be written|another folder|more than is free") as found:
            leaves()
        assert str(folder) in str(found.value) or "p.zip" in str(found.value)
    assert not [file for file in folder.rglob(".*") if file.is_file()], "nothing half-written stays"
    assert {file.name for file in folder.iterdir()} <= {"there", "sorted", "data", "images"}


def test_a_project_on_a_protected_disk_is_looked_at_with_a_cache_elsewhere(disk, trained):
    folder = disk("rw") / "p.dlproj"
    shutil.copytree(trained.folder, folder, ignore=shutil.ignore_patterns("cache", "project.lock"))
    subprocess.run(["mount", "-o", "remount,ro", str(folder.parent)], check=True)
    with Project.open(folder) as project:
        assert project.read_only
        cache = project.cache_folder
        assert maps.image_map(project).finished
        assert evaluations.predict(project, runs.get(project), "test").confidences.shape[1] == 3
        assert not cache.is_relative_to(folder)
        assert [file for file in cache.rglob("*") if file.is_file()]
        with pytest.raises(DlguiError, match="read-only"):
            splits.split(project, overwrite=True)
    assert not cache.exists()


def test_openvino_on_a_disk_that_cannot_be_written(disk, trained):
    pytest.importorskip("openvino")
    prepared = exports.prepare(trained, runs.get(trained), "openvino")
    for folder in (disk("ro"), disk("size=16k")):
        with pytest.raises(DlguiError, match=r"m\.xml: cannot be written"):
            prepared.save(folder / "m.xml")
        assert {file.name for file in folder.iterdir()} <= {"there"}


def test_images_that_do_not_fit_into_the_image_folder(disk, textile, tmp_path):
    root, new = disk("size=180k"), sorted((textile / "local").iterdir())[:9]
    (root / "local").mkdir()
    shutil.copy(new[0], root / "local")
    with Project.create(tmp_path / "p.dlproj", root) as project:
        with pytest.raises(DlguiError, match="free some disk space"):
            additions.add_files(project, [(file, "local") for file in new[1:]])
        assert [file.name for file in root.rglob("*.*")] == [new[0].name]
        noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3)).astype(np.uint8)
        with pytest.raises(DlguiError, match="free some disk space"):
            additions.add_pixels(project, noise, "local")
        assert [file.name for file in root.rglob("*.*")] == [new[0].name]
        assert len(project.images()) == 1


def test_an_image_folder_that_cannot_be_written(disk, textile, tmp_path):
    root, new = disk("size=1m"), sorted((textile / "local").iterdir())[:2]
    shutil.copytree(new[0].parent, root / "local", ignore=lambda _, names: set(names) - {new[0].name})
    subprocess.run(["mount", "-o", "remount,ro", str(root)], check=True)
    with Project.create(tmp_path / "p.dlproj", root) as project:
        found = additions.add_files(project, [(new[1], "local")])
        assert (found.added, found.own) == (1, 1)
        assert (project.folder / "added" / "local" / new[1].name).read_bytes() == new[1].read_bytes()
        project.undo()
        assert len(project.images()) == 1
        project.redo()
        assert len(project.images()) == 2


def test_names_that_are_too_long(trained, tmp_path):
    with pytest.raises(DlguiError, match="choose a shorter name"):
        write_atomically(tmp_path / ("n" * 300), lambda file: file.write(b"x"))
    long = tmp_path / f"{'n' * 251}.jpg"
    shutil.copy(trained.image_root / trained.images().path[0], long)
    write_atomically(tmp_path / ("m" * 255), lambda file: file.write(b"x"))
    planned = sorting.plan([(long, "ü" * 300)], tmp_path / "sorted")
    manifest = sorting.execute(planned)
    assert read_image(planned.steps[0].target).shape == (250, 250, 3)
    again = sorting.plan([(long, "ü" * 300)], tmp_path / "sorted")
    assert again.steps[0].target.name.endswith("n (2).jpg")
    assert sorting.undo(manifest) == []
    assert not list((tmp_path / "sorted").iterdir())
