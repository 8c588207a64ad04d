"""What a screen shows of gray values of any depth."""

import numpy as np
import pytest

from dlgui.engine import tone
from dlgui.engine.images import read_image, read_native, to_uint8


@pytest.mark.parametrize("pixels", [np.arange(256, dtype=np.uint8), np.arange(0, 65536, 7, dtype=np.uint16),
                                    np.linspace(0, 1, 99), np.linspace(-3, 900, 99).astype(np.float32)])
def test_unadjusted_is_what_training_sees(pixels):
    np.testing.assert_allclose(tone.to_screen(pixels, *tone.full_range(pixels)).astype(int),
                               to_uint8(pixels).astype(int), atol=1)


def test_automatic_levels_make_a_dark_image_visible():
    dark = np.random.default_rng(0).integers(100, 900, (80, 90), np.uint16)
    assert to_uint8(dark).max() < 5
    shown = tone.to_screen(dark, *tone.auto_range(dark))
    assert (shown.min(), shown.max()) == (0, 255)
    assert tone.auto_range(np.full((4, 4), 7, np.uint8)) == (0, 255)  # nothing to stretch


def test_brightness_and_contrast():
    pixels = np.array([0, 128, 255], np.uint8)
    assert tone.to_screen(pixels, 0, 255, brightness=100).tolist() == [255, 255, 255]
    assert tone.to_screen(pixels, 0, 255, contrast=-100).tolist() == [115, 128, 140]
    assert tone.to_screen(np.array([np.nan, 0.5]), 0, 1).tolist() == [0, 128]


def test_native_values_are_those_of_the_file(tmp_path):
    from PIL import Image

    values = np.array([[1, 300], [4012, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(read_native(tmp_path / "deep.png"), values)
    assert read_image(tmp_path / "deep.png").dtype == np.uint8
