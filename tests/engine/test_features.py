"""Features are computed once for each content; the closed-form head is the discriminant it claims to be."""

import numpy as np
import pytest

from dlgui.engine import features
from dlgui.engine.discriminant import fit_dual, fit_primal
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.scanning import scan_images


@pytest.fixture(scope="module")
def samples(textile):
    paths = [f"{name}/{file.name}" for name in ("local", "nominal") for file in sorted((textile / name).iterdir())[:6]]
    return [(scan.path, scan.content_hash) for scan in scan_images(textile, paths)]


def test_features_are_cached_by_content(textile, samples, tmp_path, monkeypatch):
    preprocessing = Preprocessing(128, 128)
    first = features.extract("efficientnet_lite0", textile, samples, preprocessing, tmp_path)
    vectors = first.take(np.arange(12))
    assert vectors.shape[0] == 12
    assert np.isfinite(vectors).all()
    for file in tmp_path.glob("*.ids"):  # as after a kill: a hash was half written
        file.write_bytes(file.read_bytes() + b"half")
    monkeypatch.setattr(features, "load_batches", None)  # nothing may be computed again
    again = features.extract("efficientnet_lite0", textile, samples[::-1], preprocessing, tmp_path)
    np.testing.assert_array_equal(again.take(np.arange(12)), vectors[::-1])


def test_an_unreadable_image_does_not_stop_the_rest(textile, samples, tmp_path):
    broken = [("nowhere.png", "00" * 16), *samples[:2]]
    found = features.extract("efficientnet_lite0", textile, broken, Preprocessing(64, 64), tmp_path)
    assert list(found.failures) == [0]
    assert np.abs(found.take(np.arange(1, 3))).sum() > 0


def test_dual_and_primal_are_the_same_and_agree_with_scikit_learn():
    from sklearn.covariance import ledoit_wolf
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 200)
    x = random.normal(size=(200, 30)) + random.normal(size=(4, 30))[labels]
    new = random.normal(size=(50, 30))
    weight, bias = fit_primal(x.astype(np.float32), labels, 4)
    dual = fit_dual(x @ x.T, labels, 4, 30)
    scores = dual.scores(new @ x.T)
    np.testing.assert_allclose(scores - scores[:, :1], (new @ weight.T + bias) - (new @ weight.T + bias)[:, :1],
                               rtol=1e-3, atol=1e-3)
    means = np.stack([x[labels == c].mean(0) for c in range(4)])
    _, shrinkage = ledoit_wolf(x - means[labels], assume_centered=True)
    assert dual.shrinkage == pytest.approx(shrinkage, rel=0.02)
    reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=float(dual.shrinkage)).fit(x, labels)
    assert (reference.predict(new) == scores.argmax(1)).mean() > 0.95
