"""From any image to network input, by the old rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlgui.engine.preprocessing import Preprocessing
from dlgui.errors import InvalidValue


def test_size_channels_and_range(textile_images):
    image = textile_images[0]
    before = image.copy()
    for channels in (1, 3):
        p = Preprocessing(64, 48, channels)
        pixels = p.pixels(image)
        assert pixels.shape == (48, 64, channels)
        assert pixels.dtype == np.uint8
        scaled = p.scale(pixels)
        assert scaled.dtype == np.float32
        np.testing.assert_array_equal(p.unscale(scaled), pixels)
    np.testing.assert_array_equal(image, before)
    black_white = Preprocessing(15, 15, 1).scale(np.array([0, 255], np.uint8))
    assert black_white.tolist() == [-127, 128]


def test_an_image_of_the_right_size_is_left_alone(textile_images):
    image = textile_images[0]
    pixels = Preprocessing(image.shape[1], image.shape[0]).pixels(image)
    np.testing.assert_array_equal(pixels[..., 0], image if image.ndim == 2 else image[..., 0])
    pixels[:] = 0
    assert image.any()  # never a view


def test_contrast_normalization_stretches_each_image():
    image = np.linspace(100, 150, 400).reshape(20, 20).astype(np.uint8)
    pixels = Preprocessing(20, 20, 1, contrast_normalization=True).pixels(image)
    assert (int(pixels.min()), int(pixels.max())) == (0, 255)
    flat = Preprocessing(20, 20, 1, contrast_normalization=True).pixels(np.full((20, 20), 7, np.uint8))
    assert (flat == 7).all()  # nothing to stretch, and no division by zero
    real = Preprocessing(20, 20, 1, contrast_normalization=True).pixels(image.astype(np.float32) * 1000)
    assert (int(real.min()), int(real.max())) == (0, 255)


def test_real_images_are_taken_to_be_in_range():
    p = Preprocessing(20, 20, 1)
    assert p.pixels(np.full((20, 20), 128.0, np.float32)).max() == 255
    assert p.pixels(np.full((20, 20), -127.0, np.float32)).max() == 0
    with pytest.raises(InvalidValue, match="finite"):
        p.pixels(np.full((20, 20), np.nan, np.float32))


def test_domains_are_cut_to_their_box(textile_images):
    gray = textile_images[0] if textile_images[0].ndim == 2 else textile_images[0][..., 0]
    mask = np.ones(gray.shape, bool)
    mask[40:60, 30:70] = False
    masked = np.ma.masked_array(gray, mask)
    cut = Preprocessing(40, 20, 1, domain="crop_domain").pixels(masked)
    np.testing.assert_array_equal(cut[..., 0], gray[40:60, 30:70])
    whole = Preprocessing(40, 20, 1).pixels(masked)
    np.testing.assert_array_equal(whole, Preprocessing(40, 20, 1).pixels(gray))
    with pytest.raises(InvalidValue, match="domain"):
        Preprocessing(40, 20, 1, domain="crop_domain").pixels(np.ma.masked_array(gray, np.ones(gray.shape, bool)))


def test_resizing_keeps_the_aspect_where_asked():
    image = np.zeros((100, 200), np.uint8)
    image[:, 100:] = 255
    fit = Preprocessing(50, 50, 1, resize="fit").pixels(image)[..., 0]
    assert fit[25, 10] == 0
    assert fit[25, 40] == 255
    assert 0 < fit[2, 10] < 255  # the border's mean above and below
    crop = Preprocessing(50, 50, 1, resize="crop").pixels(image)[..., 0]
    assert crop[0, 2] == 0
    assert crop[0, 47] == 255


@pytest.mark.parametrize(("values", "said"), [
    ({"width": 3}, "15"), ({"channels": 2}, "1 or 3"), ({"range_min": 9.0, "range_max": 1.0}, "range_max"),
    ({"domain": "none"}, "full_domain"), ({"resize": "squeeze"}, "stretch"), ({"colour": 1}, "colour")])
def test_bad_values_are_refused(values, said):
    with pytest.raises(InvalidValue, match=said):
        Preprocessing.from_dict(values)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([0, 1, 3, 4]), st.booleans(),
       st.sampled_from(["stretch", "fit", "crop"]), st.sampled_from([1, 3]))
def test_any_shape_comes_out_right(height, width, channels, contrast, resize, wanted):
    shape = (height, width) if channels == 0 else (height, width, channels)
    image = np.random.default_rng(height * 41 + width).integers(0, 256, shape, dtype=np.uint8)
    p = Preprocessing(24, 18, wanted, contrast_normalization=contrast, resize=resize)
    pixels = p.pixels(image)
    assert pixels.shape == (18, 24, wanted)
    assert Preprocessing.from_dict(p.to_dict()) == p
