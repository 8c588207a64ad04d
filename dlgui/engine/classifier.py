"""`Classifier`: a network with its classes, its preprocessing and its hyperparameters.

Frozen and fine-tuned classifiers are the same thing: backbone, pooled statistics, one linear layer, temperature. The
weights live as NumPy arrays until something needs torch; from then on the torch module is the authority.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.engine import backbones, networks
from dlgui.engine.backbones import Weights
from dlgui.engine.hyperparameters import Hyperparameters
from dlgui.engine.pooling import Pooling
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.rejection import Rejection
from dlgui.errors import DlguiError, InvalidValue

if TYPE_CHECKING:
    from dlgui.engine.inference import Predictor
    from dlgui.engine.progress import Progress
    from dlgui.engine.torch_network import Network
    from dlgui.engine.torch_training import Trainer

DEFAULT_NETWORK = "efficientnet_lite0"


@dataclass(frozen=True)
class TrainResult:
    """What one weight update gave.

    Attributes:
        loss: mean weighted cross-entropy over the batch plus weight_prior / 2 · Σ w² (halcon.md 6.4).
        correct: images of the batch that the network had right before the update.
        count: images in the batch.
    """

    loss: float
    correct: int
    count: int


class Classifier:
    """A network that tells classes of images apart.

    Args:
        network: name in the registry.
        classes: names, in the order of the outputs.
        preprocessing: how images become input.
        pooling: which statistics of which stages feed the linear layer.
        channels: channels of every stage of the whole backbone.
        weights: gives the backbone's arrays `stages.<i>.…` up to the pooling's last stage, when they are needed.
        head: weight (classes, length) and bias (classes,), float32; zeros when missing.
        temperature: the logits are divided by it before the softmax (calibration, Guo et al. 2017).
        frozen: whether the backbone still has its pretrained weights.
    """

    def __init__(self, network: str, classes: Sequence[str], preprocessing: Preprocessing, pooling: Pooling,
                 channels: Sequence[int], weights: Callable[[], Weights],
                 head: tuple[np.ndarray, np.ndarray] | None = None, temperature: float = 1.0, frozen: bool = True,
                 hyperparameters: Hyperparameters | None = None) -> None:
        self.network, self.preprocessing, self.pooling = networks.info(network).name, preprocessing, pooling
        self.channels, self.temperature, self.frozen = list(channels), float(temperature), frozen
        self.hyperparameters = hyperparameters or Hyperparameters()
        self.provenance: dict[str, Any] = {}
        self.metrics: dict[str, Any] = {}
        self.file_hash: str | None = None  # tells all that the answers depend on, as long as it is what a file holds
        self._rejection: Rejection | None = None
        self._load_weights = functools.cache(weights)
        self._module: Network | None = None
        self._trainer: Trainer | None = None
        self._predictor: Predictor | None = None
        self._head = head
        self._classes: list[str] = []
        self._name_classes(classes)
        if head is not None and head[0].shape != (len(self._classes), self.feature_length):
            raise DlguiError("head", f"shape {head[0].shape} where ({len(self._classes)}, {self.feature_length}) fits",
                             "use the model that was written with it")

    @classmethod
    def pretrained(cls, network: str = DEFAULT_NETWORK, classes: Sequence[str] = (),
                   preprocessing: Preprocessing | None = None, pooling: Pooling | None = None,
                   weights: str | None = "imagenet") -> Classifier:
        """A classifier on a pretrained backbone with a linear layer of zeros.

        Args:
            network: name in the registry.
            classes: class names; may be set later.
            preprocessing: by default the network's own size.
            pooling: by default mean and maximum of the last stage.
            weights: `imagenet`, or None for random ones.

        Raises:
            InvalidValue, DlguiError: unknown network; weights that cannot be had.
        """
        info = networks.info(network)
        files = backbones.pretrained(info.name) if weights else backbones.random(info.name)
        pooling = pooling or Pooling(((len(files.channels) - 1, ("mean", "max")),))
        preprocessing = preprocessing or Preprocessing(info.width, info.height)
        return cls(info.name, classes, _fitting(info, preprocessing), pooling, files.channels,
                   lambda: files.load(pooling.last_stage), frozen=bool(weights))

    @property
    def classes(self) -> list[str]:
        """Class names in the order of the outputs."""
        return list(self._classes)

    @property
    def feature_length(self) -> int:
        """Inputs of the linear layer."""
        return self.pooling.length(self.channels)

    @property
    def head(self) -> tuple[np.ndarray, np.ndarray]:
        """Weight (classes, length) and bias (classes,) of the linear layer, float32."""
        if self._module is not None:
            weight, bias = self._module.head.plain()
            return weight.cpu().numpy().copy(), bias.cpu().numpy().copy()
        if self._head is None:
            count = len(self._classes)
            self._head = np.zeros((count, self.feature_length), np.float32), np.zeros(count, np.float32)
        return self._head

    @property
    def rejection(self) -> Rejection | None:
        """When it should rather say nothing; None accepts everything. Lost with the weights it was made for."""
        return self._rejection

    def set_rejection(self, rule: Rejection | None) -> None:
        """Gives the rule, or takes it away. Raises `InvalidValue` where it is for other classes or features."""
        if rule is not None and len(rule.thresholds) != len(self._classes):
            raise InvalidValue("thresholds", len(rule.thresholds), f"one a class: {len(self._classes)}")
        if rule is not None and rule.novelty is not None and len(rule.novelty.centre) != self.feature_length:
            raise InvalidValue("novelty", len(rule.novelty.centre), f"features of length {self.feature_length}")
        self._rejection, self._predictor, self.file_hash = rule, None, None

    def set_classes(self, names: Sequence[str]) -> None:
        """Names the classes; another number of them resets the linear layer. Raises `InvalidValue`."""
        before = self._classes
        self._name_classes(names)
        if before != self._classes:
            self._keep_weights(self.backbone_weights())
            self._head, self.temperature = None, 1.0
            self._forget()

    def rename_classes(self, names: Sequence[str]) -> None:
        """Gives the classes other names; what the network says stays. Raises `InvalidValue` on another number."""
        if len(names) != len(self._classes):
            raise InvalidValue("classes", list(names), f"a name for each of {len(self._classes)} classes")
        self._name_classes(names)

    def set_preprocessing(self, **values: Any) -> None:
        """Changes the input (`width`, `height`, `channels`, …); the weights stay. Raises `InvalidValue`."""
        self.preprocessing = _fitting(networks.info(self.network), replace(self.preprocessing, **values))
        self._predictor = self.file_hash = None

    def set_hyperparameters(self, **values: Any) -> None:
        """Changes hyperparameters; raises `InvalidValue` and leaves all as it was."""
        changed = self.hyperparameters.changed(**values)
        if changed.class_weights and len(changed.class_weights) != len(self._classes):
            raise InvalidValue("class_weights", list(changed.class_weights), f"{len(self._classes)} numbers")
        solver_changed = (changed.solver_type, changed.batch_norm) != (
            self.hyperparameters.solver_type, self.hyperparameters.batch_norm)
        self.hyperparameters = changed
        if solver_changed:
            self._trainer = None

    def backbone_weights(self) -> Weights:
        """The backbone's arrays, `stages.<i>.…`."""
        if self._module is not None:
            state = self._module.backbone.state_dict()
            return {key: value.detach().cpu().numpy().copy() for key, value in state.items()}
        return self._load_weights()

    def set_weights(self, weights: Weights, head: tuple[np.ndarray, np.ndarray], frozen: bool) -> None:
        """Replaces all weights (arrays as `backbone_weights` and `head` give them)."""
        self._head, self.frozen = head, frozen
        self._keep_weights(weights)
        self._forget()

    def set_head(self, weight: np.ndarray, bias: np.ndarray, temperature: float = 1.0) -> None:
        """Replaces the linear layer and the temperature; the backbone stays."""
        wanted = (len(self._classes), self.feature_length)
        if weight.shape != wanted or bias.shape != wanted[:1]:
            raise InvalidValue("linear layer", f"{weight.shape} and {bias.shape}", f"{wanted} and {wanted[:1]}")
        if self._module is not None:
            self._keep_weights(self.backbone_weights())
        self._head, self.temperature = (weight.astype(np.float32), bias.astype(np.float32)), float(temperature)
        self._forget()

    def graph(self) -> Path:
        """The backbone's ONNX graph in the cache, exported on first use."""
        files = backbones.pretrained(self.network) if self.frozen else None
        return backbones.graph_of(self.network, self.backbone_weights(), files)

    def snapshot(self) -> Classifier:
        """The classifier as it is now, without what trains it or classifies fast.

        Whoever is kept by a classifier keeps a snapshot of it: two that keep each other live until Python's collector
        comes, and it would let go of a whole network at once, in the window's thread.
        """
        made = copy.copy(self)
        made._trainer = made._predictor = None
        return made

    def torch_module(self) -> Network:
        """The torch module, in evaluation mode."""
        if self._module is None:
            from dlgui.engine.torch_training import build_module

            self._module = build_module(self, self.backbone_weights(), self.head)
        return self._module.eval()

    def trainer(self, device: str = "cpu") -> Trainer:
        """What makes weight updates on this classifier; one at a time."""
        from dlgui.engine.torch_training import Trainer

        if not self._classes:
            raise DlguiError("classes", "not set", "set the classes before training")
        if self._trainer is None or self._trainer.device != device:
            self._trainer = Trainer(self, device)
        self.frozen, self._predictor, self._rejection, self.file_hash = False, None, None, None
        return self._trainer

    def train_batch(self, images: np.ndarray | Sequence[np.ndarray], labels: Sequence[int | str],
                    device: str = "cpu") -> TrainResult:
        """One weight update on one batch (operator `train_dl_classifier_batch`).

        Args:
            images: float32 (N, H, W, C) or a sequence of (H, W, C) arrays, preprocessed: gray values in
                range_min … range_max. N must be batch_size × batch_size_multiplier.
            labels: class names or indices.

        Raises:
            InvalidValue: wrong number, size or label.
        """
        batch = self.checked_batch(images)
        wanted = self.hyperparameters.batch_size * self.hyperparameters.batch_size_multiplier
        if len(batch) != wanted:
            raise InvalidValue("number of images", len(batch), f"batch_size × batch_size_multiplier = {wanted}")
        if len(labels) != len(batch):
            raise InvalidValue("number of labels", len(labels), f"one label an image: {len(batch)}")
        return self.trainer(device).step(batch, self.label_indices(labels))

    def label_indices(self, labels: Sequence[int | str]) -> np.ndarray:
        """Class names or indices to int64 indices. Raises `InvalidValue` on others."""
        position = {name: i for i, name in enumerate(self._classes)}
        indices = []
        for label in labels:
            index = position.get(label, -1) if isinstance(label, str) else int(label)
            if not 0 <= index < len(self._classes):
                raise InvalidValue("label", label, f"{', '.join(self._classes)}, or 0 … {len(self._classes) - 1}")
            indices.append(index)
        return np.array(indices, np.int64)

    def checked_batch(self, images: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
        """Preprocessed images as one float32 (N, H, W, C) array. Raises `InvalidValue` on the wrong size."""
        p = self.preprocessing
        wanted = (p.height, p.width, p.channels)
        arrays = [np.asarray(image) for image in images]
        arrays = [a[..., None] if a.ndim == 2 and p.channels == 1 else a for a in arrays]
        for array in arrays:
            if array.shape != wanted:
                raise InvalidValue("image", f"an array of shape {array.shape}", f"preprocessed images, {wanted}")
        return np.stack(arrays).astype(np.float32, copy=False) if arrays else np.empty((0, *wanted), np.float32)

    def predictor(self, device: str = "auto") -> Predictor:
        """What classifies fast; made anew after the weights changed."""
        from dlgui.engine.inference import Predictor

        if self._predictor is None or self._predictor.asked_device != device:
            self._predictor = Predictor(self, device)
        return self._predictor

    def predict(self, images: Sequence[np.ndarray | str | Path], device: str = "auto",
                progress: Progress | None = None) -> np.ndarray:
        """Confidences (n, classes), float32, of images of any size or of image files.

        Raises:
            UnreadableImage: a file that cannot be read (`Predictor.predict_paths` goes on instead).
        """
        from dlgui.engine.images import read_image

        arrays = (read_image(image) if isinstance(image, (str, Path)) else image for image in images)
        predictor, parts, pending = self.predictor(device), [], []
        for array in arrays:
            pending.append(self.preprocessing.pixels(array))
            if len(pending) == predictor.batch_size:
                parts.append(predictor.predict_pixels(np.stack(pending)))
                pending = []
                if progress is not None:
                    progress.advance(predictor.batch_size)
        if pending:
            parts.append(predictor.predict_pixels(np.stack(pending)))
        return np.concatenate(parts) if parts else np.empty((0, len(self._classes)), np.float32)

    def predict_scaled(self, batch: np.ndarray, device: str = "auto") -> np.ndarray:
        """Confidences of preprocessed float32 (N, H, W, C) gray values in range_min … range_max."""
        return self.predictor(device).predict_scaled(batch)

    def _name_classes(self, names: Sequence[str]) -> None:
        if isinstance(names, str) or not all(isinstance(name, str) and name for name in names):
            raise InvalidValue("classes", names, "a sequence of names that are not empty")
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if list(names).count(name) > 1})
            raise InvalidValue("classes", twice, "each name once")
        self._classes = list(names)

    def _keep_weights(self, weights: Weights) -> None:
        self._load_weights = functools.cache(lambda: weights)

    def _forget(self) -> None:
        self._module = self._trainer = self._predictor = self._rejection = self.file_hash = None


def _fitting(info: networks.NetworkInfo, preprocessing: Preprocessing) -> Preprocessing:
    width, height = preprocessing.width, preprocessing.height
    if info.fixed_size and (width, height) != (info.width, info.height):
        raise InvalidValue("image size", f"{width} × {height}", f"{info.width} × {info.height} for {info.name}")
    if min(width, height) < info.minimum_size:
        raise InvalidValue("image size", f"{width} × {height}",
                           f"at least {info.minimum_size} × {info.minimum_size} for {info.name}")
    return preprocessing
