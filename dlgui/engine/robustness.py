"""How the accuracy falls when images get worse: blur, brightness, noise, rotation, JPEG compression.

The disturbances act on the image at the network's input size, whose pixels are what the network sees; their strengths
follow Hendrycks and Dietterich 2019 in kind, in plain units.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from dlgui.engine.classifier import Classifier
from dlgui.engine.progress import Progress

Disturb = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
BREAKS = 0.05
"""Loss of accuracy from which a disturbance is said to break a class."""

FEW = 5
"""The accuracy of a class of fewer images is too coarse to say where it breaks."""


@dataclass(frozen=True)
class Disturbance:
    """A way in which images get worse.

    Attributes:
        name: in the singular, lower case.
        unit: of its levels, as written behind a number.
        levels: from harmless to strong; the first changes nothing.
        apply: uint8 (H, W, C), level, random numbers to uint8 (H, W, C).
    """

    name: str
    unit: str
    levels: tuple[float, ...]
    apply: Disturb


def _blurred(image: np.ndarray, level: float, _: np.random.Generator) -> np.ndarray:
    return _picture(image, lambda p: p.filter(ImageFilter.GaussianBlur(level)))


def _brighter(image: np.ndarray, level: float, _: np.random.Generator) -> np.ndarray:
    return np.rint(image * (1 + level / 100)).clip(0, 255).astype(np.uint8)


def _noisy(image: np.ndarray, level: float, random: np.random.Generator) -> np.ndarray:
    return np.rint(image + random.normal(0, level, image.shape)).clip(0, 255).astype(np.uint8)


def _rotated(image: np.ndarray, level: float, random: np.random.Generator) -> np.ndarray:
    """Either way round; the corners are filled with the mirrored image, so that no black wedge gives it away."""
    height, width = image.shape[:2]
    y, x = min(height // 2, height - 1), min(width // 2, width - 1)
    wide = np.pad(image, ((y, y), (x, x), (0, 0)), mode="reflect")
    angle = level if random.random() < 0.5 else -level
    turned = _picture(wide, lambda p: p.rotate(angle, Image.Resampling.BILINEAR))
    return turned[y:y + height, x:x + width]


def _compressed(image: np.ndarray, level: float, _: np.random.Generator) -> np.ndarray:
    def through(picture: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=int(level))
        return Image.open(buffer)
    return _picture(image, through)


def _picture(image: np.ndarray, change: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    flat = image[..., 0] if image.shape[2] == 1 else image
    changed = np.asarray(change(Image.fromarray(flat)), np.uint8)
    return changed[..., None] if changed.ndim == 2 else changed


DISTURBANCES = (
    Disturbance("blur", "px", (0, 0.5, 1, 2, 4), _blurred),
    Disturbance("darkening", "%", (0, -10, -25, -40, -60), _brighter),
    Disturbance("brightening", "%", (0, 10, 25, 40, 60), _brighter),
    Disturbance("noise", "gray values", (0, 4, 8, 16, 32), _noisy),
    Disturbance("rotation", "°", (0, 2, 5, 10, 20), _rotated),
    Disturbance("JPEG compression", "quality", (100, 90, 70, 40, 15), _compressed),
)


@dataclass(frozen=True)
class Robustness:
    """Accuracies under one disturbance.

    Attributes:
        disturbance: what was done.
        accuracy: float64 (levels, classes), recall of each class; NaN for a class without images.
        overall: float64 (levels,), over all images.
        counts: int64 (classes,), images of each class.
    """

    disturbance: Disturbance
    accuracy: np.ndarray
    overall: np.ndarray
    counts: np.ndarray

    @property
    def told(self) -> np.ndarray:
        """bool (classes,): whether a class has enough images to speak of it."""
        return self.counts >= FEW

    def breaks_at(self, label: int | None = None) -> float | None:
        """The first level at which accuracy (overall, or of a class) is `BREAKS` below the undisturbed; None: none."""
        curve = self.overall if label is None else self.accuracy[:, label]
        low = np.flatnonzero(curve < curve[0] - BREAKS)
        return float(self.disturbance.levels[low[0]]) if len(low) else None


def measure(classifier: Classifier, pixels: np.ndarray, truth: np.ndarray, disturbance: Disturbance, *,
            place: np.ndarray | None = None, device: str = "auto", seed: int = 0,
            progress: Progress | None = None) -> Robustness:
    """Classifies images under every level of a disturbance.

    Args:
        classifier: is not changed.
        pixels: uint8 (n, H, W, C) at the network's size.
        truth: int (n,).
        disturbance: one of `DISTURBANCES`.
        place: int (outputs,), which class each output of the network is, where several are one; by default its own.
        device: where the network runs.
        seed: of noise and of directions; each image gets the same at any level.
        progress: advanced by one an image and level; the task is the caller's.
    """
    predictor = classifier.predictor(device)
    place = np.arange(len(classifier.classes)) if place is None else place
    k = int(place.max()) + 1
    right = np.zeros((len(disturbance.levels), len(pixels)), bool)
    for step, level in enumerate(disturbance.levels):
        for start in range(0, len(pixels), predictor.batch_size):
            places = range(start, min(start + predictor.batch_size, len(pixels)))
            disturbed = np.stack([pixels[i] if step == 0 else disturbance.apply(
                pixels[i], level, np.random.default_rng((seed, i))) for i in places])
            said = place[predictor.predict_pixels(disturbed).argmax(1)]
            right[step, start:places.stop] = said == truth[start:places.stop]
            if progress is not None:
                progress.advance(len(places))
    counts = np.bincount(truth, minlength=k)
    hits = np.stack([np.bincount(truth, weights=row, minlength=k) for row in right.astype(np.float64)])
    with np.errstate(invalid="ignore"):
        return Robustness(disturbance, hits / counts, right.mean(1), counts)


def in_words(found: Robustness, classes: Sequence[str]) -> str:
    """Where it breaks, as a sentence."""
    d, start = found.disturbance, 100 * found.overall[0]
    broken = {name: at for i, name in enumerate(classes) if found.told[i] and (at := found.breaks_at(i)) is not None}
    if not broken and found.breaks_at() is None:
        return f"{_named(d)}: holds up to {_level(d, d.levels[-1])} ({start:.0f} % → " \
               f"{100 * found.overall[-1]:.0f} %)."
    if not broken:
        return f"{_named(d)}: over all classes it breaks at {_level(d, found.breaks_at() or 0)}."
    first = min(broken, key=lambda name: d.levels.index(broken[name]))
    i, step = list(classes).index(first), d.levels.index(broken[first])
    text = (f"{_named(d)}: first to break is {first} at {_level(d, broken[first])} "
            f"({100 * found.accuracy[0, i]:.0f} % → {100 * found.accuracy[step, i]:.0f} %)")
    return f"{text}; {len(broken)} of {int(found.told.sum())} classes break up to {_level(d, d.levels[-1])}."


def _named(d: Disturbance) -> str:
    return d.name[0].upper() + d.name[1:]


def _level(d: Disturbance, level: float) -> str:
    return f"{d.unit} {level:g}" if d.unit == "quality" else f"{level:+g} {d.unit}" if d.apply is _brighter \
        else f"{level:g} {d.unit}"
