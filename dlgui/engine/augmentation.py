"""Random changes of training images: the eight methods of the old procedure `augment_images`, and torchvision's.

The classic methods follow the old rules: a percentage of the images is changed, each by exactly one of the enabled
methods. The modern ones, of torchvision.transforms.v2, apply to every image beforehand. All randomness comes from the
generator that the caller hands in, so that any image of any epoch can be made again alone.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from PIL import Image

from dlgui.engine import jitter
from dlgui.errors import InvalidValue

_GLOBAL_RANDOM = threading.Lock()
"""torchvision draws from torch's one generator: two threads at once would not be repeatable."""

MIRRORS = ("off", "auto", "r", "c", "rc", "cr")
MODERN = ("none", "trivial", "rand", "auto", "augmix")


@dataclass(frozen=True)
class Augmentation:
    """Which changes are made; the defaults change nothing.

    Attributes:
        augmentation_percentage: images that get a classic change, 1 … 100 percent; the number is rounded up.
        rotate: step in degrees; turns by a multiple of it, 1 … 180, 0 for off.
        rotate_range: turns by a whole number of degrees up to this in either direction, 1 … 180, 0 for off.
        mirror: `r` flips rows (upside down), `c` columns, `rc` either or both, `off`; `auto` is for fine-tuning to
            decide (`dlgui.engine.recipe.mirror`) and changes nothing by itself.
        crop_percentage: share of width and height that a crop at a random place keeps, 1 … 100, `off`.
        crop_pixel: side of a square crop at a random place in pixels, from 1, `off`.
        brightness_variation: adds one gray value of up to ± this, 1 … 255, 0 for off.
        brightness_variation_spot: adds a Gaussian spot with a peak of up to ± this, 1 … 255, 0 for off.
        modern: a torchvision v2 policy for every image: `trivial` (TrivialAugmentWide), `rand` (RandAugment), `auto`
            (AutoAugment), `augmix` (AugMix), or `none`.
        erase: probability that a random rectangle of an image is blanked (random erasing), 0 … 1.
        contrast, saturation, hue, blur, noise, zoom, grayscale: the single transforms of torchvision, for every image;
            see `dlgui.engine.jitter`.
    """

    augmentation_percentage: float = 50
    rotate: float = 0
    rotate_range: int = 0
    mirror: str = "off"
    crop_percentage: float | str = "off"
    crop_pixel: int | str = "off"
    brightness_variation: float = 0
    brightness_variation_spot: float = 0
    modern: str = "none"
    erase: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    zoom: float = 0.0
    grayscale: float = 0.0

    def __post_init__(self) -> None:
        _between("augmentation_percentage", self.augmentation_percentage, 1, 100)
        for name, most in (("rotate", 180), ("rotate_range", 180), ("brightness_variation", 255),
                           ("brightness_variation_spot", 255), ("erase", 1), *jitter.LIMITS.items()):
            _between(name, getattr(self, name), 0, most)
        if self.mirror not in MIRRORS:
            raise InvalidValue("mirror", self.mirror, ", ".join(MIRRORS))
        if self.crop_percentage != "off":
            _between("crop_percentage", self.crop_percentage, 1, 100, "off")
        if self.crop_pixel != "off":
            _between("crop_pixel", self.crop_pixel, 1, 1 << 20, "off")
        if self.modern not in MODERN:
            raise InvalidValue("modern", self.modern, ", ".join(MODERN))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Augmentation:
        """From names and values. Raises `InvalidValue`."""
        known = [f.name for f in fields(cls)]
        for name in values:
            if name not in known:
                raise InvalidValue("augmentation", name, ", ".join(known))
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    @property
    def methods(self) -> list[str]:
        """The classic methods that are enabled."""
        return [name for name in _METHODS if getattr(self, name) not in (0, "off", "auto")]

    @property
    def active(self) -> bool:
        """Whether anything is ever changed."""
        return bool(self.methods) or self.modern != "none" or self.erase > 0 or bool(self.jitter)

    @property
    def jitter(self) -> dict[str, float]:
        """The single transforms that are on, with their strengths."""
        return {name: getattr(self, name) for name in jitter.LIMITS if getattr(self, name) > 0}


def augment_images(images: Sequence[np.ndarray], augmentation: Augmentation,
                   random: np.random.Generator) -> list[np.ndarray]:
    """The old procedure: ceil(n · percentage) randomly chosen images are changed, each by one enabled method.

    Args:
        images: uint8 or floating point (H, W) or (H, W, C); gray values of floating point images are taken to lie in
            the same range of width 255 as those of bytes.
        augmentation: what may be done.
        random: decides what is done.

    Returns:
        New arrays in the same order; rotations that are not multiples of 90° and crops are smaller than the input.

    Raises:
        InvalidValue: no image.
    """
    if not len(images):
        raise InvalidValue("images", "none", "at least one image")
    methods = augmentation.methods
    count = math.ceil(len(images) * augmentation.augmentation_percentage / 100)
    chosen = set(random.permutation(len(images))[:count].tolist()) if methods else set()
    return [_classic(image, augmentation, str(random.choice(methods)), random) if i in chosen else image.copy()
            for i, image in enumerate(images)]


def augment(image: np.ndarray, augmentation: Augmentation, random: np.random.Generator) -> np.ndarray:
    """One training image: modern policy, single transforms, with the probability of the percentage one classic method.

    Args:
        image: uint8 (H, W, C) at the network's size.

    Returns:
        uint8 (H, W, C) of the same size.
    """
    height, width = image.shape[:2]
    if augmentation.modern != "none":
        image = _modern(image, augmentation.modern, random)
    if augmentation.jitter:
        image = jitter.apply(image, augmentation.jitter, random)
    methods = augmentation.methods
    if methods and random.random() * 100 < augmentation.augmentation_percentage:
        image = _classic(image, augmentation, str(random.choice(methods)), random)
    if image.shape[:2] != (height, width):
        image = _resized(image, width, height)
    if augmentation.erase and random.random() < augmentation.erase:
        image = _erased(image, random)
    return image


def _classic(image: np.ndarray, a: Augmentation, method: str, random: np.random.Generator) -> np.ndarray:
    return _METHODS[method](image, getattr(a, method), random)


def _rotate(image: np.ndarray, step: float, random: np.random.Generator) -> np.ndarray:
    most = max(int(360 // step) - (360 % step == 0), 1)  # a whole turn would change nothing
    return _turned(image, step * int(random.integers(1, most + 1)))


def _rotate_range(image: np.ndarray, most: float, random: np.random.Generator) -> np.ndarray:
    return _turned(image, int(random.integers(1, int(most) + 1)) * (1 if random.random() < 0.5 else -1))


def _turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """Turned counter-clockwise; cropped to the greatest upright rectangle without a corner of nothing."""
    if degrees % 90 == 0:
        return np.rot90(image, int(degrees // 90)).copy()
    height, width = image.shape[:2]
    planes = [np.asarray(Image.fromarray(plane).rotate(degrees, Image.Resampling.BILINEAR, expand=True))
              for plane in _planes(image)]
    turned = planes[0] if image.ndim == 2 else np.stack(planes, axis=2)
    inner_width, inner_height = _inner_rectangle(width, height, math.radians(degrees))
    top, left = (turned.shape[0] - inner_height) // 2, (turned.shape[1] - inner_width) // 2
    return turned[top:top + inner_height, left:left + inner_width].copy()


def _planes(image: np.ndarray) -> list[np.ndarray]:
    plain = image if image.dtype == np.uint8 else image.astype(np.float32)
    return [plain] if plain.ndim == 2 else [np.ascontiguousarray(plain[..., c]) for c in range(plain.shape[2])]


def _inner_rectangle(width: int, height: int, angle: float) -> tuple[int, int]:
    """Sides of the largest upright rectangle inside a turned one."""
    sine, cosine = abs(math.sin(angle)), abs(math.cos(angle))
    long, short = max(width, height), min(width, height)
    if short <= 2 * sine * cosine * long or abs(sine - cosine) < 1e-9:
        half = short / 2
        a, b = (half / sine, half / cosine) if width >= height else (half / cosine, half / sine)
    else:
        both = cosine * cosine - sine * sine
        a, b = (width * cosine - height * sine) / both, (height * cosine - width * sine) / both
    return max(int(a) - 1, 1), max(int(b) - 1, 1)


def _mirror(image: np.ndarray, axes: str, random: np.random.Generator) -> np.ndarray:
    rows, columns = axes == "r", axes == "c"
    while not (rows or columns):
        rows, columns = bool(random.random() < 0.5), bool(random.random() < 0.5)
    return image[::-1 if rows else 1, ::-1 if columns else 1].copy()


def _crop_percentage(image: np.ndarray, percent: float, random: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    return _cropped(image, max(int(width * percent / 100), 1), max(int(height * percent / 100), 1), random)


def _crop_pixel(image: np.ndarray, side: int, random: np.random.Generator) -> np.ndarray:
    return _cropped(image, min(int(side), image.shape[1]), min(int(side), image.shape[0]), random)


def _cropped(image: np.ndarray, width: int, height: int, random: np.random.Generator) -> np.ndarray:
    top = int(random.integers(0, image.shape[0] - height + 1))
    left = int(random.integers(0, image.shape[1] - width + 1))
    return image[top:top + height, left:left + width].copy()


def _brightness(image: np.ndarray, most: float, random: np.random.Generator) -> np.ndarray:
    return _added(image, np.float32(random.uniform(-most, most)))


def _spot(image: np.ndarray, most: float, random: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    deviation = random.uniform(0.5, 1.0) * width / 2
    y, x = np.mgrid[:height, :width]
    squared = (y - random.uniform(0, height)) ** 2 + (x - random.uniform(0, width)) ** 2
    spot = (random.uniform(-most, most) * np.exp(-squared / (2 * deviation ** 2))).astype(np.float32)
    return _added(image, spot if image.ndim == 2 else spot[..., None])


def _added(image: np.ndarray, value: np.ndarray | np.float32) -> np.ndarray:
    brighter = image.astype(np.float32) + value
    if image.dtype == np.uint8:
        return np.rint(brighter).clip(0, 255).astype(np.uint8)
    return brighter.clip(min(float(image.min()), -127.0), max(float(image.max()), 128.0)).astype(image.dtype)


_METHODS: dict[str, Any] = {
    "rotate": _rotate, "rotate_range": _rotate_range, "mirror": _mirror, "crop_percentage": _crop_percentage,
    "crop_pixel": _crop_pixel, "brightness_variation": _brightness, "brightness_variation_spot": _spot,
}


def _modern(image: np.ndarray, policy: str, random: np.random.Generator) -> np.ndarray:
    import torch
    from torchvision.transforms import v2

    make = {"trivial": v2.TrivialAugmentWide, "rand": v2.RandAugment, "auto": v2.AutoAugment, "augmix": v2.AugMix}
    with _GLOBAL_RANDOM, torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(random.integers(1 << 62)))
        changed = make[policy]()(torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))))
    return np.ascontiguousarray(changed.numpy().transpose(1, 2, 0))


def _erased(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    share, aspect = random.uniform(0.02, 0.2), math.exp(random.uniform(-1, 1))
    h = min(max(int(math.sqrt(share * height * width / aspect)), 1), height)
    w = min(max(int(math.sqrt(share * height * width * aspect)), 1), width)
    top, left = int(random.integers(0, height - h + 1)), int(random.integers(0, width - w + 1))
    erased = image.copy()
    erased[top:top + h, left:left + w] = np.rint(image.mean(axis=(0, 1))).astype(np.uint8)
    return erased


def _resized(image: np.ndarray, width: int, height: int) -> np.ndarray:
    planes = [np.asarray(Image.fromarray(p).resize((width, height), Image.Resampling.BILINEAR)) for p in _planes(image)]
    return planes[0] if image.ndim == 2 else np.stack(planes, axis=2)


def _between(name: str, value: object, low: float, high: float, also: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InvalidValue(name, value, f"a number from {low:g} to {high:g}" + (f", or '{also}'" if also else ""))
