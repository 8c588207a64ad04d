"""Images that are unlike the rest of their set."""

import numpy as np
from PIL import Image

from dlgui.engine import outliers


def test_sizes_that_are_not_the_usual_one():
    widths = np.array([100] * 9 + [64])
    found = outliers.odd_sizes(widths, np.full(10, 80))
    assert [(odd.index, odd.why) for odd in found] == [(9, "64 × 80, the others are 100 × 80")]
    assert outliers.odd_sizes(np.array([3, 4]), np.array([3, 4])) == []


def test_photographs_of_many_sizes_are_odd_only_by_far():
    rng = np.random.default_rng(0)
    widths, heights = rng.integers(300, 500, 50), rng.integers(300, 500, 50)
    assert outliers.odd_sizes(widths, heights) == []
    widths[7], heights[7] = 4000, 300
    assert [odd.index for odd in outliers.odd_sizes(widths, heights)] == [7]


def test_dark_bright_and_empty_images():
    rng = np.random.default_rng(0)
    means, deviations = rng.normal(120, 4, 60), np.full(60, 30.0)
    assert outliers.odd_brightness(means, deviations) == []
    means[3], means[5], deviations[8], means[9] = 10, 250, 0.5, np.nan
    found = {odd.index: odd.why.split(":")[0] for odd in outliers.odd_brightness(means, deviations)}
    assert found == {8: "empty", 3: "dark", 5: "bright"}


def test_brightness_of_a_file(tmp_path):
    Image.fromarray(np.full((40, 60), 77, np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    assert outliers.brightness(tmp_path / "a.png") == (77, 0)
    assert np.isnan(outliers.brightness(tmp_path / "b.png")).all()
