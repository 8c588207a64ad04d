"""Slices by every property, clicked one after the other, against a count by hand of what lies on the disk."""

import os
import shutil
from datetime import UTC, datetime

import numpy as np
import pytest
from looking import evaluating, named, shown_paths
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QTableWidget

from dlgui.project.operations import splits, training
from dlgui.project.project import Project

CLASSES = ("global", "local", "nominal")


@pytest.fixture(scope="module")
def sliced_folder(textile, tmp_path_factory):
    """A project whose images have groups, dates, sizes and folders that are not classes; some labels are wrong."""
    root = tmp_path_factory.mktemp("sliced")
    lines = ["path,label,split,group"]
    for i, name in enumerate(CLASSES):
        for k, file in enumerate(sorted((textile / name).iterdir())[:20]):
            place = root / f"images/line {k % 2}/{name}_{k}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            with Image.open(file) as image:
                image.resize((64 if k % 3 else 96, 64)).save(place)
            os.utime(place, (1.7e9 + 86400 * (k % 4),) * 2)
            label = CLASSES[(i + 1) % 3] if k % 2 and k % 5 == 0 else name
            lines.append(f"line {k % 2}/{place.name},{label},,part {k % 5}")
    (root / "labels.csv").write_text("\n".join(lines))
    with Project.create(root / "sliced.dlproj", root / "images", f"csv:{root / 'labels.csv'}") as project:
        splits.split(project, train=40, validation=30)
        training.train(project, training.Plan(image_size=32))
    return root / "sliced.dlproj"


def lies_in(project, path, kind, value, truth):
    """Whether an image is part of a slice, by what the disk and the table of images say of it."""
    file = project.image_root / path
    with Image.open(file) as image:
        size, mean = image.size, float(np.asarray(image).mean())
    if kind == "brightness":
        low, high = map(float, value.split(" – "))
        return low - 0.5 <= mean <= high + 0.5
    table = project.images()
    return value == {"class": truth, "folder": path.rpartition("/")[0], "size": f"{size[0]} × {size[1]}",
                     "group": table.group[table.path.index(path)],
                     "date": datetime.fromtimestamp(file.stat().st_mtime, UTC).date().isoformat()}[kind]


def test_every_slice_of_every_property_shows_exactly_its_images(window, sliced_folder, tmp_path, qtbot, idle):
    evaluating(window, shutil.copytree(sliced_folder, tmp_path / "sliced.dlproj"), idle)
    qtbot.mouseClick(named(window, "slicesPageButton"), Qt.MouseButton.LeftButton)
    idle(window)
    page = window.evaluate_tab.pages[2]
    table, kinds, project = named(window, "sliceTable", QTableWidget), named(window, "sliceKind", QComboBox), \
        window.session.project
    found = window.evaluate_tab.evaluation.predictions
    numbers = {}
    for kind in ("class", "folder", "group", "size", "date", "brightness"):
        kinds.setCurrentIndex(kinds.findData(kind))
        numbers[kind] = table.rowCount()
        together = []
        for row in range(table.rowCount()):
            shown = [table.item(row, column).text() for column in range(5)]
            value = shown[0].removeprefix(f"{kind} ")
            table.scrollToItem(table.item(row, 0))
            place = table.visualItemRect(table.item(row, 0)).center()
            qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
            wrong, size = map(int, shown[3].split(" / "))
            here = [path for path, truth in zip(found.paths, found.truth, strict=True)
                    if lies_in(project, path, kind, value, found.classes[truth])]
            if kind != "brightness":  # whose limits are rounded
                assert len(here) == size
            correct = dict(zip(found.paths, found.correct.tolist(), strict=True))
            grid = shown_paths(window)
            assert set(grid) <= set(here)
            assert len(grid) == (wrong or size)
            assert all(correct[path] != bool(wrong) for path in grid)
            assert shown[1] == f"{100 * wrong / size:.1f} %"
            together.append(size)
        assert sum(together) == len(found)
    assert numbers == {"class": 3, "folder": 2, "group": 5, "size": 2, "date": 4, "brightness": 4}
    assert any(one.errors for one in page.found)
    assert window.problems == []


def test_without_groups_it_says_where_groups_come_from(judged, qtbot, idle):
    qtbot.mouseClick(named(judged, "slicesPageButton"), Qt.MouseButton.LeftButton)
    idle(judged)
    page, kinds = judged.evaluate_tab.pages[2], named(judged, "sliceKind", QComboBox)
    for kind, said in (("group", "column “group”"), ("folder", "folders are the classes"), ("size", "alike")):
        kinds.setCurrentIndex(kinds.findData(kind))
        assert page.table.rowCount() == 0
        assert said in page.said.text()
