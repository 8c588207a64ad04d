"""Arrays as pictures of the window."""

import numpy as np
import pytest
from PySide6.QtGui import QPixmap

from dlgui.gui.thumbnails import to_qimage


@pytest.mark.parametrize("shape", [(700, 33, 3), (300, 40), (5, 4, 1)])
def test_a_picture_shows_its_array_and_is_painted_as_it_is(qapp, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    made = to_qimage(pixels)
    for y, x in ((0, 0), (shape[0] - 1, shape[1] - 1), (shape[0] // 2, 1)):
        colour = made.pixelColor(x, y)
        assert [colour.red(), colour.green(), colour.blue()] == np.broadcast_to(pixels[y, x], 3).tolist()
    assert QPixmap.fromImage(made).toImage().format() == made.format(), "nothing is left to do in the window's thread"
