"""Convolutions that carry their frozen normalization compute the same and learn the same."""

import numpy as np
import pytest
import torch

from dlgui.engine.classifier import Classifier
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.torch_fusion import fused, pairs


@pytest.mark.parametrize("network", ["efficientnet_lite0", "resnet18", "mobilenet_v2", "densenet121"])
def test_outputs_and_gradients_are_the_same(network, textile_images):
    made = Classifier.pretrained(network, ["a", "b"], Preprocessing(64, 64),
                                 weights="imagenet" if "lite" in network else None)
    weight = np.random.default_rng(0).normal(size=made.head[0].shape).astype(np.float32) / 60
    made.set_head(weight, np.zeros(2, np.float32), 1.0)
    module = made.torch_module().double()
    pixels = np.stack([made.preprocessing.pixels(image) for image in textile_images[:4]])
    x = torch.from_numpy(made.preprocessing.scale(pixels)).permute(0, 3, 1, 2).double()
    found = pairs(module, x[:1])
    assert len(found) > 10

    def run():
        module.zero_grad()
        logits = module(x)
        torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 0, 1])).backward()
        return logits.detach(), [p.grad.clone() for p in module.parameters()]

    plain, gradients = run()
    with fused(found):
        same, same_gradients = run()
    torch.testing.assert_close(same, plain, rtol=1e-9, atol=1e-9)
    for a, b in zip(gradients, same_gradients, strict=True):
        torch.testing.assert_close(b, a, rtol=1e-6, atol=1e-9)
    assert "forward" not in vars(found[0][0])  # and nothing is left behind
