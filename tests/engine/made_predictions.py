"""Predictions drawn at random, for the tests."""

import numpy as np

from dlgui.engine.evaluation import Predictions


def random_predictions(n: int, k: int, seed: int = 0, *, unknown: float = 0.0, skill: float = 2.0) -> Predictions:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, k, n)
    logits = generator.normal(size=(n, k)).astype(np.float32)
    logits[np.arange(n), truth] += skill
    powers = np.exp(logits)
    truth[generator.random(n) < unknown] = -1
    return Predictions([f"class {i}" for i in range(k)], powers / powers.sum(1, keepdims=True), truth,
                       [f"folder/{i:06}.png" for i in range(n)])
