"""The torch side of every network: staged backbone, pooled statistics, one linear layer.

One shape serves the frozen and the fine-tuned classifier alike: `Network.maps` gives the maps of the stages that the
pooling asks for, `Network.from_maps` pools them into the linear layer. Stages beyond the last one used do not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from dlgui.engine.networks import NetworkInfo, builder
from dlgui.engine.pooling import Pooling


class Backbone(nn.Module):
    """Stages run one after the other on gray values, which are normalized inside.

    Args:
        info: the network's entry (its mean and standard deviation).
        stages: modules; each maps (N, C, H, W) to (N, C', H', W').
        gray_range: the gray values of the input that stand for black and white.
    """

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self, info: NetworkInfo, stages: Iterable[nn.Module], gray_range: tuple[float, float]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        low, high = gray_range
        std, mean = torch.tensor(info.std), torch.tensor(info.mean)
        scale = 1.0 / ((high - low) * std)
        self.register_buffer("scale", scale.view(1, 3, 1, 1), persistent=False)
        self.register_buffer("shift", (-low * scale - mean / std).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """All maps of float32 (N, 1 or 3, H, W) gray values, stage after stage."""
        x = x * self.scale + self.shift  # one channel spreads over three here
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class Head(nn.Linear):
    """The linear layer; while a training lasts it may take its input standardized.

    Pooled figures of different stages differ in size by orders of magnitude; standardized ones learn alike fast.
    `centre` and `spread` (length,) are None where the input is taken as it is.
    """

    centre: torch.Tensor | None
    spread: torch.Tensor | None

    def __init__(self, length: int, num_classes: int) -> None:
        super().__init__(length, num_classes)
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)
        self.register_buffer("centre", None)
        self.register_buffer("spread", None)

    def standardize(self, centre: torch.Tensor, spread: torch.Tensor) -> None:
        """From now on the input is shifted by `centre` and divided by `spread`; what comes out stays the same."""
        self.centre, self.spread = (values.to(self.weight.device) for values in (centre, spread))
        with torch.no_grad():
            self.bias.add_(self.weight @ centre.to(self.weight.device))
            self.weight.mul_(spread.to(self.weight.device))

    def inputs(self, pooled: torch.Tensor) -> torch.Tensor:
        """What the weights are multiplied with: the pooled figures (N, length), standardized where that is on."""
        return pooled if self.centre is None or self.spread is None else (pooled - self.centre) / self.spread

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Logits (N, classes) of pooled figures (N, length)."""
        return super().forward(self.inputs(pooled))

    def plain(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight (classes, length) and bias (classes,) for figures that are not standardized."""
        weight, bias = self.weight.detach(), self.bias.detach()
        if self.centre is None or self.spread is None:
            return weight, bias
        weight = weight / self.spread
        return weight, bias - weight @ self.centre


class Network(nn.Module):
    """Backbone, pooled statistics, one linear layer.

    Args:
        backbone: stages up to (at least) the last one that `pooling` uses.
        pooling: which statistics of which stages feed the linear layer.
        channels: channels of every stage.
        num_classes: outputs.
    """

    def __init__(self, backbone: Backbone, pooling: Pooling, channels: list[int], num_classes: int) -> None:
        super().__init__()
        self.backbone, self.pooling = backbone, pooling
        self.head = Head(pooling.length(channels), num_classes)

    def maps(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Maps of `pooling.stages`, ascending; `x` is float32 (N, C, H, W) in the preprocessing's gray range."""
        maps = self.backbone(x)
        return [maps[stage] for stage in self.pooling.stages]

    def pooled(self, maps: list[torch.Tensor]) -> torch.Tensor:
        """The vector (N, length) that feeds the linear layer."""
        by_stage = dict(zip(self.pooling.stages, maps, strict=True))
        return torch.cat([_statistic(by_stage[stage], name) for stage, names in self.pooling.parts for name in names],
                         dim=1)

    def from_maps(self, maps: list[torch.Tensor]) -> torch.Tensor:
        """Logits (N, classes) of the maps that `maps` gave."""
        return self.head(self.pooled(maps))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, classes)."""
        return self.from_maps(self.maps(x))


def _statistic(maps: torch.Tensor, name: str) -> torch.Tensor:
    if name == "mean":
        return maps.mean(dim=(2, 3))
    if name == "max":
        return maps.amax(dim=(2, 3))
    if name == "min":
        return maps.amin(dim=(2, 3))
    centred = maps - maps.mean(dim=(2, 3), keepdim=True)
    return (centred.square().mean(dim=(2, 3)) + 1e-12).sqrt()


def build_stages(info: NetworkInfo, pretrained: bool) -> list[nn.Module]:
    """The stages of a network, with or without its ImageNet weights.

    Raises:
        DlguiError: the weights are neither installed nor fetchable; names the file to bring and where to put it.
    """
    if info.source == "user":
        return list(builder(info.name)())
    from dlgui.engine import torch_weights

    if info.source == "lite":
        import timm

        whole = timm.create_model("tf_" + info.name, pretrained=False)
        if pretrained:
            torch_weights.load_lite(whole, info)
        return _lite_stages(whole)
    if info.source == "timm":
        return [TimmFeatures(torch_weights.timm_features(info, pretrained))]
    whole = torch_weights.torchvision_network(info, pretrained)
    return _vision_stages(whole)


def _lite_stages(whole: Any) -> list[nn.Module]:
    """The first block is taken apart: defects of a few pixels are seen before its narrow last convolution."""
    blocks = list(whole.blocks)
    first = blocks[0][0]
    return [nn.Sequential(whole.conv_stem, whole.bn1), nn.Sequential(first.conv_dw, first.bn1),
            nn.Sequential(first.conv_pw, first.bn2), *blocks[1:], nn.Sequential(whole.conv_head, whole.bn2)]


def _vision_stages(whole: Any) -> list[nn.Module]:
    if hasattr(whole, "layer4"):  # the residual family
        stem = nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool)
        return [nn.Sequential(stem, whole.layer1), whole.layer2, whole.layer3, whole.layer4]
    if hasattr(whole, "encoder"):  # the vision transformers
        return [TransformerStage(whole)]
    features = list(whole.features)
    if type(whole).__name__ == "DenseNet":
        features.append(nn.ReLU())
    return _by_resolution(features)


def _by_resolution(layers: list[nn.Module]) -> list[nn.Module]:
    """Groups consecutive layers whose maps have one size into stages; every stage has weights."""
    groups: list[list[nn.Module]] = []
    x, last = torch.zeros(1, 3, 128, 128), None
    with torch.no_grad():
        for layer in layers:
            training = layer.training
            x = layer.eval()(x)
            layer.train(training)
            if x.shape[-2:] == last:
                groups[-1].append(layer)
            else:
                groups.append([layer])
            last = x.shape[-2:]
    if not any(layer.state_dict() for layer in groups[-1]):
        groups[-2:] = [groups[-2] + groups[-1]]
    return [nn.Sequential(*group) for group in groups]


class TransformerStage(nn.Module):
    """A torchvision vision transformer as one stage: its patch tokens laid out as a map (N, C, H / 16, W / 16)."""

    def __init__(self, transformer: Any) -> None:
        super().__init__()
        self.patches, self.encoder = transformer.conv_proj, transformer.encoder
        self.class_token = transformer.class_token

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.patches(x)
        count, channels, height, width = x.shape
        tokens = x.reshape(count, channels, height * width).permute(0, 2, 1)
        tokens = self.encoder(torch.cat([self.class_token.expand(count, -1, -1), tokens], dim=1))
        return tokens[:, 1:].permute(0, 2, 1).reshape(count, channels, height, width)


class TimmFeatures(nn.Module):
    """The deepest map of a timm network as one stage."""

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.features(x)[-1]


def channels_of(backbone: Backbone, size: int) -> list[int]:
    """Channels of every stage, found by running one black image of `size` pixels."""
    training = backbone.training
    backbone.eval()
    with torch.no_grad():
        channels = [int(maps.shape[1]) for maps in backbone(torch.zeros(1, 3, size, size))]
    backbone.train(training)
    return channels
