"""The old procedure's eight methods, and torchvision's policies."""

import math

import numpy as np
import pytest

from dlgui.engine.augmentation import MODERN, Augmentation, augment, augment_images
from dlgui.errors import InvalidValue


@pytest.fixture
def image():
    """Each pixel another value, so that any move shows."""
    return np.arange(40 * 60, dtype=np.uint16).reshape(40, 60).astype(np.uint8)


def only(image, seed=0, **values):
    found = augment_images([image], Augmentation.from_dict({"augmentation_percentage": 100, **values}),
                           np.random.default_rng(seed))
    assert len(found) == 1
    return found[0]


def test_percentage_is_rounded_up_and_each_image_gets_one_method(image):
    images = [image] * 7
    for percentage, count in ((1, 1), (50, 4), (100, 7)):
        found = augment_images(images, Augmentation(augmentation_percentage=percentage, mirror="r"),
                               np.random.default_rng(1))
        assert sum(not np.array_equal(a, image) for a in found) == count
    same = augment_images(images, Augmentation(), np.random.default_rng(0))
    assert all(np.array_equal(a, image) and a is not image for a in same)
    with pytest.raises(InvalidValue, match="at least one"):
        augment_images([], Augmentation(), np.random.default_rng(0))


def test_mirrors(image):
    np.testing.assert_array_equal(only(image, mirror="r"), image[::-1])
    np.testing.assert_array_equal(only(image, mirror="c"), image[:, ::-1])
    seen = {only(image, seed, mirror="rc").tobytes() for seed in range(30)}
    assert seen == {a.tobytes() for a in (image[::-1], image[:, ::-1], image[::-1, ::-1])}


def test_rotations_are_multiples_of_the_step(image):
    seen = {only(image, seed, rotate=90).shape for seed in range(20)}
    assert seen == {(40, 60), (60, 40)}
    turned = {only(image, seed, rotate=90).tobytes() for seed in range(40)}
    assert turned == {np.rot90(image, k).tobytes() for k in (1, 2, 3)}
    tilted = only(np.full((40, 60), 200, np.uint8), rotate_range=30)
    assert tilted.shape < (40, 60)
    assert (tilted > 190).all()  # the inner rectangle has no empty corner


def test_crops_keep_what_was_there(image):
    cut = only(image, crop_percentage=50)
    assert cut.shape == (20, 30)
    places = [(y, x) for y in range(21) for x in range(31) if np.array_equal(image[y:y + 20, x:x + 30], cut)]
    assert places
    assert only(image, crop_pixel=10).shape == (10, 10)
    assert only(image, crop_pixel=1000).shape == (40, 60)


def test_brightness_stays_within_its_range():
    gray = np.full((40, 60), 100, np.uint8)
    values = [int(only(gray, seed, brightness_variation=20)[0, 0]) for seed in range(40)]
    assert min(values) >= 80
    assert max(values) <= 120
    assert len(set(values)) > 10
    spot = only(gray, 3, brightness_variation_spot=60).astype(int) - 100
    assert 0 < np.abs(spot).max() <= 60
    assert np.abs(spot).max() > np.abs(spot).min()


@pytest.mark.parametrize("modern", [m for m in MODERN if m != "none"])
def test_torchvision_policies_are_repeatable(modern, textile_images):
    image = np.stack([np.atleast_3d(textile_images[0])[..., 0]] * 3, axis=2)
    made = [augment(image, Augmentation(modern=modern), np.random.default_rng([1, k])) for k in (0, 0, 1, 2, 3)]
    np.testing.assert_array_equal(made[0], made[1])
    assert all(a.shape == image.shape and a.dtype == np.uint8 for a in made)
    assert any(not np.array_equal(made[0], a) for a in made[2:])


def test_training_images_keep_their_size(textile_images):
    image = np.stack([np.atleast_3d(textile_images[0])[..., 0]] * 3, axis=2)
    everything = Augmentation(augmentation_percentage=100, rotate=15, crop_percentage=60, mirror="rc", erase=1.0)
    before = image.copy()
    for seed in range(12):
        assert augment(image, everything, np.random.default_rng(seed)).shape == image.shape
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(("values", "said"), [
    ({"augmentation_percentage": 0}, "1 to 100"), ({"rotate": 200}, "180"), ({"mirror": "x"}, "off"),
    ({"crop_percentage": "on"}, "off"), ({"brightness_variation": 999}, "255"), ({"modern": "mixup"}, "trivial"),
    ({"sharpness": 1}, "sharpness"), ({"rotate_range": True}, "180")])
def test_bad_values_are_refused(values, said):
    with pytest.raises(InvalidValue, match=said):
        Augmentation.from_dict(values)


def test_the_inner_rectangle_is_the_largest(image):
    for degrees in (10, 33, 45, 80):
        tilted = only(np.full((80, 120), 255, np.uint8), 0, rotate=degrees) if 360 % degrees else None
        if tilted is not None:
            assert math.prod(tilted.shape) > 0.1 * 80 * 120
