"""A window: a picture in memory that the procedures draw on; where there is a display, a real one beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dlgui.engine.storage import write_atomically
from dlgui.halcon.errors import operator, refuse
from dlgui.halcon.handles import HHandle, checked
from dlgui.halcon.viewer import Viewer

Colour = str | tuple[int, int, int]


class WindowHandle(HHandle):
    """A canvas of so many pixels; `canvas` is a PIL image, `viewer` shows what a display can show of it."""

    semantic_type = "window"

    def __init__(self, width: int, height: int, viewer: Viewer | None = None) -> None:
        super().__init__()
        self.viewer = viewer
        self.canvas = Image.new("RGB", (width, height), "black")

    def resize(self, width: int, height: int) -> None:
        """A new, black canvas of that size."""
        self.canvas = Image.new("RGB", (width, height), "black")

    def draw(self) -> ImageDraw.ImageDraw:
        """What draws on it."""
        return ImageDraw.Draw(self.canvas)


def font(size: int) -> Any:
    """A scalable font that Pillow brings."""
    return ImageFont.load_default(size)


@operator
def open_window(row: int = 0, column: int = 0, width: int = 640, height: int = 480, father_window: Any = 0,
                mode: str = "visible", machine: str = "") -> HHandle:
    """A window to draw on; it lives in memory, `dump_window` writes what it shows.

    With mode 'visible' and a display, the plot of the training, the confusion matrix and heatmaps also open in the
    application's own widgets: in a window of this size, at this place where row or column is not 0. Drawing again takes
    the place of what it showed. The script goes on meanwhile, also when the window is closed by hand; the window closes
    with the script, so end a script with `input()` to keep looking.
    """
    if not (1 <= int(width) <= 16384 and 1 <= int(height) <= 16384):
        raise refuse("size", (width, height), "1 … 16384 pixels")
    place = (int(row), int(column), int(width), int(height))
    return WindowHandle(int(width), int(height), Viewer(place) if mode == "visible" else None)


@operator
def close_window(window_handle: HHandle) -> None:
    """Closes a window."""
    window = checked(window_handle, WindowHandle)
    if window.viewer is not None:
        window.viewer.close()
    window.cleared = True


@operator
def dump_window(window_handle: HHandle, device: str, file_name: str) -> None:
    """Writes what a window shows to a file: 'png', 'jpeg', 'tiff' or 'bmp'."""
    formats = {"png": "PNG", "jpeg": "JPEG", "jpg": "JPEG", "tiff": "TIFF", "bmp": "BMP"}
    if device not in formats:
        raise refuse("device", device, ", ".join(formats))
    path = Path(file_name)
    path = path if path.suffix else path.with_suffix(f".{device}")
    canvas = checked(window_handle, WindowHandle).canvas
    write_atomically(path, lambda file: canvas.save(file, formats[device]))


@operator
def dump_window_image(window_handle: HHandle) -> Any:
    """What a window shows, as an image."""
    from dlgui.halcon.iconic import HObject

    return HObject([np.array(checked(window_handle, WindowHandle).canvas)])
