"""Disturbances do what they say, and the accuracy under them is measured."""

import numpy as np
import pytest
from made_networks import gray, taught

from dlgui.engine import robustness
from dlgui.engine.pooling import STATISTICS, Pooling
from dlgui.engine.progress import Cancelled, Progress

BY_NAME = {d.name: d for d in robustness.DISTURBANCES}


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_disturbance_grows_with_its_level(name, channels, textile_images):
    d = BY_NAME[name]
    image = np.atleast_3d(textile_images[0])[..., :channels]
    change = []
    for level in d.levels[1:]:
        worse = d.apply(image, level, np.random.default_rng(0))
        assert (worse.shape, worse.dtype) == (image.shape, np.uint8)
        change.append(float(np.abs(worse.astype(int) - image).mean()))
    assert change[0] > 0 or name == "JPEG compression"
    assert change[-1] > change[0]
    if name != "rotation":
        assert change == sorted(change)


def test_where_a_class_breaks_is_measured_and_said():
    classifier, spotted = taught(Pooling(((1, STATISTICS),)))
    pixels = np.stack([gray()] * 3 + [spotted] * 5)
    truth = np.array([0] * 3 + [1] * 5)
    found = robustness.measure(classifier, pixels, truth, BY_NAME["darkening"])
    assert found.counts.tolist() == [3, 5]
    assert found.accuracy[0].tolist() == [1, 1]
    assert found.overall[0] == 1
    at = found.breaks_at(1)
    assert at in BY_NAME["darkening"].levels[1:]  # a dark spot is no bright spot any more
    text = robustness.in_words(found, classifier.classes)
    assert "spot" in text
    assert f"{at:+g} %" in text
    harmless = robustness.measure(classifier, pixels, truth, BY_NAME["JPEG compression"])
    if harmless.breaks_at(0) is None and harmless.breaks_at(1) is None:
        assert "holds up to quality 15" in robustness.in_words(harmless, classifier.classes)
    stopped = Progress()
    stopped.task("disturbing")
    stopped.cancel()
    with pytest.raises(Cancelled):
        robustness.measure(classifier, pixels, truth, BY_NAME["noise"], progress=stopped)
