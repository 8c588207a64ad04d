"""`Classifier`: settings, weight updates, predictions."""

import gc
import weakref

import numpy as np
import pytest

from dlgui.engine.classifier import Classifier
from dlgui.engine.hyperparameters import Hyperparameters
from dlgui.engine.preprocessing import Preprocessing
from dlgui.errors import DlguiError, InvalidValue

SIZE = Preprocessing(96, 96)


@pytest.fixture
def classifier():
    made = Classifier.pretrained(classes=["cat", "dog"], preprocessing=SIZE)
    made.set_hyperparameters(batch_size=4, learning_rate=0.002)
    return made


@pytest.fixture(scope="module")
def batch(textile_images):
    images = [textile_images[0]] * 2 + [255 - textile_images[0]] * 2
    return np.stack([SIZE.scale(SIZE.pixels(image)) for image in images])


def test_updates_lower_the_loss_and_predictions_follow(classifier, batch):
    before = classifier.predict_scaled(batch)
    losses = [classifier.train_batch(batch, ["cat", "cat", "dog", "dog"]).loss for _ in range(8)]
    assert losses[0] == pytest.approx(np.log(2), rel=1e-5)
    assert losses[-1] < losses[0]
    after = classifier.predict_scaled(batch)
    assert after[0, 0] > before[0, 0]
    assert after[3, 1] > before[3, 1]


def test_a_network_is_given_back_without_pythons_collector(batch):
    made = Classifier.pretrained(classes=["cat", "dog"], preprocessing=SIZE)
    made.set_hyperparameters(batch_size=4)
    gc.collect()
    gc.disable()
    try:
        made.train_batch(batch, ["cat", "cat", "dog", "dog"])
        predictor = made.predictor("cpu")
        predictor.predict_scaled(batch)
        kept = weakref.ref(made.torch_module()), weakref.ref(predictor), weakref.ref(made)
        del made, predictor
        assert [one() for one in kept] == [None, None, None]
    finally:
        gc.enable()


def test_indices_are_names(classifier, batch):
    other = Classifier.pretrained(classes=["cat", "dog"], preprocessing=SIZE)
    other.set_hyperparameters(batch_size=4, learning_rate=0.002)
    for _ in range(2):
        a = classifier.train_batch(batch, ["cat", "dog", "dog", "cat"])
        b = other.train_batch(batch, [0, 1, 1, 0])
    assert a == b


def test_multiplied_batches_make_the_same_update(batch):
    results = []
    for size, times in ((4, 1), (2, 2)):
        made = Classifier.pretrained(classes=["cat", "dog"], preprocessing=SIZE)
        made.set_hyperparameters(batch_size=size, batch_size_multiplier=times)
        made.train_batch(batch, [0, 0, 1, 1])
        results.append(made.predict_scaled(batch))
    np.testing.assert_allclose(*results, atol=1e-5)


def test_loss_counts_class_weights_and_weight_prior(batch):
    made = Classifier.pretrained(classes=["cat", "dog"], preprocessing=SIZE)
    made.set_hyperparameters(batch_size=4, class_weights=(1.0, 3.0), weight_prior=0.01)
    weights = made.torch_module()
    squares = sum(float(m.weight.detach().square().sum()) for m in weights.modules()
                  if type(m).__name__ in ("Conv2d", "Conv2dSame", "Linear"))
    assert made.train_batch(batch, [0, 0, 1, 1]).loss == pytest.approx(np.log(2) + 0.005 * squares, rel=1e-4)


def test_out_of_memory_halves_the_parts_and_says_so(classifier, batch, caplog, monkeypatch):
    import torch

    trainer = classifier.trainer()
    maps = trainer.module.maps
    monkeypatch.setattr(trainer.module, "maps", lambda x: maps(x) if len(x) <= 2 else _no_memory(torch))
    result = classifier.train_batch(batch, [0, 0, 1, 1])
    assert result.count == 4
    assert "parts of 2 images" in caplog.text
    caplog.clear()
    classifier.train_batch(batch, [0, 0, 1, 1])
    assert caplog.text == ""


def _no_memory(torch):
    raise torch.OutOfMemoryError("none left")


def test_a_loss_that_is_not_finite_is_an_error(classifier, batch):
    with pytest.raises(DlguiError, match="smaller learning rate"):
        classifier.train_batch(np.full_like(batch, np.inf), [0, 0, 1, 1])


@pytest.mark.parametrize(("images", "labels", "complaint"), [
    (3, [0, 0, 1], "number of images: 3 is not allowed; use batch_size × batch_size_multiplier = 4"),
    (4, [0, 0, 1], "number of labels: 3"), (4, [0, 0, 1, 2], "label: 2"), (4, [0, 0, 1, "cow"], "label: 'cow'")])
def test_wrong_batches_are_refused(classifier, batch, images, labels, complaint):
    with pytest.raises(InvalidValue, match=complaint):
        classifier.train_batch(batch[:images], labels)


def test_unprepared_images_are_refused(classifier, textile_images):
    with pytest.raises(InvalidValue, match=r"image: 'an array of shape \(250, 250"):
        classifier.train_batch(textile_images[:4], [0, 0, 1, 1])


def test_training_needs_classes(batch):
    with pytest.raises(DlguiError, match="classes: not set"):
        Classifier.pretrained(preprocessing=SIZE).trainer()


@pytest.mark.parametrize("names", [["a", "a"], "ab", [""], [1]])
def test_wrong_class_names(classifier, names):
    with pytest.raises(InvalidValue, match="classes"):
        classifier.set_classes(names)


def test_other_classes_reset_the_linear_layer(classifier, batch):
    classifier.train_batch(batch, [0, 0, 1, 1])
    classifier.set_classes(["a", "b", "c"])
    np.testing.assert_allclose(classifier.predict_scaled(batch), 1 / 3, atol=1e-6)


@pytest.mark.parametrize(("name", "value"), [
    ("batch_size", 0), ("batch_size", 2.5), ("batch_size", True), ("batch_size_multiplier", -1), ("learning_rate", 0.0),
    ("learning_rate", float("nan")), ("learning_rate", "fast"), ("momentum", 1.0), ("weight_prior", -1),
    ("solver_type", "lbfgs"), ("batch_norm", "none"), ("class_weights", (0.0,)), ("class_weights", 3), ("nonsense", 1)])
def test_hyperparameters_are_checked_in_one_sentence(name, value):
    with pytest.raises(InvalidValue) as caught:
        Hyperparameters().changed(**{name: value})
    assert str(value) in str(caught.value) or name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_image_size_is_checked_against_the_network():
    with pytest.raises(InvalidValue, match="at least 63 × 63 for alexnet"):
        Classifier.pretrained("alexnet", weights=None, preprocessing=Preprocessing(32, 32))


def test_order_and_company_do_not_matter(textile_images):
    made = Classifier.pretrained(classes=["a", "b"], preprocessing=SIZE)
    weight = np.random.default_rng(0).normal(0, 0.05, (2, made.feature_length)).astype(np.float32)
    head = weight, np.zeros(2, np.float32)
    made.set_weights(made.backbone_weights(), head, frozen=True)
    copies = [image.copy() for image in textile_images[:5]]
    together = made.predict(copies)
    np.testing.assert_allclose(np.concatenate([made.predict([image]) for image in copies]), together, atol=1e-5)
    np.testing.assert_allclose(made.predict(copies[::-1])[::-1], together, atol=1e-5)
    for copy, image in zip(copies, textile_images, strict=False):
        np.testing.assert_array_equal(copy, image)
