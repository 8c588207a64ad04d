"""Images as the operators take them: handles, NumPy arrays and sequences of both."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlgui.engine import images as files
from dlgui.engine.storage import write_atomically
from dlgui.errors import UnreadableImage
from dlgui.halcon.errors import operator, refuse


class HObject:
    """One or more images: arrays (H, W) or (H, W, C), uint8 ("byte") or float32 ("real")."""

    def __init__(self, arrays: Sequence[np.ndarray] = ()) -> None:
        self.arrays = list(arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __iter__(self) -> Iterator[HObject]:
        return (HObject([array]) for array in self.arrays)

    def __repr__(self) -> str:
        return f"<iconic object of {len(self)} images>"


def arrays_of(images: Any) -> list[np.ndarray]:
    """The arrays behind handles, arrays, and sequences of them. Raises `InvalidValue`."""
    if isinstance(images, HObject):
        return images.arrays
    if isinstance(images, np.ndarray) and images.ndim in (2, 3):
        return [images]
    if isinstance(images, np.ndarray) and images.ndim == 4:
        return list(images)
    if isinstance(images, (list, tuple)):
        return [array for image in images for array in arrays_of(image)]
    raise refuse("images", type(images).__name__, "image handles, arrays (H, W) or (H, W, C), or sequences of them")


@operator
def himage_from_numpy_array(array: np.ndarray) -> HObject:
    """An image from an array (H, W) or (H, W, C), uint8 or floating point; the values are copied."""
    array = np.asarray(array)
    if array.ndim not in (2, 3) or (array.dtype != np.uint8 and not np.issubdtype(array.dtype, np.floating)):
        raise refuse("array", f"{array.dtype} {array.shape}", "uint8 or floating point, shape (H, W) or (H, W, C)")
    return HObject([np.array(array)])


@operator
def himage_as_numpy_array(image: HObject) -> np.ndarray:
    """The array of one image."""
    arrays = arrays_of(image)
    if len(arrays) != 1:
        raise refuse("image", f"{len(arrays)} images", "exactly one image")
    return np.array(arrays[0])


@operator
def read_image(file_name: str | Sequence[str]) -> HObject:
    """Reads one or more image files; files that `write_object` wrote (.hobj) too."""
    names = list(file_name) if isinstance(file_name, (list, tuple)) else [file_name]
    return HObject([array for name in names for array in _read(str(name))])


@operator
def write_object(object_val: HObject, file_name: str) -> None:
    """Writes images to a file (suffix .hobj): plain NumPy arrays, nothing that could be executed."""
    path = Path(file_name if str(file_name).endswith(".hobj") else f"{file_name}.hobj")
    arrays = {str(i): array for i, array in enumerate(arrays_of(object_val))}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write_atomically(path, lambda file: file.write(buffer.getvalue()))


@operator
def count_obj(objects: HObject) -> int:
    """Number of images."""
    return len(arrays_of(objects))


@operator
def select_obj(objects: HObject, index: int | Sequence[int]) -> HObject:
    """Images by their numbers, which count from 1."""
    arrays = arrays_of(objects)
    wanted: list[Any] = list(index) if isinstance(index, (list, tuple, np.ndarray)) else [index]
    for i in wanted:
        if not 1 <= int(i) <= len(arrays):
            raise refuse("index", i, f"1 … {len(arrays)}")
    return HObject([arrays[int(i) - 1] for i in wanted])


@operator
def concat_obj(objects_1: HObject, objects_2: HObject) -> HObject:
    """The images of both, in order."""
    return HObject([*arrays_of(objects_1), *arrays_of(objects_2)])


@operator
def gen_empty_obj() -> HObject:
    """No image."""
    return HObject()


def _read(name: str) -> list[np.ndarray]:
    path = Path(name)
    if path.suffix == ".hobj" or (not path.suffix and not path.exists()):
        return read_object(path if path.suffix else path.with_suffix(".hobj"))
    return [files.read_image(path)]


def read_object(path: Path) -> list[np.ndarray]:
    """The images of a file that `write_object` wrote. Raises `UnreadableImage`."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return [stored[str(i)] for i in range(len(stored.files))]
    except (OSError, ValueError, KeyError, EOFError) as problem:
        raise UnreadableImage(path, f"not an image object that dlgui wrote ({problem})") from problem
