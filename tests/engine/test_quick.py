"""Quick training: what competes, what is chosen, and that the network gives what the features promised."""

import numpy as np
import pytest

from dlgui.engine import backbones, features, quick
from dlgui.engine.classifier import Classifier
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Cancelled, Progress
from dlgui.engine.scanning import scan_images
from dlgui.errors import DlguiError


@pytest.fixture(scope="module")
def found(textile, tmp_path_factory):
    """Features of 45 images of each class, their labels and paths."""
    paths = [f"{name}/{file.name}" for name in ("global", "local", "nominal")
             for file in sorted((textile / name).iterdir())[:45]]
    samples = [(scan.path, scan.content_hash) for scan in scan_images(textile, paths)]
    preprocessing = Preprocessing(160, 160)
    extracted = features.extract("efficientnet_lite0", textile, samples, preprocessing,
                                 tmp_path_factory.mktemp("features"))
    return extracted, np.repeat([0, 1, 2], 45), paths, preprocessing


def test_the_network_gives_what_the_features_promised(found, textile):
    extracted, labels, paths, preprocessing = found
    channels = backbones.pretrained("efficientnet_lite0").channels
    fit = quick.fit(extracted, np.arange(135), labels, 3, channels)
    assert fit.top1_error <= min(fit.candidates.values()) + 0.03
    assert set(fit.members) <= set(fit.candidates)
    assert fit.top1_error < 0.45
    assert fit.held_out.shape == (135, 3)
    classifier = Classifier.pretrained("efficientnet_lite0", ["g", "l", "n"], preprocessing, fit.pooling)
    classifier.set_head(fit.weight, fit.bias, fit.temperature)
    promised = fit.confidences(extracted, np.arange(0, 135, 9), channels)
    given = classifier.predict([textile / p for p in paths[::9]], device="cpu")
    np.testing.assert_allclose(given, promised, atol=2e-3)
    again = quick.fit(extracted, np.arange(135), labels, 3, channels, members=fit.members)
    np.testing.assert_array_equal(again.weight, fit.weight)


def test_more_samples_than_compete(found, monkeypatch):
    extracted, labels, _, _ = found
    channels = backbones.pretrained("efficientnet_lite0").channels
    monkeypatch.setattr(quick, "CHOOSING", 60)
    monkeypatch.setattr(quick, "DUAL", 100)
    small = quick.candidates(10)["first 2"]
    fit = quick.fit(extracted, np.arange(135), labels, 3, channels, competing={"small": small})
    assert (fit.confidences(extracted, np.arange(135), channels).argmax(1) == labels).mean() > 0.7
    assert np.isfinite(fit.held_out).all()


def test_solving_for_many_samples_says_how_far_it_is_and_can_be_ended(found):
    extracted, labels, _, _ = found
    channels = backbones.pretrained("efficientnet_lite0").channels
    told = []

    def listen(report):
        told.append((report.task, report.done, report.total))
        if report.task == "solving" and report.done:
            progress.cancel()

    progress = Progress(listen)
    progress.OFTEN = 0.0
    with pytest.raises(Cancelled):
        quick.fit(extracted, np.tile(np.arange(135), 35), np.tile(labels, 35), 3, channels,
                  competing={"small": quick.candidates(10)["first 2"]}, progress=progress)
    assert told[-1] == ("solving", 1, 5)


def test_folds_keep_groups_and_classes():
    labels = np.repeat([0, 1], [40, 10])
    groups = [str(i // 2) for i in range(50)]
    fold = quick.folds(labels, groups, seed=1)
    assert all(fold[i] == fold[i + 1] for i in range(0, 50, 2))
    assert all(set(fold[labels == c]) == set(range(5)) for c in (0, 1))


def test_one_class_is_refused(found):
    extracted, _, _, _ = found
    with pytest.raises(DlguiError, match="two classes"):
        quick.fit(extracted, np.arange(135), np.zeros(135, np.int64), 1, [16] * 10)


@pytest.mark.parametrize(("sizes", "chosen"), [
    ([(250, 250)] * 3, (250, 250)), ([(100, 100)] * 3, (224, 224)), ([(250, 250), (251, 250)], (224, 224)),
    ([(4000, 3000)] * 2, (224, 224)), ([], (224, 224)),
])
def test_input_size(sizes, chosen):
    widths, heights = np.array([w for w, _ in sizes]), np.array([h for _, h in sizes])
    assert quick.choose_size("efficientnet_lite0", widths, heights) == chosen
