"""One weight update, on any device: the inside of `train_dl_classifier_batch`."""

from __future__ import annotations

import logging
import weakref
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dlgui.engine import networks, torch_fusion
from dlgui.engine.backbones import Weights
from dlgui.engine.faults import out_of_memory
from dlgui.engine.torch_network import Backbone, Network, build_stages
from dlgui.errors import DlguiError

if TYPE_CHECKING:
    from dlgui.engine.classifier import Classifier, TrainResult

log = logging.getLogger("dlgui.training")
TYPICAL_SQUARED_LENGTH = 32.0
"""Of the input of the linear layer of networks that average their last map; longer ones learn slower."""

_NORMALIZATIONS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


def build_module(classifier: Classifier, weights: Weights, head: tuple[np.ndarray, np.ndarray]) -> Network:
    """The torch module of a classifier, on the processor, in evaluation mode.

    Raises:
        DlguiError: the weights do not fit the network.
    """
    info, p = networks.info(classifier.network), classifier.preprocessing
    stages = build_stages(info, pretrained=False)[:classifier.pooling.last_stage + 1]
    backbone = Backbone(info, stages, (p.range_min, p.range_max))
    module = Network(backbone, classifier.pooling, classifier.channels, len(classifier.classes))
    try:
        backbone.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in weights.items()})
    except RuntimeError as problem:
        raise DlguiError(classifier.network, "the weights do not fit the network",
                         "use the model file that was written with it") from problem
    with torch.no_grad():
        module.head.weight.copy_(torch.from_numpy(np.array(head[0])))
        module.head.bias.copy_(torch.from_numpy(np.array(head[1])))
    return module.eval()


class Trainer:
    """Makes weight updates on a classifier's torch module.

    Args:
        classifier: its hyperparameters are read anew at every step, so that they may change while training.
        device: `cpu`, `cuda:<i>` or `mps`; on CUDA the forward pass runs in automatic mixed precision.
    """

    def __init__(self, classifier: Classifier, device: str = "cpu") -> None:
        self.classifier, self.device = weakref.proxy(classifier), device  # which keeps its trainer, see `snapshot`
        self.module = classifier.torch_module().to(device)
        self.mixed = device.startswith("cuda")
        self.micro_batch: int | None = None
        self.clip_norm = 0.0
        self.module.to(memory_format=torch.channels_last)  # trains 1.6 times faster on processors too
        self._pairs: list[torch_fusion.Pair] | None = None
        self._decayed = _decayed_weights(self.module)
        self.optimizer = self._make_optimizer()
        self._scaler = torch.amp.GradScaler(enabled=self.mixed)

    def _make_optimizer(self) -> torch.optim.Optimizer:
        decayed = {id(p) for p in self._decayed}
        groups: list[dict[str, Any]] = []
        for part, module in (("backbone", self.module.backbone), ("head", self.module.head)):
            parameters = list(module.parameters())
            groups.append({"params": [p for p in parameters if id(p) in decayed], "part": part, "decay": True})
            groups.append({"params": [p for p in parameters if id(p) not in decayed], "part": part, "decay": False})
        groups = [group for group in groups if group["params"]]
        if self.classifier.hyperparameters.solver_type == "adam":
            return torch.optim.AdamW(groups, lr=1e-3, foreach=True)
        return torch.optim.SGD(groups, lr=1e-3, foreach=True)

    def _set_rates(self, squared_length: float) -> None:
        """The hyperparameters' rates; the linear layer's is normalized by the squared length of its input.

        Pooled maxima make that input long, and plain gradient descent on a long input diverges (normalized LMS,
        Nagumo and Noda 1967).
        """
        h = self.classifier.hyperparameters
        for group in self.optimizer.param_groups:
            factor = 1.0
            if group["part"] == "head":
                factor = h.head_learning_rate_factor
                if "betas" not in group:  # Adam normalizes by itself
                    factor *= TYPICAL_SQUARED_LENGTH / max(squared_length, TYPICAL_SQUARED_LENGTH)
            group["lr"] = h.learning_rate * factor
            group["weight_decay"] = h.weight_prior if group["decay"] else 0.0
            if "betas" in group:
                group["betas"] = (h.momentum, group["betas"][1])
            else:
                group["momentum"] = h.momentum

    def train_mode(self) -> None:
        """Training mode, with frozen normalization statistics where the hyperparameters say so."""
        self.module.train()
        if self.classifier.hyperparameters.batch_norm == "frozen":
            for module in self.module.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.eval()

    def frozen_normalization(self, example: torch.Tensor) -> AbstractContextManager[None]:
        """While it lasts, convolutions carry their normalization where its statistics are frozen."""
        if self.classifier.hyperparameters.batch_norm != "frozen" or self.mixed:
            return nullcontext()
        if self._pairs is None:
            self._pairs = torch_fusion.pairs(self.module, example[:1])
        return torch_fusion.fused(self._pairs)

    def step(self, scaled: np.ndarray, labels: np.ndarray) -> TrainResult:
        """One update on float32 (N, H, W, C) gray values and int64 (N,) class indices.

        The batch is worked off in micro-batches of `batch_size`; where the device runs out of memory they are halved
        and a warning is logged.

        Raises:
            DlguiError: the loss is no longer finite, or one image alone does not fit into memory.
        """
        with self.frozen_normalization(self._moved(torch.from_numpy(scaled[:1]).permute(0, 3, 1, 2))):
            self.train_mode()
            return self._step(scaled, labels)

    def _step(self, scaled: np.ndarray, labels: np.ndarray) -> TrainResult:
        micro = min(self.micro_batch or self.classifier.hyperparameters.batch_size, len(scaled))
        while True:
            try:
                return self._update(scaled, labels, micro)
            except (RuntimeError, MemoryError) as problem:
                if not out_of_memory(problem):
                    raise
                self.optimizer.zero_grad(set_to_none=True)
                if micro == 1:
                    raise DlguiError(f"device {self.device}",
                                     "out of memory with a single image; nothing that was learned is lost",
                                     "close other programs, or use a smaller image size or network") from problem
                micro //= 2
                self.micro_batch = micro
                if self.mixed:
                    torch.cuda.empty_cache()
                log.warning("out of memory: the batch is now worked off in parts of %d images", micro)

    def _update(self, scaled: np.ndarray, labels: np.ndarray, micro: int) -> TrainResult:
        from dlgui.engine.classifier import TrainResult

        h = self.classifier.hyperparameters
        weights = torch.tensor(h.class_weights, device=self.device) if h.class_weights else None
        all_labels = torch.from_numpy(labels).to(self.device)
        norm = weights[all_labels].sum() if weights is not None else torch.tensor(float(len(labels)))
        self.optimizer.zero_grad(set_to_none=True)
        loss_sum, correct, squared_length = 0.0, 0, 0.0
        for start in range(0, len(labels), micro):
            x = torch.from_numpy(scaled[start:start + micro]).permute(0, 3, 1, 2)
            y = all_labels[start:start + micro]
            with torch.autocast("cuda", enabled=self.mixed):
                pooled = self.module.pooled(self.module.maps(self._moved(x)))
                logits = self.module.head(pooled).float()
                inputs = self.module.head.inputs(pooled.detach())
                loss = functional.cross_entropy(logits, y, weights, reduction="sum") / norm.to(self.device)
            self._scaler.scale(loss).backward()
            loss_sum += float(loss.detach())
            squared_length += float(inputs.float().square().sum()) / len(labels)
            correct += int((logits.argmax(1) == y).sum())
        if not np.isfinite(loss_sum):
            raise DlguiError("training", f"the loss is no longer a number ({loss_sum}); the best network is kept",
                             "take a smaller learning rate; a tenth is a good try", "smaller rate")
        if h.weight_prior:
            with torch.no_grad():
                loss_sum += float(h.weight_prior / 2 * sum(p.square().sum() for p in self._decayed))
        self._set_rates(squared_length)
        if self.clip_norm:
            self._scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.clip_norm)
        self._scaler.step(self.optimizer)
        self._scaler.update()
        return TrainResult(loss_sum, correct, len(labels))

    def optimizer_tensors(self) -> dict[str, torch.Tensor]:
        """The optimizer's state as named tensors, `<parameter>.<quantity>`."""
        return {f"{index}.{name}": torch.as_tensor(value).detach().cpu().contiguous()
                for index, quantities in self.optimizer.state_dict()["state"].items()
                for name, value in quantities.items() if value is not None}

    def scaler_state(self) -> dict[str, Any]:
        """The state of the loss scaling; plain numbers."""
        return self._scaler.state_dict()

    def load_optimizer(self, tensors: dict[str, torch.Tensor], scaler: dict[str, Any]) -> None:
        """The inverse of `optimizer_tensors` and `scaler_state`."""
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in tensors.items():
            index, name = key.split(".", 1)
            state.setdefault(int(index), {})[name] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})
        if scaler:
            self._scaler.load_state_dict(scaler)

    def _moved(self, x: torch.Tensor) -> torch.Tensor:
        if not self.mixed:
            return x.to(self.device, memory_format=torch.channels_last)
        return x.pin_memory().to(self.device, non_blocking=True, memory_format=torch.channels_last)


def _decayed_weights(module: nn.Module) -> list[nn.Parameter]:
    found = []
    for child in module.modules():
        if not isinstance(child, _NORMALIZATIONS):
            found += [p for name, p in child.named_parameters(recurse=False) if name.endswith("weight")]
    return found
