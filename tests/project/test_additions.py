"""Images come into the data set, and leave it again with undo."""

import shutil

import numpy as np
import pytest

from dlgui.errors import DlguiError
from dlgui.project.operations import additions, images, splits
from dlgui.project.operations.info import info
from dlgui.project.project import Project


@pytest.fixture
def own(small_folder, tmp_path):
    """A project over a copy of the images: these tests add files."""
    root = shutil.copytree(small_folder, tmp_path / "images")
    with Project.create(tmp_path / "own.dlproj", root) as made:
        splits.split(made, 60, 20)
        yield made


def files(project):
    return {p.relative_to(project.image_root).as_posix() for p in project.image_root.rglob("*") if p.is_file()}


def test_copies_come_go_and_come_back(own, textile, tmp_path):
    before = files(own)
    new = sorted((textile / "local").iterdir())[100:102]
    found = additions.add_files(own, [(new[0], "local"), (new[1], "odd/name")])
    assert (found.added, found.known, found.refused) == (2, 0, [])
    added = files(own) - before
    assert added == {f"local/{new[0].name}", f"odd_name/{new[1].name}"}
    table = own.images()
    rows = [table.path.index(path) for path in sorted(added)]
    assert [table.class_names[table.label[r]] for r in rows] == ["local", "odd/name"]
    assert all(table.split[r] == 0 and table.content_hash[r] and table.width[r] == 250 for r in rows)
    assert info(own)["num_images"] == 74

    own.undo()
    assert files(own) == before
    assert info(own)["classes"] == {"global": 24, "local": 24, "nominal": 24}
    assert images.import_folder(own).added == 0, "a look at the folder does not bring back what was undone"
    own.redo()
    assert files(own) - before == added
    assert info(own)["num_images"] == 74
    assert images.import_folder(own).removed == 0
    own.undo()
    folder = own.folder
    own.close()
    with Project.open(folder) as again:
        again.redo()
        assert files(again) - before == added
        assert info(again)["num_images"] == 74


def test_known_content_only_gets_the_label(own, tmp_path):
    table = own.images()
    path = own.image_root / table.path[0]
    shutil.copy(path, tmp_path / "elsewhere.jpg")
    found = additions.add_files(own, [(tmp_path / "elsewhere.jpg", "local"), (path, "nominal")])
    assert (found.added, found.known) == (0, 1)
    assert info(own)["classes"] == {"global": 23, "local": 24, "nominal": 25}
    own.undo()
    assert info(own)["classes"]["global"] == 24


def test_files_below_the_root_stay_where_they_are(own, textile):
    place = own.image_root / "inbox" / "x.jpg"
    place.parent.mkdir()
    shutil.copy(sorted((textile / "local").iterdir())[200], place)
    assert additions.add_files(own, [(place, "local"), (place, "global")]).added == 1
    table = own.images()
    assert table.class_names[table.label[table.path.index("inbox/x.jpg")]] == "global"
    own.undo()
    assert place.exists(), "it was there before"


def test_names_that_are_taken_and_files_that_cannot_be_read(own, textile, tmp_path):
    taken = own.image_root / "local" / "same.jpg"
    new = sorted((textile / "local").iterdir())[300:302]
    shutil.copy(new[0], taken)
    shutil.copy(new[1], tmp_path / "same.jpg")
    (tmp_path / "bad.png").write_bytes(b"no image")
    before = files(own)
    found = additions.add_files(own, [(tmp_path / "same.jpg", "local"), (tmp_path / "bad.png", "local"),
                                      (tmp_path / "gone.png", "local")])
    assert files(own) - before == {"local/same (2).jpg"}
    assert [name.rpartition("/")[2] for name, _ in found.refused] == ["bad.png", "gone.png"]


def test_a_picture_of_the_camera(own):
    pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    assert additions.add_pixels(own, pixels, "local").added == 1
    path = next(p for p in own.images().path if "camera_" in p)
    from dlgui.engine.images import read_image

    np.testing.assert_array_equal(read_image(own.image_root / path), pixels)
    assert additions.add_pixels(own, pixels, "global").known == 1


def test_a_failing_write_leaves_nothing_behind(own, textile):
    before = files(own)
    folder, new = own.folder, sorted((textile / "local").iterdir())[400]
    with Project.open(folder) as second:  # the first holds the lock
        assert second.read_only
        with pytest.raises(DlguiError, match="read-only"):
            additions.add_files(second, [(new, "local")])
    assert files(own) == before


def test_the_journal_says_it_in_python(own, textile, tmp_path):
    from dlgui.project.operations import journal
    from dlgui.project.scripting import ProjectScript

    new = sorted((textile / "local").iterdir())[410]
    additions.add_files(own, [(new, "nominal")])
    line = journal.entries(own)[-1].line
    assert line == f"project.add_images({{'nominal/{new.name}': 'nominal'}})"
    with Project.create(tmp_path / "second.dlproj", own.image_root, "none") as second:
        exec(line, {"project": ProjectScript(second)})
        assert info(second)["classes"] == {"nominal": 1}
