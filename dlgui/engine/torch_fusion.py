"""Convolutions that carry their frozen normalization: the maps are passed over once instead of three times.

With frozen statistics a normalization layer is a factor and an offset a channel. Multiplied into the convolution's
weights, which are few, it costs nothing on the maps, which are many; the parameters and their gradients stay the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

Pair = tuple[nn.Conv2d, nn.modules.batchnorm._BatchNorm]


def pairs(module: nn.Module, example: torch.Tensor) -> list[Pair]:
    """Convolutions whose output goes straight into a normalization layer, found by running `example` once."""
    made: dict[int, nn.Conv2d] = {}
    found: list[Pair] = []
    alive: list[torch.Tensor] = []  # ids of tensors are unique only while they live

    def after_convolution(layer: nn.Module, _: Any, output: torch.Tensor) -> None:
        assert isinstance(layer, nn.Conv2d)
        made[id(output)] = layer
        alive.append(output)

    def before_normalization(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        assert isinstance(layer, nn.modules.batchnorm._BatchNorm)
        convolution = made.get(id(inputs[0]))
        if convolution is not None and layer.affine and layer.track_running_stats:
            found.append((convolution, layer))

    hooks = [m.register_forward_hook(after_convolution) for m in module.modules() if isinstance(m, nn.Conv2d)]
    hooks += [m.register_forward_pre_hook(before_normalization) for m in module.modules()
              if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    training = module.training
    try:
        module.eval()
        with torch.no_grad():
            module(example)
    finally:
        module.train(training)
        for hook in hooks:
            hook.remove()
    once = {id(layer): sum(layer is c for c, _ in found) for layer, _ in found}
    return [(c, n) for c, n in found if once[id(c)] == 1]


@contextmanager
def fused(found: list[Pair]) -> Iterator[None]:
    """While it lasts the normalization layers of the pairs only apply their activation, if they have one."""
    for convolution, normalization in found:
        convolution.forward = _convolution(convolution, normalization)  # type: ignore[method-assign]
        normalization.forward = _activation(normalization)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for convolution, normalization in found:
            del convolution.forward, normalization.forward


def _convolution(layer: nn.Conv2d, normalization: nn.modules.batchnorm._BatchNorm) -> Callable[..., torch.Tensor]:
    own = type(layer).forward  # may pad in its own way

    def forward(x: torch.Tensor) -> torch.Tensor:
        mean, variance = normalization.running_mean, normalization.running_var
        assert mean is not None
        assert variance is not None
        scale = normalization.weight * torch.rsqrt(variance + normalization.eps)
        offset = normalization.bias - mean * scale
        if layer.bias is not None:
            offset = offset + layer.bias * scale
        parameters = layer.__dict__["_parameters"]
        layer.__dict__["_parameters"] = {"weight": layer.weight * scale.view(-1, 1, 1, 1), "bias": offset}
        try:
            return own(layer, x)
        finally:
            layer.__dict__["_parameters"] = parameters
    return forward


def _activation(layer: nn.Module) -> Callable[..., torch.Tensor]:
    def forward(x: torch.Tensor) -> torch.Tensor:
        for name in ("drop", "act"):  # timm's layers hold their activation
            part = getattr(layer, name, None)
            x = part(x) if part is not None else x
        return x
    return forward
