"""The preview in the real window: levels, gray values, zoom, what cannot be read."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QSlider

from dlgui.gui.preview import Preview


@pytest.fixture
def preview(window, qtbot):
    made = Preview(window.session, "testView")
    qtbot.addWidget(made)
    made.resize(400, 400)
    made.show()
    return made


@pytest.fixture
def show(preview, qtbot):
    def shown(path, fine=True):
        preview.show_file(str(path))
        qtbot.waitUntil(lambda: not preview.session.jobs.busy() and preview.image().isNull() != fine, timeout=10000)
    return shown


def test_a_dark_image_of_16_bit_gets_levels_and_says_its_own_values(preview, show, qtbot, tmp_path):
    values = np.random.default_rng(1).integers(100, 900, (40, 50), np.uint16)
    Image.fromarray(values).save(tmp_path / "dark.png")
    show(tmp_path / "dark.png")
    assert preview.image().pixelColor(7, 5).red() < 5
    assert preview.view.describe(7, 5) == f"x 7  y 5  gray {values[5, 7]}"
    preview.findChild(QAbstractButton, "testViewAuto").click()
    expected = (int(values[5, 7]) - 100) / 800 * 255
    assert abs(preview.image().pixelColor(7, 5).red() - expected) < 4
    assert preview.view.describe(7, 5).endswith(str(values[5, 7]))  # the file's value, not the screen's
    preview.findChild(QAbstractButton, "testViewAdjust").click()
    preview.findChild(QSlider, "testViewBrightness").setValue(100)
    assert preview.image().pixelColor(7, 5).red() == 255
    preview.findChild(QAbstractButton, "testViewResetTone").click()
    assert preview.image().pixelColor(7, 5).red() < 5


def test_zoom_fits_goes_to_pixels_and_is_kept(preview, show, qtbot, tmp_path):
    for name in ("a", "b"):
        Image.fromarray(np.zeros((900, 800, 3), np.uint8)).save(tmp_path / f"{name}.png")
    show(tmp_path / "a.png")
    assert preview.view.transform().m11() < 1
    qtbot.keyClick(preview.view, Qt.Key.Key_1)
    assert preview.zoom.text() == "100 %"
    qtbot.keyClicks(preview.view, "+")
    assert preview.zoom.text() == "125 %"
    show(tmp_path / "b.png")
    assert preview.zoom.text() == "125 %"
    qtbot.keyClick(preview.view, Qt.Key.Key_0)
    assert preview.view.transform().m11() < 1


def test_what_cannot_be_read_says_why(preview, show, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no image")
    show(tmp_path / "bad.png", fine=False)
    assert "not an image" in preview.view._text
