"""Networks that know one thing, for the tests."""

import numpy as np

from dlgui.engine.classifier import Classifier
from dlgui.engine.preprocessing import Preprocessing


def gray():
    """An image of noise, uint8 (96, 96, 3)."""
    return np.random.default_rng(0).integers(90, 110, (96, 96, 3)).astype(np.uint8)


def taught(pooling=None, at=(20, 60), side=16, **preprocessing):
    """A network that calls bright spots `spot`: the weights follow from two made-up images; and the spotted one.

    `at` is the upper left corner of the spot, `side` its length in pixels.
    """
    classifier = Classifier.pretrained(classes=["plain", "spot"], pooling=pooling,
                                       preprocessing=Preprocessing(**{"width": 96, "height": 96, **preprocessing}))
    plain, spotted = gray(), gray()
    spotted[at[0]:at[0] + side, at[1]:at[1] + side] = 255
    features = Classifier.pretrained(classes=["a"], pooling=classifier.pooling,
                                     preprocessing=classifier.preprocessing)
    _, maps = features.predictor("cpu").predict_with_maps(
        np.stack([classifier.preprocessing.pixels(i) for i in (plain, spotted)]))
    a, b = classifier.pooling.pool(maps)
    weight = (b - a) / np.square(b - a).sum() * 4
    classifier.set_head(np.stack([-weight, weight]), np.array([0.5, -0.5], np.float32) * float(weight @ (a + b)))
    return classifier, spotted
