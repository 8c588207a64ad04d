"""Single random transforms as torchvision has them, drawn from the caller's generator so that each can be made again.

Meanings follow torchvision.transforms.v2: ColorJitter (contrast, saturation, hue), GaussianBlur, GaussianNoise,
RandomResizedCrop (zoom), RandomGrayscale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageFilter

LIMITS = {"zoom": 0.95, "contrast": 1, "saturation": 1, "hue": 0.5, "grayscale": 1, "blur": 10, "noise": 100}
"""Greatest strength of each transform, in the order in which they are applied."""

_GRAY = np.array([0.299, 0.587, 0.114], np.float32)


def apply(image: np.ndarray, strengths: Mapping[str, float], random: np.random.Generator) -> np.ndarray:
    """All the given transforms, one after the other.

    Args:
        image: uint8 (H, W, C) with C = 1 or 3; colour transforms leave gray images alone.
        strengths: name → strength above 0; contrast and saturation: a factor of 1 ± this; hue: ± this share of the
            colour circle; blur: largest deviation in pixels; noise: largest deviation in gray values; zoom: at least
            1 − this of the area stays; grayscale: a probability.
        random: decides.

    Returns:
        uint8 (H, W, C) of the same shape.
    """
    for name in LIMITS:
        if name in strengths:
            image = _TRANSFORMS[name](image, strengths[name], random)
    return image


def _contrast(image: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    factor = np.float32(random.uniform(1 - strength, 1 + strength))
    middle = np.float32(_gray(image).mean())
    return _bytes((image - middle) * factor + middle)


def _saturation(image: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    factor = np.float32(random.uniform(1 - strength, 1 + strength))
    if image.shape[2] != 3:
        return image
    gray = _gray(image)[..., None]
    return _bytes((image - gray) * factor + gray)


def _hue(image: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    turn = random.uniform(-strength, strength)
    if image.shape[2] != 3:
        return image
    circle = np.array(Image.fromarray(image).convert("HSV"))
    circle[..., 0] += np.uint8(round(turn * 255) % 256)  # a byte goes round as the circle does
    return np.array(Image.frombytes("HSV", image.shape[1::-1], circle.tobytes()).convert("RGB"))


def _grayscale(image: np.ndarray, probability: float, random: np.random.Generator) -> np.ndarray:
    if random.random() >= probability or image.shape[2] != 3:
        return image
    return np.repeat(_bytes(_gray(image))[..., None], 3, axis=2)


def _blur(image: np.ndarray, most: float, random: np.random.Generator) -> np.ndarray:
    filtering = ImageFilter.GaussianBlur(random.uniform(0, most))
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).filter(filtering)
    return np.array(picture).reshape(image.shape)


def _noise(image: np.ndarray, most: float, random: np.random.Generator) -> np.ndarray:
    deviation = np.float32(random.uniform(0, most))
    noise = random.standard_normal(image.shape, np.float32)
    noise *= deviation
    noise += image
    return _bytes(noise)


def _zoom(image: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    height, width = image.shape[:2]
    share = random.uniform(1 - strength, 1)
    aspect = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
    w = min(max(round(width * math.sqrt(share * aspect)), 1), width)
    h = min(max(round(height * math.sqrt(share / aspect)), 1), height)
    top, left = int(random.integers(0, height - h + 1)), int(random.integers(0, width - w + 1))
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return np.array(picture.resize((width, height), Image.Resampling.BILINEAR,
                                   (left, top, left + w, top + h))).reshape(image.shape)


_TRANSFORMS = {"contrast": _contrast, "saturation": _saturation, "hue": _hue, "grayscale": _grayscale, "blur": _blur,
               "noise": _noise, "zoom": _zoom}


def _gray(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float32) @ _GRAY if image.shape[2] == 3 else image[..., 0].astype(np.float32)


def _bytes(values: np.ndarray) -> np.ndarray:
    """Rounded, in place: copies of float images are what these transforms spend their time on."""
    return np.clip(np.rint(values, out=values), 0, 255, out=values).astype(np.uint8)
