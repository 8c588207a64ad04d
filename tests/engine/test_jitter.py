"""The single transforms: bounded, repeatable, and each what its name says."""

import numpy as np
import pytest

from dlgui.engine.augmentation import Augmentation, augment
from dlgui.engine.jitter import LIMITS, apply
from dlgui.errors import InvalidValue


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("channels", [1, 3])
def test_shape_and_type_stay_and_equal_seeds_give_equal_pictures(textile_images, name, channels):
    image = textile_images[0][..., :channels].copy()
    before = image.copy()
    for strength in (LIMITS[name], LIMITS[name] / 3):
        a, b = (apply(image, {name: strength}, rng()) for _ in range(2))
        assert a.shape == image.shape
        assert a.dtype == np.uint8
        assert np.array_equal(a, b)
    assert np.array_equal(image, before)


def test_each_does_what_it_says(textile_images):
    gray = textile_images[0]
    image = np.stack([gray[..., 0], gray[::-1, :, 0] // 2, gray[:, ::-1, 0] // 3], axis=2)
    colourless = apply(image, {"grayscale": 1.0}, rng())
    assert (colourless[..., 0] == colourless[..., 1]).all()
    assert image.mean() == pytest.approx(apply(image, {"contrast": 0.3}, rng()).mean(), abs=4)
    assert apply(image, {"blur": 4}, rng()).std() < image.std()
    assert np.abs(apply(image, {"noise": 20}, rng()).astype(int) - image).mean() > 1
    turned = apply(image, {"hue": 0.5}, rng())
    assert np.abs(turned.max(2).astype(int) - image.max(2)).mean() < 3  # the value of HSV stays
    assert not np.array_equal(turned, image)
    flat = np.full((20, 30, 3), 90, np.uint8)
    assert np.array_equal(apply(flat, {"zoom": 0.8, "blur": 3, "contrast": 0.5}, rng()), flat)


def test_augment_uses_them_and_limits_are_checked(textile_images):
    changed = augment(textile_images[0], Augmentation(zoom=0.5, contrast=0.4), rng())
    assert changed.shape == textile_images[0].shape
    assert not np.array_equal(changed, textile_images[0])
    assert Augmentation(hue=0.1).active
    assert not Augmentation().active
    with pytest.raises(InvalidValue, match="hue"):
        Augmentation(hue=0.7)
