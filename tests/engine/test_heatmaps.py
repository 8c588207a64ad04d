"""Heatmaps: at the image's size, in its own coordinates, and where the defect is."""

import numpy as np
import pytest
from made_networks import gray, taught

from dlgui.engine import heatmaps
from dlgui.engine.pooling import Pooling
from dlgui.errors import InvalidValue


@pytest.mark.parametrize("method", heatmaps.METHODS)
@pytest.mark.parametrize("pooling", [None, Pooling(((1, ("mean", "max", "min", "std")),))])
def test_the_map_points_at_the_spot(method, pooling):
    classifier, image = taught(pooling)
    before = image.copy()
    found, = heatmaps.explain(classifier, [image], method=method, feature_size=16, sampling_size=8)
    np.testing.assert_array_equal(image, before)
    assert found.predicted == found.target == "spot"
    assert found.map.shape == (96, 96)
    assert found.map.dtype == np.float32
    assert found.map.min() >= 0
    assert found.map.max() == pytest.approx(1, abs=1e-4)
    if pooling or method != "confidence_based":  # the last stage's means hardly feel one square
        assert found.map[4:52, 44:92].mean() > 1.2 * found.map.mean()
    assert (found.maximum_deviation is not None) == (method == "confidence_based")


@pytest.mark.parametrize("resize", ["stretch", "fit", "crop"])
def test_maps_come_back_in_the_images_own_coordinates(resize):
    classifier, image = taught(Pooling(((1, ("mean", "max", "min", "std")),)), resize=resize)
    wide = np.concatenate([gray()[:, :48], image, gray()[:, :48]], axis=1)
    found, = heatmaps.explain(classifier, [wide], method="confidence_based", targets=["spot"], feature_size=16,
                              sampling_size=8)
    assert found.map.shape == (96, 192)
    assert found.map[4:52, 92:140].mean() > 1.2 * found.map.mean()


def test_a_batch_gives_what_single_images_give(textile_images):
    classifier, image = taught()
    images = [image, *textile_images[:2]]
    together = heatmaps.explain(classifier, images, targets=["spot", 0, None])
    for one, target, joint in zip(images, ["spot", 0, None], together, strict=True):
        alone, = heatmaps.explain(classifier, [one], targets=[target])
        np.testing.assert_allclose(alone.map, joint.map, atol=2e-3)
        assert joint.map.shape == one.shape[:2]


@pytest.mark.parametrize(("wrong", "said"), [
    ({"method": "magic"}, "grad_cam"), ({"targets": ["dust"]}, "target"), ({"feature_size": 0}, "feature_size"),
    ({"sampling_size": 2.5}, "sampling_size"), ({"targets": [0, 1]}, "one an image"),
])
def test_bad_values_are_refused(wrong, said):
    classifier, image = taught()
    with pytest.raises(InvalidValue, match=said):
        heatmaps.explain(classifier, [image], **wrong)


@pytest.mark.parametrize("table", heatmaps.COLOURS)
def test_colour_tables_and_overlay(table, textile_images):
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None]
    assert heatmaps.colour(ramp, table).shape == (1, 256, 3)
    plain = heatmaps.colour(ramp, table.removeprefix("inverse_")).astype(int)
    given = heatmaps.colour(ramp, table).astype(int)
    assert np.abs((plain[:, ::-1] if table.startswith("inverse_") else plain) - given).max() <= 1
    image = textile_images[0]
    nothing = heatmaps.overlay(image, np.zeros(image.shape[:2], np.float32), table)
    np.testing.assert_array_equal(nothing[..., 0], image if image.ndim == 2 else image[..., 0])
    with pytest.raises(InvalidValue):
        heatmaps.colour(ramp, "rainbow")
