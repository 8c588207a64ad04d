"""Live answers: frames from a folder and through Qt's own video sink; no camera is needed."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import Qt, QThread
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton, QWidget

from dlgui.gui.apply import live
from dlgui.gui.apply.frame_sources import FolderSource, pixels_of
from dlgui.project.demo import demo_images
from dlgui.project.operations import splits, training
from dlgui.project.operations.info import info
from dlgui.project.project import Project


@pytest.fixture(scope="module")
def trained(small_folder, tmp_path_factory):
    root = tmp_path_factory.mktemp("live")
    shutil.copytree(small_folder, root / "images")
    with Project.create(root / "p.dlproj", root / "images") as made:
        splits.split(made, 60, 20)
        training.train(made, training.Plan())
    return root


@pytest.fixture
def lab(window, trained):
    assert window.session.open(trained / "p.dlproj")
    window.tabs.setCurrentIndex(3)
    return window


def named(window, name):
    return window.findChild(QWidget, name)


def test_without_a_camera_the_page_says_so_and_a_folder_plays(lab, qtbot, idle):
    project, page = lab.session.project, lab.apply_tab.camera
    qtbot.mouseClick(named(lab, "cameraButton"), Qt.MouseButton.LeftButton)
    assert page.isVisible()
    qtbot.waitUntil(lambda: "Looking" not in page.message.text(), timeout=60000)
    if not page.devices.isEnabled():
        assert "camera" in page.message.text()
        assert not named(lab, "snapshotButton").isEnabled()
    before = info(project)
    page.play_folder(str(project.image_root), 20)
    qtbot.waitUntil(lambda: page._last is not None, timeout=60000)
    assert page.view.image().width() == 250
    assert len(page.bars.shown()) == 3
    page._source.stop()
    page.live.stop()  # no answer follows: the frame stands still
    pixels = page._last.pixels.copy()
    pixels[:9] = 0  # what the data set does not know yet
    page.snapshot.emit(pixels, "local")
    qtbot.waitUntil(lambda: info(project)["num_images"] == before["num_images"] + 1, timeout=60000)
    page._last = type(page._last)(255 - pixels, page._last.picture, page._last.answer, page._last.classes, None)
    qtbot.keyClick(page, Qt.Key.Key_2)  # the key of "local"
    qtbot.waitUntil(lambda: info(project)["classes"]["local"] == before["classes"]["local"] + 2, timeout=60000)
    page.classes.setCurrentIndex(2)
    for part in (2, 3):  # the second before the first is added
        page._last = type(page._last)(pixels // part, page._last.picture, page._last.answer, page._last.classes, None)
        qtbot.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: info(project)["classes"]["nominal"] == before["classes"]["nominal"] + 2, timeout=60000)
    qtbot.waitUntil(lambda: "added to the data set as nominal" in lab.apply_tab.status.text(), timeout=60000)
    for _ in range(4):
        lab.actions_by_name()["actionUndo"].trigger()
    assert info(project)["num_images"] == before["num_images"]
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()
    assert not named(lab, "cameraButton").isChecked()
    idle(lab)
    assert lab.problems == []


def test_a_snapshot_is_not_written_among_the_demos_images(window, qtbot, idle, tmp_path):
    root = demo_images()
    before = sorted(root.rglob("*"))
    (tmp_path / "some.csv").write_text("image,label\n" + "".join(
        f"local/{file.name},local\n" for file in sorted((root / "local").iterdir())[:5]))
    Project.create(tmp_path / "demo.dlproj", root, f"csv:{tmp_path / 'some.csv'}").close()
    assert window.session.open(tmp_path / "demo.dlproj")
    window.tabs.setCurrentIndex(3)
    pixels = np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)
    window.apply_tab.camera.snapshot.emit(pixels, "local")
    qtbot.waitUntil(lambda: "kept in the project's folder" in window.apply_tab.status.text(), timeout=60000)
    assert len(list((tmp_path / "demo.dlproj" / "added" / "local").iterdir())) == 1
    assert sorted(root.rglob("*")) == before
    window.actions_by_name()["actionUndo"].trigger()
    idle(window)
    assert info(window.session.project)["num_images"] == 5
    assert window.problems == []


def test_frames_never_block_the_window(lab, qtbot, monkeypatch):
    """The window hands large frames on; only the job makes arrays of them. benchmarks/gui_apply.py measures."""
    page, threads = lab.apply_tab.camera, set()

    def watched_pixels_of(frame):
        threads.add(QThread.currentThread().objectName())
        return pixels_of(frame)

    monkeypatch.setattr(live, "pixels_of", watched_pixels_of)
    lab.apply_tab.show_camera(True)
    page.play_folder(str(lab.session.project.image_root), 100)
    qtbot.waitUntil(lambda: page._last is not None, timeout=60000)
    page._source.stop()  # its small frames would replace the large ones
    big = QImage(4000, 3000, QImage.Format.Format_RGB32)
    big.fill(Qt.GlobalColor.darkGreen)
    for _ in range(20):  # far more than can be classified
        page.live.take(big)
    qtbot.waitUntil(lambda: page._last.pixels.shape == (3000, 4000, 3), timeout=60000)
    assert page.view.image().width() == 1600, "no more is painted than a screen shows"
    assert threads == {"camera"}
    lab.apply_tab.show_camera(False)
    assert page._last is None
    assert lab.problems == []


def test_heatmaps_over_live_frames(lab, qtbot):
    page = lab.apply_tab.camera
    lab.apply_tab.show_camera(True)
    named(lab, "cameraHeatmap").setChecked(True)
    page.play_folder(str(lab.session.project.image_root), 5)
    qtbot.waitUntil(lambda: page._last is not None, timeout=60000)
    assert not np.array_equal(pixels_of(page._last.picture), page._last.pixels)
    lab.apply_tab.show_camera(False)
    assert lab.problems == []


def test_frames_through_the_video_sink(lab, qtbot, small_folder):
    multimedia = pytest.importorskip("PySide6.QtMultimedia")
    from dlgui.gui.apply.frame_sources import CameraSource

    page = lab.apply_tab.camera
    lab.apply_tab.show_camera(True)
    source = CameraSource(multimedia.QCameraDevice(), page)
    page.play(source)
    image = QImage(str(next((small_folder / "local").iterdir()))).convertToFormat(QImage.Format.Format_RGB32)
    source.sink.setVideoFrame(multimedia.QVideoFrame(image))
    qtbot.waitUntil(lambda: page._last is not None, timeout=60000)
    assert page._last.pixels.shape == (250, 250, 3)
    wanted = pixels_of(image).astype(int)
    assert np.abs(page._last.pixels.astype(int) - wanted).max() <= 2
    source.failed.emit("the camera was taken away")
    assert page.message.text() == "the camera was taken away"
    assert page._last is None
    lab.apply_tab.show_camera(False)
    assert lab.problems == []


def test_folders_without_images(qtbot, tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        source = FolderSource(folder, 50)
        with qtbot.waitSignal(source.failed, timeout=60000) as said:
            source.start()
        assert str(folder) in said.args[0]
        source.stop()


def test_frames_with_padded_rows_keep_their_pixels():
    pixels = np.random.default_rng(0).integers(0, 255, (5, 7, 3)).astype(np.uint8)  # 21 bytes a row, padded to 24
    image = QImage(pixels.tobytes(), 7, 5, 21, QImage.Format.Format_RGB888).convertToFormat(QImage.Format.Format_RGB32)
    np.testing.assert_array_equal(pixels_of(image), pixels)
    assert pixels_of(QImage()) is None


def test_what_is_missing_is_named():
    code = ("import sys; sys.modules['PySide6.QtMultimedia'] = None\n"
            "from dlgui.gui.apply.frame_sources import multimedia_problem; print(multimedia_problem())")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'dlgui[camera]'" in done.stdout


def test_the_page_has_no_nameless_button(lab):
    for found in lab.apply_tab.camera.findChildren(QPushButton):
        assert found.objectName()
        assert found.toolTip()
