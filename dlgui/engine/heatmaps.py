"""Which parts of an image speak for a class: Grad-CAM, guided Grad-CAM, confidence-based (occlusion).

Sources: Selvaraju et al. 2017 (Grad-CAM, guided Grad-CAM), Zeiler and Fergus 2014 (occlusion), procedure
`dev_display_dl_classifier_heatmap`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from dlgui.engine import activation, devices
from dlgui.engine.classifier import Classifier
from dlgui.engine.evaluation import class_index
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.errors import InvalidValue

if TYPE_CHECKING:
    import torch

Target = str | int | Sequence[str | int] | None
"""A class, several of which the most confident counts, or None for all."""

METHODS = ("grad_cam", "guided_grad_cam", "confidence_based")
COLOURS = ("jet", "inverse_jet", "hot", "inverse_hot")
_BATCH = 8


@dataclass(frozen=True)
class Heatmap:
    """The map of one image.

    Attributes:
        map: float32 (height, width) in 0…1 at the image's own size; 0 says nothing, 1 most for the target.
        method: one of `METHODS`.
        target, target_confidence: the class explained, and its confidence.
        predicted, confidence: what the classifier says.
        maximum_deviation: of the target's confidence under occlusion; None for the other methods.
    """

    map: np.ndarray
    method: str
    target: str
    target_confidence: float
    predicted: str
    confidence: float
    maximum_deviation: float | None = None


def explain(classifier: Classifier, images: Sequence[np.ndarray], *, method: str = "grad_cam",
            targets: Sequence[Target] | None = None, feature_size: int = 30, sampling_size: int = 10,
            device: str = "cpu", progress: Progress | None = None) -> list[Heatmap]:
    """Heatmaps of images of any size.

    Args:
        classifier: is not changed.
        images: uint8 or floating point (H, W) or (H, W, C).
        method: one of `METHODS`.
        targets: a class (name or index) for each image, or several of which the most confident is explained; None for
            the predicted one.
        feature_size, sampling_size: side and step of the covering square in pixels of the network's input
            (confidence_based).
        device: where the network runs. Only guided Grad-CAM needs gradients through the whole network, and so torch.
        progress: one task, one unit an image.

    Raises:
        InvalidValue: unknown method, class, or sizes that are not allowed.
    """
    if method not in METHODS:
        raise InvalidValue("method", method, ", ".join(METHODS))
    for name, value in (("feature_size", feature_size), ("sampling_size", sampling_size)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= 4096:
            raise InvalidValue(name, value, "a whole number from 1 to 4096")
    if targets is not None and len(targets) != len(images):
        raise InvalidValue("targets", f"{len(targets)} classes", f"one an image: {len(images)}")
    wanted = [_indices(classifier, target) for target in targets or [None] * len(images)]
    if progress is not None:
        progress.task("explaining", len(images))
    found: list[Heatmap] = []
    head = classifier.head[0]
    for start in range(0, len(images), _BATCH):
        part = images[start:start + _BATCH]
        pixels = np.stack([classifier.preprocessing.pixels(image) for image in part])
        maps_of = None
        if method == "confidence_based":
            confidences = classifier.predictor(device).predict_pixels(pixels)
        else:
            confidences, maps_of = classifier.predictor(device).predict_with_maps(pixels)
        predicted = confidences.argmax(1)
        chosen = np.array([among[row[among].argmax()] for row, among in zip(
            confidences, wanted[start:start + _BATCH], strict=True)], np.int64)
        deviations: list[float | None] = [None] * len(part)
        if maps_of is None:
            maps, deviations = _occluded(classifier, pixels, confidences, chosen, feature_size, sampling_size, device)
        else:
            guided = method == "guided_grad_cam"
            cam = activation.class_activation(maps_of, classifier.pooling, activation.margin_weights(
                head, chosen), (pixels.shape[1], pixels.shape[2]))
            maps = list(_scaled_maps(_guided(classifier, pixels, chosen, cam, device) if guided else cam, guided))
        for i, image in enumerate(part):
            found.append(Heatmap(
                _mapped_back(maps[i], image, classifier.preprocessing), method, classifier.classes[chosen[i]],
                float(confidences[i, chosen[i]]), classifier.classes[predicted[i]],
                float(confidences[i, predicted[i]]), deviations[i]))
        if progress is not None:
            progress.advance(len(part))
    return found


def _indices(classifier: Classifier, target: Target) -> list[int]:
    if target is None:
        return list(range(len(classifier.classes)))
    among = [target] if isinstance(target, (str, int, np.integer)) else list(target)
    return [class_index(classifier.classes, t, "target") for t in among]


def colour(values: np.ndarray, table: str = "jet") -> np.ndarray:
    """Values (H, W) in 0…1 as uint8 (H, W, 3) colours of a table of `COLOURS`. Raises `InvalidValue`."""
    if table not in COLOURS:
        raise InvalidValue("colour table", table, ", ".join(COLOURS))
    x = np.clip(1 - values if table.startswith("inverse") else values, 0, 1)[..., None]
    if table.endswith("jet"):
        rgb = 1.5 - np.abs(4 * x - np.array([3.0, 2.0, 1.0]))
    else:
        rgb = 3 * x - np.array([0.0, 1.0, 2.0])
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def overlay(image: np.ndarray, values: np.ndarray, table: str = "jet", strength: float = 0.65) -> np.ndarray:
    """A map (H, W) over its image: uint8 (H, W, 3); where the map is 0 the image shows unchanged."""
    base = Preprocessing(image.shape[1], image.shape[0]).pixels(image).astype(np.float32) \
        if min(image.shape[:2]) >= 15 and max(image.shape[:2]) <= 4096 else _as_rgb(image).astype(np.float32)
    share = strength * np.clip(values, 0, 1)[..., None] ** 0.7
    return np.rint(base * (1 - share) + colour(values, table) * share).astype(np.uint8)


def _as_rgb(image: np.ndarray) -> np.ndarray:
    plain = image[..., :3] if image.ndim == 3 and image.shape[2] >= 3 else np.atleast_3d(image)[..., :1]
    return np.broadcast_to(plain, (*plain.shape[:2], 3)).clip(0, 255).astype(np.uint8)


def _scaled_maps(cam: np.ndarray, guided: bool = False) -> np.ndarray:
    """Maps (n, H, W) to 0…1, each by its own peak; single pixels would outshine the rest of a guided map."""
    flat = cam.reshape(len(cam), -1)
    peak = np.maximum(np.quantile(flat, 0.998, axis=1) if guided else flat.max(1), 1e-20)[:, None, None]
    return (np.minimum(cam, peak) / peak).astype(np.float32)


def _guided(classifier: Classifier, pixels: np.ndarray, targets: np.ndarray, cam: np.ndarray,
            device: str) -> np.ndarray:
    """Grad-CAM times guided backpropagation, (n, H, W)."""
    import torch

    device = devices.choose(device)
    module = classifier.torch_module().to(device)
    x = torch.from_numpy(classifier.preprocessing.scale(pixels)).permute(0, 3, 1, 2).to(device)
    fine = _guided_backpropagation(module, x, targets).float().cpu().numpy()
    return activation.smoothed(cam * fine, max(pixels.shape[1:3]) / 300)


def _margin(logits: torch.Tensor, targets: np.ndarray) -> torch.Tensor:
    """How far the target's logit is above the mean of the others (`activation.margin_weights`)."""
    import torch

    index = torch.from_numpy(targets).to(logits.device)[:, None]
    own = logits.gather(1, index)[:, 0]
    return own - (logits.sum(1) - own) / max(logits.shape[1] - 1, 1)


def _guided_backpropagation(module: Any, x: torch.Tensor, targets: np.ndarray) -> torch.Tensor:
    """|gradient| at the input (N, H, W) where activations let only positive gradients pass (Springenberg 2015)."""
    import torch
    from torch import nn

    kinds = (nn.ReLU, nn.ReLU6, nn.SiLU, nn.Hardswish, nn.GELU, nn.LeakyReLU)
    handles = [child.register_forward_hook(
        lambda _, __, out: out.register_hook(lambda g: g.clamp(min=0)) and None)
        for child in module.modules() if isinstance(child, kinds)]
    try:
        x = x.clone().requires_grad_()
        gradient, = torch.autograd.grad(_margin(module(x), targets).sum(), x)
    finally:
        for handle in handles:
            handle.remove()
    return gradient.abs().amax(1)


def _occluded(classifier: Classifier, pixels: np.ndarray, confidences: np.ndarray, targets: np.ndarray, feature: int,
              step: int, device: str) -> tuple[list[np.ndarray], list[float | None]]:
    predictor = classifier.predictor(device)
    height, width = pixels.shape[1:3]
    rows, columns = _starts(height, feature, step), _starts(width, feature, step)
    maps: list[np.ndarray] = []
    deviations: list[float | None] = []
    for image, base, target in zip(pixels, confidences, targets, strict=True):
        fill = np.rint(image.mean(axis=(0, 1))).astype(np.uint8)
        change, weight = np.zeros((height, width)), np.zeros((height, width))
        places = [(r, c) for r in rows for c in columns]
        for part in _chunks(places, 64):
            covered = np.repeat(image[None], len(part), axis=0)
            for i, (r, c) in enumerate(part):
                covered[i, r:r + feature, c:c + feature] = fill
            for (r, c), found in zip(part, predictor.predict_pixels(covered), strict=True):
                change[r:r + feature, c:c + feature] += base[target] - found[target]
                weight[r:r + feature, c:c + feature] += 1
        mean = change / weight
        deviations.append(float(np.abs(mean).max()))
        maps.append((mean.clip(min=0) / max(mean.max(), 1e-9)).astype(np.float32))
    return maps, deviations


def _starts(length: int, feature: int, step: int) -> list[int]:
    last = max(length - feature, 0)
    return sorted({*range(0, last + 1, step), last})


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start:start + size]


def _mapped_back(values: np.ndarray, image: np.ndarray, p: Preprocessing) -> np.ndarray:
    """From the network's input to the image's own coordinates."""
    top, left, height, width = p.domain_box(image)
    if p.resize == "stretch":
        part = _scaled(values, width, height)
    else:
        choose = min if p.resize == "fit" else max
        factor = choose(p.width / width, p.height / height)
        inner = (max(round(width * factor), 1), max(round(height * factor), 1))
        x, y = (p.width - inner[0]) // 2, (p.height - inner[1]) // 2
        canvas = np.zeros((inner[1], inner[0]), np.float32)
        canvas[max(-y, 0):max(-y, 0) + p.height, max(-x, 0):max(-x, 0) + p.width] = values[
            max(y, 0):max(y, 0) + inner[1], max(x, 0):max(x, 0) + inner[0]]
        part = _scaled(canvas, width, height)
    whole = np.zeros(image.shape[:2], np.float32)
    whole[top:top + height, left:left + width] = part
    return whole


def _scaled(values: np.ndarray, width: int, height: int) -> np.ndarray:
    if values.shape == (height, width):
        return values
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR)).clip(0, 1)
