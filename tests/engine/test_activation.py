"""Grad-CAM in closed form says what automatic differentiation says."""

import numpy as np
import pytest
from made_networks import taught

from dlgui.engine import activation
from dlgui.engine.pooling import STATISTICS, Pooling


@pytest.mark.parametrize("statistics", [*((s,) for s in STATISTICS), STATISTICS])
def test_the_closed_form_is_what_autograd_gives(statistics):
    import torch

    from dlgui.engine.torch_network import _statistic

    random = np.random.default_rng(3)
    maps = random.normal(size=(2, 5, 7, 6)).astype(np.float32)
    maps[:, 1] = maps[:, 1].clip(0)  # many equal minima, as behind every ReLU
    weights = {s: random.normal(size=(2, 5)).astype(np.float32) for s in statistics}
    m = torch.from_numpy(maps).requires_grad_()
    value = sum((_statistic(m, s) * torch.from_numpy(w)).sum() for s, w in weights.items())
    gradient, = torch.autograd.grad(value, m)
    gradient, parts = gradient.numpy(), list(weights.items())
    wanted = (gradient * (maps - maps.mean(axis=(2, 3), keepdims=True))).sum(1)
    np.testing.assert_allclose(activation.local_activations(maps, parts).sum(1), wanted, atol=1e-5)
    wanted = (gradient.mean(axis=(2, 3), keepdims=True) * maps).sum(1)
    np.testing.assert_allclose(activation.plain_activation(maps, parts), wanted, atol=1e-5)


def test_enlarging_is_torchs_bilinear_interpolation():
    import torch

    small = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    wanted = torch.nn.functional.interpolate(torch.from_numpy(small)[None], (20, 33), mode="bilinear")[0].numpy()
    np.testing.assert_allclose(activation.enlarged(small, (20, 33)), wanted, atol=1e-5)
    np.testing.assert_allclose(activation.enlarged(small, (5, 7)), small, atol=1e-6)
    assert activation.enlarged(small[:, :1, :1], (4, 4)).shape == (2, 4, 4)


def test_both_runtimes_give_the_same_maps_and_confidences():
    from dlgui.engine.inference import Predictor

    classifier, image = taught(Pooling(((1, STATISTICS), (4, ("mean",)))))
    pixels = classifier.preprocessing.pixels(image)[None]
    for found, wanted in zip(*(Predictor(classifier, "cpu", runtime=r).predict_with_maps(pixels)[1].values()
                               for r in ("onnx", "torch")), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-3)
    confidences, maps = classifier.predictor("cpu").predict_with_maps(pixels)
    np.testing.assert_allclose(confidences, classifier.predictor("cpu").predict_pixels(pixels), atol=1e-6)
    assert list(maps) == [1, 4]


@pytest.mark.parametrize(("stage", "statistics"), [(1, ("mean", "max")), (3, ("mean",))])
def test_a_single_early_stage_points_at_what_it_sees(stage, statistics):
    """Averaged gradients of an early stage would light up all of the image."""
    from dlgui.engine.heat_summary import energy_inside
    from dlgui.engine.heatmaps import explain

    classifier, image = taught(Pooling(((stage, statistics),)))
    spot = np.zeros(image.shape[:2], bool)
    spot[14:42, 54:82] = True
    found, = explain(classifier, [image], targets=["spot"])
    assert spot[np.unravel_index(found.map.argmax(), spot.shape)]
    assert energy_inside(found.map, spot) > 0.6
