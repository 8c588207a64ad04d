"""The registry, its weights and the graphs made of them."""

import numpy as np
import pytest
from skimage import data

from dlgui.engine import backbones, networks, runtime
from dlgui.engine.classifier import Classifier
from dlgui.engine.inference import Predictor
from dlgui.engine.networks import NetworkInfo
from dlgui.engine.pooling import STATISTICS, Pooling
from dlgui.engine.preprocessing import Preprocessing
from dlgui.errors import InvalidValue

LITE = ["efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"]
UNTRAINED = ["resnet18", "mobilenet_v3_small", "alexnet", "efficientnet_b0", "convnext_tiny"]
TABBY_TO_EGYPTIAN = range(281, 286)
"""ImageNet's classes of house cats."""


@pytest.mark.parametrize("name", LITE)
def test_names_a_cat_a_cat(name):
    import timm
    import torch

    from dlgui.engine.torch_weights import load_lite

    info = networks.info(name)
    whole = timm.create_model("tf_" + name, pretrained=False)
    load_lite(whole, info)
    pixels = Preprocessing(info.width, info.height, resize="crop").pixels(data.chelsea())
    x = (torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255 - 0.5) / 0.5
    with torch.no_grad():
        top = whole.eval()(x).topk(3).indices[0].tolist()
    assert set(top) & set(TABBY_TO_EGYPTIAN)
    assert top[0] in TABBY_TO_EGYPTIAN


@pytest.mark.parametrize("name", LITE)
def test_graph_gives_the_maps_of_the_torch_backbone_at_any_size(name, textile_images):
    import torch

    from dlgui.engine.torch_network import Backbone, Network, build_stages

    files, info = backbones.pretrained(name), networks.info(name)
    pooling = runtime.all_statistics(range(len(files.channels)))
    backbone = Backbone(info, build_stages(info, pretrained=True), (0.0, 255.0))
    network = Network(backbone, pooling, files.channels, 2).eval()
    for size in (info.width, 131):
        pixels = np.stack([Preprocessing(size, size).pixels(image) for image in textile_images[:2]])
        figures = runtime.feature_session(files, pooling).run(pixels)
        with torch.no_grad():
            x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
            expected = network.pooled(network.maps(x)).numpy()
        np.testing.assert_allclose(figures, expected, atol=2e-3)


@pytest.mark.parametrize("name", UNTRAINED)
def test_every_network_predicts_alike_on_both_runtimes(name, textile_images):
    classifier = Classifier.pretrained(name, ["a", "b", "c"], weights=None)
    rng = np.random.default_rng(0)
    head = rng.normal(0, 0.05, (3, classifier.feature_length)).astype(np.float32), np.zeros(3, np.float32)
    classifier.set_weights(classifier.backbone_weights(), head, frozen=False)
    pixels = np.stack([classifier.preprocessing.pixels(image) for image in textile_images[:3]])
    fast = Predictor(classifier, runtime="onnx").predict_pixels(pixels)
    assert np.isfinite(fast).all()
    np.testing.assert_allclose(fast.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(fast, Predictor(classifier, runtime="torch").predict_pixels(pixels), atol=1e-4)
    np.testing.assert_allclose(fast[::-1], Predictor(classifier).predict_pixels(pixels[::-1]), atol=1e-5)


def test_a_network_without_weights_here_says_which_file_to_bring_and_where(monkeypatch):
    from urllib.error import URLError

    import torch

    def offline(*_, **__):
        raise URLError("no network")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", offline)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    with pytest.raises(Exception, match=r"resnet34: its ImageNet weights are not here.*bring that file.*resnet34\.pth"):
        backbones.pretrained("resnet34")


def test_unknown_network_is_refused_with_what_is_allowed():
    with pytest.raises(InvalidValue, match=r"network: 'nonsense' is not allowed; use efficientnet_lite0, "):
        networks.info("nonsense")


@pytest.mark.parametrize(("old", "new"), [
    ("pretrained_dl_classifier_compact.hdl", "efficientnet_lite0"),
    ("C:\\dl\\pretrained_dl_classifier_enhanced.hdl", "efficientnet_lite2"),
    ("pretrained_dl_classifier_resnet50", "resnet50"), ("my_own.hdl", None)])
def test_old_pretrained_files_have_successors(old, new):
    assert networks.pretrained_file(old) == new


def test_a_users_own_network(textile_images):
    from torch import nn

    networks.register(NetworkInfo("tiny", "user", 64, 64), lambda: [nn.Conv2d(3, 8, 3, 2), nn.Conv2d(8, 12, 3, 2)])
    classifier = Classifier.pretrained("tiny", ["a", "b"], pooling=Pooling(((0, ("mean",)), (1, STATISTICS))))
    assert classifier.feature_length == 8 + 4 * 12
    np.testing.assert_allclose(classifier.predict(textile_images[:2]), 0.5)


def test_pooling_columns_pick_the_same_figures():
    rich, channels = runtime.all_statistics(range(3)), [4, 5, 6]
    poor = Pooling(((2, ("max",)), (0, ("std", "mean"))))
    maps = {i: np.random.default_rng(i).normal(size=(2, c, 3, 3)) for i, c in enumerate(channels)}
    np.testing.assert_array_equal(rich.pool(maps)[:, poor.columns(rich, channels)], poor.pool(maps))
    assert Pooling.from_list(poor.to_list()) == poor


@pytest.mark.parametrize("threads", [1, 3])
def test_how_images_are_shared_out_among_threads_changes_nothing(threads, textile_images):
    files = backbones.pretrained("efficientnet_lite0")
    pooling = runtime.all_statistics(range(len(files.channels)))
    pixels = np.stack([Preprocessing(96, 96).pixels(image) for image in textile_images[:5]])
    session = runtime.feature_session(files, pooling, threads)
    one_by_one = np.concatenate([session.run(pixels[i:i + 1]) for i in range(len(pixels))])
    np.testing.assert_allclose(session.run(pixels), one_by_one, atol=2e-3)
    assert session.run(pixels[:0]).shape[0] == 0
