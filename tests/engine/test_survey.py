"""What a folder would give before it is imported."""

import shutil

import pytest

from dlgui.engine import survey
from dlgui.errors import DlguiError


def test_every_source_is_tried_and_the_right_one_advised(small_folder):
    found = survey.survey(small_folder)
    assert [name for name, _, _ in found["last_folder"].first_images(3)] == ["global", "local", "nominal"]
    assert all(count == 24 and len(paths) == 3 for _, count, paths in found["last_folder"].first_images(3))
    assert found["file_name_remove_index"].listing.classes == ["textile"]
    assert found["none"].first_images(1)[0][:2] == (None, 72)
    assert survey.advised(found) == "last_folder"


def test_flat_folders_and_tables(small_folder, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for folder in ("local", "global"):
        for i, file in enumerate(sorted((small_folder / folder).iterdir())[:5]):
            shutil.copy(file, flat / f"{folder}_{i}.jpg")
    assert survey.advised(survey.survey(flat)) == "file_name_remove_index"
    (tmp_path / "labels.csv").write_text("image,label\n" + "".join(
        f"{file.name},{'ab'[i % 2]}\n" for i, file in enumerate(sorted(flat.iterdir()))))
    assert survey.advised(survey.survey(flat, str(tmp_path / "labels.csv"))) == "csv"
    (tmp_path / "labels.csv").write_text("x,y\n1,2\n")
    broken = survey.survey(flat, str(tmp_path / "labels.csv"))["csv"]
    assert broken.listing is None
    assert "no image column" in broken.reason
    (tmp_path / "empty").mkdir()
    with pytest.raises(DlguiError, match="no image file"):
        survey.survey(tmp_path / "empty")


def test_broken_files_are_named_with_their_reason(small_folder, tmp_path):
    good = next((small_folder / "local").iterdir())
    (tmp_path / "cut.jpg").write_bytes(good.read_bytes()[:900])
    (tmp_path / "empty.png").touch()
    shutil.copy(good, tmp_path / "good.jpg")
    found = dict(survey.unreadable(tmp_path, ["cut.jpg", "empty.png", "good.jpg"]))
    assert set(found) == {"cut.jpg", "empty.png"}
    assert found["empty.png"] == "the file is empty"
