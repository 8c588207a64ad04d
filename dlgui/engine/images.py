"""Any image file to an array, decoded right, and never at any price.

Eight-bit files come back as they are. Sixteen-bit integer files are scaled linearly from the type's full range to
0…255 (never stretched per image, so equal gray values stay equal across files); floating-point files in 0…1 are
scaled by 255, others are stretched from their minimum to their maximum.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from dlgui.errors import UnreadableImage

_STRIP = 1 << 20
"""Pixels that are copied at once."""

MAX_PIXELS = 178_956_970
"""Images beyond this many pixels are refused before they are decoded (decompression bombs); Pillow's own limit."""

_TIFF_SUFFIXES = {".tif", ".tiff"}


def read_image(path: str | Path) -> np.ndarray:
    """Reads one image file.

    Args:
        path: JPEG, PNG, BMP, TIFF (8/16-bit, float), GIF (first frame), WebP or PNM.

    Returns:
        uint8 array, (height, width) for gray or (height, width, 3) for RGB. The EXIF orientation is applied, palettes
        are resolved, CMYK is converted, transparency is laid over black.

    Raises:
        UnreadableImage: missing, empty, truncated, corrupt, foreign or too large; says which.
    """
    return _read(path, lambda pixels: pixels if pixels.dtype == np.uint8 else to_uint8(pixels))


def read_native(path: str | Path) -> np.ndarray:
    """Reads one image file with the gray values that are in it.

    Returns:
        like `read_image`, but 16-bit and floating-point files keep their values: uint8, uint16, int32 or float.

    Raises:
        UnreadableImage: as `read_image`.
    """
    return _read(path, np.asarray)


def _read(path: str | Path, convert: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    path = Path(path)
    try:
        if path.stat().st_size == 0:
            raise UnreadableImage(path, "the file is empty")
        with warnings.catch_warnings():
            # Pillow warns of half-broken metadata whose pixels are fine, and of large images that we bound ourselves.
            warnings.simplefilter("ignore")
            try:
                image = Image.open(path)
            except Image.UnidentifiedImageError:
                if path.suffix.lower() in _TIFF_SUFFIXES:
                    return convert(_read_tiff(path))
                raise
            with image:
                _check_size(path, *image.size)
                return convert(_to_array(image))
    except UnreadableImage:
        raise
    except FileNotFoundError:
        raise UnreadableImage(path, "the file does not exist", "restore the file or import the folder again",
                              "look again") from None
    except PermissionError:
        raise UnreadableImage(path, "the file may not be read", "change its permissions") from None
    except Image.DecompressionBombError:
        raise UnreadableImage(path, f"the image has more than {MAX_PIXELS:,} pixels", "scale it down") from None
    except Image.UnidentifiedImageError:
        raise UnreadableImage(path, "not an image of a known format") from None
    except MemoryError:
        raise UnreadableImage(path, "not enough memory to decode it", "scale it down") from None
    except Exception as problem:  # decoders raise nearly anything on hostile bytes: struct.error, SyntaxError, ...
        raise UnreadableImage(path, f"corrupt or truncated ({problem})") from problem


def image_size(path: str | Path) -> tuple[int, int]:
    """Width and height after EXIF rotation, from the header alone. Raises `UnreadableImage`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
                return (image.size[1], image.size[0]) if turned else image.size
    except Exception as problem:
        raise UnreadableImage(path, f"no readable image header ({problem})") from problem


def _check_size(path: Path, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise UnreadableImage(path, f"{width} × {height} is more than {MAX_PIXELS:,} pixels", "scale it down")


def _to_array(image: Image.Image) -> np.ndarray:
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return np.asarray(image)
    if image.mode in ("1", "L"):
        return _pixels(image, "L")
    if image.mode in ("LA", "La"):
        return _over_black(image.convert("LA"))
    if image.mode in ("RGBA", "RGBa", "PA") or "transparency" in image.info:
        return _over_black(image.convert("RGBA"))
    return _pixels(image, "RGB")


def _pixels(image: Image.Image, mode: str) -> np.ndarray:
    """An array of its own in another mode.

    Pillow copies with Python's lock in hand: a strip at a time, so that no other thread waits for all of a large image.
    """
    lines = max(_STRIP // image.width, 1)
    if image.height <= lines:
        return np.asarray(image if image.mode == mode else image.convert(mode)).copy()
    boxes = [(0, y, image.width, min(y + lines, image.height)) for y in range(0, image.height, lines)]
    return np.concatenate([np.asarray(image.crop(box).convert(mode)) for box in boxes])


def picture_of(pixels: np.ndarray) -> Image.Image:
    """A uint8 array (H, W) or (H, W, 3) as a Pillow image of its own memory, made a strip at a time like `_pixels`."""
    lines = max(_STRIP // pixels.shape[1], 1)
    if len(pixels) <= lines:
        return Image.fromarray(pixels)
    made = Image.new("L" if pixels.ndim == 2 else "RGB", (pixels.shape[1], len(pixels)))
    for y in range(0, len(pixels), lines):
        made.paste(Image.fromarray(pixels[y:y + lines]), (0, y))
    return made


def shrunk(pixels: np.ndarray, side: int) -> np.ndarray:
    """A uint8 array (H, W) or (H, W, 3), made smaller where a side is longer than `side`."""
    factor = side / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    height, width = (max(round(factor * n), 1) for n in pixels.shape[:2])
    return np.asarray(picture_of(pixels).resize((width, height), Image.Resampling.BILINEAR))


def _over_black(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image).astype(np.uint16)
    colour = (pixels[..., :-1] * pixels[..., -1:] + 127) // 255
    return colour.astype(np.uint8).squeeze(-1) if colour.shape[-1] == 1 else colour.astype(np.uint8)


def _read_tiff(path: Path) -> np.ndarray:
    """TIFF kinds that Pillow does not know: 16-bit RGB, floating-point RGB, planar layouts."""
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        _check_size(path, page.imagewidth, page.imagelength)
        pixels = page.asarray()
        axes = page.axes
    if "S" in axes and axes.index("S") == 0:
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.ndim == 3 and pixels.shape[-1] in (1, 2):
        pixels = pixels[..., 0]
    if pixels.ndim == 3:
        pixels = pixels[..., :3]
    if pixels.ndim not in (2, 3):
        raise UnreadableImage(path, f"{pixels.ndim} dimensions", "save one plane a file")
    return pixels.astype(np.uint8) * 255 if pixels.dtype == np.bool_ else pixels


def to_uint8(pixels: np.ndarray) -> np.ndarray:
    """Scales integer or floating-point gray values to uint8 by the rule at the top of this module.

    Args:
        pixels: any shape; uint8, uint16, int16, int32 (as Pillow gives 16-bit PNG), uint32 or floating point.
    """
    if pixels.dtype == np.uint8:
        return pixels.copy()
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * 255
    if np.issubdtype(pixels.dtype, np.floating):
        finite = np.nan_to_num(pixels.astype(np.float64), posinf=np.nan, neginf=np.nan, nan=np.nan)
        finite = np.nan_to_num(finite, nan=0.0)
        low, high = (0.0, 1.0) if finite.min(initial=0) >= 0 and finite.max(initial=0) <= 1 else (
            float(finite.min()), float(finite.max()))
    else:
        finite = pixels.astype(np.float64)
        low, high = (0.0, 65535.0)
        if finite.min(initial=0) < low or finite.max(initial=0) > high:
            low, high = float(finite.min()), float(finite.max())
    return np.rint((finite - low) * (255.0 / (high - low))).clip(0, 255).astype(np.uint8)
