"""What every network, label source and exporter must do."""

import numpy as np
import pytest

from dlgui.engine import backbones, exporters, labels, networks
from dlgui.engine.classifier import Classifier
from dlgui.engine.model_file import from_bytes, to_bytes
from dlgui.engine.preprocessing import Preprocessing
from dlgui.errors import DlguiError, InvalidValue

LARGE = {"vgg11_bn", "vit_b_16", "alexnet", "convnext_small", "resnet50", "convnext_tiny", "densenet121", "resnet34",
         "efficientnet_b1", "efficientnet_lite1"}
"""Shown by one test only, to keep the suite short: they share every line with a smaller relative."""

NETWORKS = [name for name in networks.names() if name not in LARGE]


@pytest.fixture(scope="module", params=NETWORKS)
def classifier(request):
    """A classifier of each network, with the weights that are at hand and a random linear layer."""
    info = networks.info(request.param)
    side = max(info.minimum_size, 64) if not info.fixed_size else info.width
    made = Classifier.pretrained(request.param, ["a", "b", "c"], Preprocessing(side, side),
                                 weights="imagenet" if info.source == "lite" else None)
    weight = np.random.default_rng(0).normal(size=made.head[0].shape).astype(np.float32)
    made.set_head(weight / np.sqrt(weight.shape[1]) / 3, np.zeros(3, np.float32), 2.0)
    return made


def test_every_network_predicts_trains_and_is_stored(classifier, textile_images):
    images = textile_images[:5]
    before = [image.copy() for image in images]
    one = classifier.predict(images, device="cpu")
    assert one.shape == (5, 3)
    assert np.isfinite(one).all()
    np.testing.assert_allclose(one.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(classifier.predict(images[::-1], device="cpu")[::-1], one, atol=1e-4)  # any order
    np.testing.assert_allclose(classifier.predict(images[:1], device="cpu"), one[:1], atol=1e-4)  # any batch
    pixels = np.stack([classifier.preprocessing.pixels(image) for image in images])
    from dlgui.engine.inference import Predictor

    by_torch = Predictor(classifier, "cpu", runtime="torch").predict_pixels(pixels)
    np.testing.assert_allclose(by_torch, one, atol=1e-3)
    np.testing.assert_allclose(from_bytes(to_bytes(classifier)).predict(images, device="cpu"), one, atol=1e-5)
    for image, kept in zip(images, before, strict=True):
        np.testing.assert_array_equal(image, kept)
    trained = from_bytes(to_bytes(classifier))
    trained.set_hyperparameters(batch_size=4, learning_rate=0.001)
    result = trained.train_batch(classifier.preprocessing.scale(pixels[:4]), [0, 1, 2, 0])
    assert np.isfinite(result.loss)
    assert not np.allclose(trained.predict(images, device="cpu"), one, atol=1e-6)


@pytest.mark.parametrize("name", sorted(LARGE))
def test_large_networks_are_registered_with_size_and_licence(name):
    info = networks.info(name)
    assert info.licence
    assert info.width >= info.minimum_size


def test_weights_that_cannot_be_had_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(DlguiError, match="resnet18"):
        backbones.pretrained("resnet18")


@pytest.mark.parametrize("source", [*labels.SOURCES, "csv"])
def test_every_label_source_lists_all_images(source, small_folder, tmp_path):
    paths = labels.list_files(small_folder)
    if source == "csv":
        file = tmp_path / "labels.csv"
        file.write_text("image,label\n" + "\n".join(f"{p},{p.split('/')[0]}" for p in paths))
        source = f"csv:{file}"
    listing = labels.read_listing(small_folder, source)
    assert [s.path for s in listing.samples] == paths
    assert listing.classes == sorted(set(listing.classes))
    assert (listing.classes == []) == (source == "none")


def test_unknown_label_sources_and_networks_are_refused(small_folder):
    with pytest.raises(InvalidValue, match=r"label source.*last_folder"):
        labels.read_listing(small_folder, "first_folder")
    with pytest.raises(InvalidValue, match=r"network.*efficientnet_lite0"):
        networks.info("no_such_network")


@pytest.fixture(scope="module")
def exported():
    made = Classifier.pretrained("efficientnet_lite0", ["a", "b"], Preprocessing(64, 64))
    weight = np.random.default_rng(1).normal(size=made.head[0].shape).astype(np.float32) / 60
    made.set_head(weight, np.zeros(2, np.float32), 1.5)
    return made


@pytest.mark.parametrize("kind", exporters.formats())
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_every_exporter_verifies_itself(kind, exported, textile_images, tmp_path):
    if kind == "openvino":
        pytest.importorskip("openvino")
    path = tmp_path / f"model.{ {'torch_export': 'pt2', 'openvino': 'xml'}.get(kind, kind)}"
    assert exporters.export(exported, kind, path, textile_images[:3]) <= exporters.TOLERANCE
    assert path.stat().st_size > 1000


def test_exports_carry_classes_and_preprocessing(exported, textile_images, tmp_path):
    import json

    import onnxruntime

    exporters.export(exported, "onnx", tmp_path / "m.onnx", textile_images[:1])
    metadata = onnxruntime.InferenceSession(tmp_path / "m.onnx").get_modelmeta().custom_metadata_map
    assert json.loads(metadata["dlgui.classes"]) == ["a", "b"]
    assert json.loads(metadata["dlgui.preprocessing"])["width"] == 64


def test_an_export_that_differs_is_removed(exported, textile_images, tmp_path, monkeypatch):
    monkeypatch.setattr(exporters, "TOLERANCE", -1.0)
    with pytest.raises(DlguiError, match="differ"):
        exporters.export(exported, "onnx", tmp_path / "m.onnx", textile_images[:1])
    assert not (tmp_path / "m.onnx").exists()
    with pytest.raises(InvalidValue, match=r"format.*onnx"):
        exporters.export(exported, "tflite", tmp_path / "m", textile_images[:1])
