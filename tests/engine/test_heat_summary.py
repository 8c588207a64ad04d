"""Averages, differences, and the proof: maps point at a planted defect, better than the peer's."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from made_networks import gray, taught

from dlgui.engine import heat_summary
from dlgui.engine.images import read_image
from dlgui.engine.pooling import STATISTICS, Pooling
from dlgui.engine.progress import Progress
from dlgui.errors import DlguiError, InvalidValue


@pytest.fixture(scope="module")
def benchmark():
    """The benchmark's own functions."""
    path = Path(__file__).parents[2] / "benchmarks" / "heatmap_quality.py"
    spec = importlib.util.spec_from_file_location("heatmap_quality", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_maps_meet_a_planted_defect(benchmark, textile):
    flawless = [read_image(path) for path in sorted((textile / "nominal").iterdir())[:100]]
    classifier, random = benchmark.learned(flawless[:76], size=160), np.random.default_rng(1)
    images, masks = zip(*(benchmark.planted(image, random) for image in flawless[76:]), strict=True)
    energy, hits, _ = benchmark.judged(benchmark.ours(classifier, "grad_cam"), list(images), list(masks))
    share = np.mean([mask.mean() for mask in masks])
    assert energy > 10 * share
    assert hits > 0.4
    try:
        peers = benchmark.peers(classifier)
    except ImportError:
        return  # pytorch-grad-cam comes with the extra `bench` only
    for name in ("GradCAM, deepest stage", "LayerCAM, all stages"):
        theirs = benchmark.judged(peers[name], list(images), list(masks))
        assert energy > theirs[0]
        assert hits >= theirs[1] - 0.1


def test_measures_of_quality():
    heat, region = np.zeros((40, 40), np.float32), np.zeros((40, 40), bool)
    region[10:20, 10:20] = True
    heat[15, 15], heat[30, 30] = 3, 1
    assert heat_summary.energy_inside(heat, region) == pytest.approx(0.75)
    assert heat_summary.energy_inside(np.zeros_like(heat), region) == 0
    assert heat_summary.pointing_hit(heat, region, 0)
    heat[30, 30] = 9
    assert not heat_summary.pointing_hit(heat, region, 15)  # 11 rows and columns away: more than 15 pixels
    assert heat_summary.pointing_hit(heat, region, 16)
    assert not heat_summary.pointing_hit(heat, np.zeros_like(region), 99)


def test_average_and_difference():
    classifier, image = taught(Pooling(((1, STATISTICS),)))
    progress = Progress()
    progress.task("averaging", 11)
    wide = np.concatenate([image, image], axis=1)
    found = heat_summary.average(classifier, [image] * 10 + [wide], "spot", progress=progress)
    assert (found.count, found.map.shape, found.picture.shape) == (11, (96, 96), (96, 96, 3))
    assert found.map[16:40, 56:80].mean() > 3 * found.map.mean()
    other = heat_summary.average(classifier, [gray()], "spot")
    change = heat_summary.difference(found.map, other.map)
    assert np.abs(change).max() == pytest.approx(1)
    assert heat_summary.diverging(np.array([[-1.0, 0.0, 1.0]])).tolist() == [[[5, 90, 170], [247, 247, 247],
                                                                                [217, 95, 2]]]
    with pytest.raises(DlguiError, match="no image"):
        heat_summary.average(classifier, [])
    with pytest.raises(InvalidValue):
        heat_summary.difference(found.map, found.map[1:])
