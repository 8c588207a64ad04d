"""The running mean of the weights: steadier than the weights themselves while the learning rate is high.

Exponential moving average (Polyak and Juditsky 1992; Tarvainen and Valpola 2017); at first the plain mean of all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn


class WeightAverage:
    """Follows the parameters of a module.

    Args:
        module: its parameters are followed; its buffers are not.
        decay: share of the mean that stays at each update, 0 … below 1; 0 follows at once.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._parameters = list(module.parameters())
        self._decay = decay
        self._mean = [parameter.detach().clone() for parameter in self._parameters]

    def update(self, count: int) -> None:
        """Takes the parameters in, after update number `count`, from 1."""
        new = max(1 - self._decay, 1 / (count + 1))
        torch._foreach_lerp_(self._mean, [parameter.detach() for parameter in self._parameters], new)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """While it lasts the module has the mean as its weights."""
        own = [parameter.detach().clone() for parameter in self._parameters]
        self._set(self._mean)
        try:
            yield
        finally:
            self._set(own)

    def tensors(self) -> dict[str, torch.Tensor]:
        """The mean as named tensors, on the processor."""
        return {str(i): mean.cpu().contiguous() for i, mean in enumerate(self._mean)}

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """The inverse of `tensors`; without any the mean starts from the module's weights.

        Raises:
            KeyError, RuntimeError: they are of another module.
        """
        for i, (mean, parameter) in enumerate(zip(self._mean, self._parameters, strict=True)):
            mean.copy_(tensors[str(i)] if tensors else parameter.detach())

    @torch.no_grad()
    def _set(self, values: list[torch.Tensor]) -> None:
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(value)
