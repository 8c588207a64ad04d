"""The one place that turns an image into network input: training, inference, heatmaps and export all come here.

Two steps, so that the first can be stored: `pixels` brings any image to uint8 gray values at the network's size,
`scale` brings those to the network's gray range. Source: operator `preprocess_dl_classifier_images`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
from PIL import Image

from dlgui.engine.images import picture_of
from dlgui.errors import InvalidValue

DOMAINS = ("full_domain", "crop_domain")
RESIZES = ("stretch", "fit", "crop")


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes network input.

    Attributes:
        width, height: input size in pixels, 15 … 4096.
        channels: 1 or 3.
        range_min, range_max: the gray values that stand for black and white.
        domain: `crop_domain` cuts a masked array to the bounding box of what is not masked;
            `full_domain` ignores masks.
        contrast_normalization: whether each image is stretched to 0…255.
        resize: `stretch` (the aspect may change), `fit` (padded with the border's mean) or `crop` (centre).
    """

    width: int = 224
    height: int = 224
    channels: int = 3
    range_min: float = -127.0
    range_max: float = 128.0
    domain: str = "full_domain"
    contrast_normalization: bool = False
    resize: str = "stretch"

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 15 <= value <= 4096:
                raise InvalidValue(f"image_{name}", value, "a whole number from 15 to 4096")
        if self.channels not in (1, 3):
            raise InvalidValue("image_num_channels", self.channels, "1 or 3")
        if not self.range_min < self.range_max:
            raise InvalidValue("image_range_max", self.range_max, f"a number above image_range_min = {self.range_min}")
        if self.domain not in DOMAINS:
            raise InvalidValue("domain_handling", self.domain, " or ".join(DOMAINS))
        if self.resize not in RESIZES:
            raise InvalidValue("resize", self.resize, ", ".join(RESIZES))

    def pixels(self, image: np.ndarray) -> np.ndarray:
        """Brings an image to the network's size and channels.

        Args:
            image: (H, W) or (H, W, C) with C = 1, 3 or 4; uint8, or floating point in range_min … range_max.
                Never changed.

        Returns:
            uint8 array (height, width, channels).

        Raises:
            InvalidValue: another shape or type, or values that are not finite.
        """
        image = self._crop_domain(_checked(image))
        if image.dtype != np.uint8:
            image = self._from_real(image)
        if image.ndim == 3 and image.shape[2] == 1:
            image = image[..., 0]
        if image.ndim == 3 and image.shape[2] == 4:
            image = (image[..., :3].astype(np.uint16) * image[..., 3:] // 255).astype(np.uint8)
        if (image.shape[1], image.shape[0]) != (self.width, self.height):
            image = self._resized(image)
        if self.contrast_normalization:
            image = _stretched(image)
        return np.array(self._with_channels(image), order="C")  # never a view of the caller's image

    def scale(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 gray values of any shape to float32 in range_min … range_max."""
        scaled = pixels.astype(np.float32)
        scaled *= np.float32((self.range_max - self.range_min) / 255.0)
        scaled += np.float32(self.range_min)
        return scaled

    def unscale(self, scaled: np.ndarray) -> np.ndarray:
        """The inverse of `scale`: floating point in range_min … range_max to uint8, clipped."""
        factor = 255.0 / (self.range_max - self.range_min)
        return np.rint((scaled.astype(np.float32) - self.range_min) * factor).clip(0, 255).astype(np.uint8)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Preprocessing:
        """The inverse of `to_dict`. Raises `InvalidValue` on unknown names or values that are not allowed."""
        known = {field.name: field.type for field in fields(cls)}
        for name in values:
            if name not in known:
                raise InvalidValue("preprocessing", name, ", ".join(known))
        try:
            return cls(**values)  # type: ignore[arg-type]
        except TypeError as problem:
            raise InvalidValue("preprocessing", dict(values), f"numbers and words ({problem})") from None

    def key(self) -> str:
        """A short hash of everything that decides what `pixels` returns."""
        deciding = {k: v for k, v in asdict(self).items() if not k.startswith("range")}
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:16]

    def domain_box(self, image: np.ndarray) -> tuple[int, int, int, int]:
        """Top, left, height and width of the part of an image that is used. Raises `InvalidValue` where it is empty."""
        if self.domain == "full_domain" or not _masked(image):
            return 0, 0, image.shape[0], image.shape[1]
        mask = np.ma.getmaskarray(image)
        inside = np.asarray(~mask if mask.ndim == 2 else ~np.all(mask, axis=2))
        if not inside.any():
            raise InvalidValue("image", "an empty domain", "an image with at least one pixel that is not masked")
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        return int(rows[0]), int(columns[0]), int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1

    def _crop_domain(self, image: np.ndarray) -> np.ndarray:
        top, left, height, width = self.domain_box(image)
        plain = np.asarray(image.data) if _masked(image) else image
        return plain[top:top + height, left:left + width]

    def _from_real(self, image: np.ndarray) -> np.ndarray:
        if not np.isfinite(image).all():
            raise InvalidValue("image", "values that are not finite", "finite gray values")
        if self.contrast_normalization:
            low, high = float(image.min()), float(image.max())
            return np.rint((image - low) * (255.0 / max(high - low, 1e-12))).astype(np.uint8)
        return self.unscale(image)

    def _resized(self, image: np.ndarray) -> np.ndarray:
        picture = picture_of(image)
        size = (self.width, self.height)
        if self.resize == "stretch":
            return np.asarray(picture.resize(size, Image.Resampling.BILINEAR))
        choose = min if self.resize == "fit" else max
        factor = choose(self.width / picture.width, self.height / picture.height)
        scaled = (max(round(picture.width * factor), 1), max(round(picture.height * factor), 1))
        picture = picture.resize(scaled, Image.Resampling.BILINEAR)
        left, top = (self.width - scaled[0]) // 2, (self.height - scaled[1]) // 2
        if self.resize == "crop":
            return np.asarray(picture.crop((-left, -top, self.width - left, self.height - top)))
        border = np.asarray(picture)
        edges = np.concatenate([border[0], border[-1], border[:, 0], border[:, -1]])
        colour = np.rint(edges.mean(axis=0)).astype(np.uint8)
        canvas = np.empty((self.height, self.width, *border.shape[2:]), np.uint8)
        canvas[:] = colour
        canvas[top:top + scaled[1], left:left + scaled[0]] = border
        return canvas

    def _with_channels(self, image: np.ndarray) -> np.ndarray:
        if image.ndim == 2:
            return np.repeat(image[..., None], self.channels, axis=2)
        if self.channels == 1:
            return np.asarray(Image.fromarray(image).convert("L"))[..., None]
        return image


def _masked(image: np.ndarray) -> bool:
    # np.ma is imported by its first use: not for a plain array
    return type(image) is not np.ndarray and isinstance(image, np.ma.MaskedArray)


def _checked(image: np.ndarray) -> np.ndarray:
    if not isinstance(image, np.ndarray):
        image = np.asarray(image)
    if image.ndim not in (2, 3) or 0 in image.shape or (image.ndim == 3 and image.shape[2] not in (1, 3, 4)):
        raise InvalidValue("image", f"an array of shape {image.shape}", "shape (H, W) or (H, W, C) with C = 1, 3 or 4")
    if image.dtype != np.uint8 and not np.issubdtype(image.dtype, np.floating):
        raise InvalidValue("image", f"values of type {image.dtype}", "uint8 or floating point")
    return image


def _stretched(image: np.ndarray) -> np.ndarray:
    low, high = int(image.min()), int(image.max())
    if high == low or (low, high) == (0, 255):
        return image
    return np.rint((image.astype(np.float32) - low) * (255.0 / (high - low))).astype(np.uint8)
