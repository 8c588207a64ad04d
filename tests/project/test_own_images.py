"""Images are added to a project whose image folder takes no files: the project keeps them itself."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from dlgui.engine.images import read_image
from dlgui.errors import DlguiError
from dlgui.project.demo import demo_images
from dlgui.project.operations import (
    additions,
    archive,
    exchange,
    images,
    journal,
    runs,
    scripts,
    seals,
    splits,
    training,
)
from dlgui.project.operations.info import info
from dlgui.project.project import Project
from dlgui.project.scripting import ProjectScript

NOISE = np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)


@pytest.fixture
def demo(tmp_path):
    """A project over some of the demo's images, which lie in an installed package."""
    root = demo_images()
    some = [f"{name}/{file.name}" for name in ("global", "local") for file in sorted((root / name).iterdir())[:12]]
    (tmp_path / "some.csv").write_text("image,label\n" + "".join(f"{p},{p.split('/')[0]}\n" for p in some))
    with Project.create(tmp_path / "demo.dlproj", root, f"csv:{tmp_path / 'some.csv'}") as made:
        splits.split(made, 60, 20)
        yield made


def own(project):
    """What lies in the folder of the project's own images."""
    folder = project.folder / "added"
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def paths(project):
    """Those of the images that the project keeps itself."""
    return [path for path in project.images().path if Path(path).is_absolute()]


def test_nothing_is_written_among_the_demos_images(demo, tmp_path):
    before = sorted(demo_images().rglob("*"))
    found = additions.add_pixels(demo, NOISE, "local")
    assert (found.added, found.own, info(demo)["num_images"]) == (1, 1, 25)
    assert sorted(demo_images().rglob("*")) == before
    path, = paths(demo)
    assert own(demo) == {path.rpartition("added/")[2]}
    np.testing.assert_array_equal(read_image(demo.image_root / path), NOISE)
    assert images.import_folder(demo).removed == 0

    demo.undo()
    assert (info(demo)["num_images"], own(demo)) == (24, set())
    demo.redo()
    assert (info(demo)["num_images"], len(own(demo))) == (25, 1)
    kept = Path(path).rename(tmp_path / "away.png")
    assert images.import_folder(demo).removed == 1
    kept.rename(path)
    assert images.import_folder(demo).restored == 1


def test_they_go_where_the_project_goes(demo, tmp_path):
    additions.add_pixels(demo, NOISE, "local")
    demo.close()
    with Project.open(shutil.move(demo.folder, tmp_path / "elsewhere.dlproj")) as moved:
        path, = paths(moved)
        assert "/elsewhere.dlproj/added/local/" in path
        np.testing.assert_array_equal(read_image(moved.image_root / path), NOISE)
        moved.undo()
        assert (paths(moved), own(moved)) == ([], set())
        moved.redo()
        with pytest.raises(DlguiError, match="none of the project's images is there"):
            images.relocate(moved, tmp_path)
        archive.pack(moved, tmp_path / "p.zip", images=True)
    with archive.unpack(tmp_path / "p.zip", tmp_path / "unpacked.dlproj") as unpacked:
        assert len(paths(unpacked)) == 1
        assert all((unpacked.image_root / p).is_file() for p in unpacked.images().path)


def test_they_train_and_leave_like_others(demo, tmp_path):
    additions.add_files(demo, [(file, "local") for file in sorted((demo_images() / "local").iterdir())[40:42]])
    assert paths(demo) == [], "what lies in the image folder stays there"
    additions.add_pixels(demo, NOISE, "global")
    path, = paths(demo)
    training.train(demo, training.Plan())
    assert path in runs.snapshot(demo, runs.get(demo))
    scripts.write(demo, tmp_path / "s.py")
    script = (tmp_path / "s.py").read_text()
    assert path in script
    exchange.export_dataset(demo, "csv", tmp_path / "out")
    np.testing.assert_array_equal(read_image(tmp_path / "out" / "added" / path.rpartition("added/")[2]), NOISE)
    assert exchange.import_dataset(demo, tmp_path / "out").rejected == []
    seal = seals.ingredients(demo, runs.get(demo))
    demo.close()
    with Project.open(shutil.move(demo.folder, tmp_path / "elsewhere.dlproj")) as moved:
        run = runs.get(moved)
        assert runs.unchanged(moved, run)
        assert {*paths(moved)} <= {*runs.snapshot(moved, run)}
        assert seals.ingredients(moved, run) == seal


def test_the_history_can_be_done_again_elsewhere(demo, tmp_path):
    additions.add_pixels(demo, NOISE, "local")
    ProjectScript(demo).label(paths(demo), "global")
    lines = [entry.line for entry in journal.entries(demo)[-2:]]
    with Project.create(tmp_path / "second.dlproj", demo.image_root, demo.meta("label_source")) as second:
        exec("\n".join(lines), {"project": ProjectScript(second)})
        path, = paths(second)
        table = second.images()
        assert path.startswith(second.folder.as_posix())
        assert table.class_names[table.label[table.row_of_path[path]]] == "global"


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="no folder that even root may not write")
def test_a_class_folder_that_may_not_be_written(small_folder, tmp_path):
    root = shutil.copytree(small_folder, tmp_path / "images")
    (root / "odd").symlink_to("/sys/kernel")
    with Project.create(tmp_path / "p.dlproj", small_folder) as project:
        images.relocate(project, root)
        found = additions.add_pixels(project, NOISE, "odd")
        assert (found.added, found.own, len(own(project))) == (1, 1, 1)
        assert additions.add_pixels(project, NOISE // 2, "local").own == 0, "this one may be written"
