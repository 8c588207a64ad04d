"""Where the demo's images are."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from dlgui.errors import DlguiError


def demo_images() -> Path:
    """The folder of the demo's images. Raises `DlguiError` where its package is missing."""
    found = find_spec("conformal_clip_data")
    if found is None or found.origin is None:
        raise DlguiError("demo images", "not installed", "run: pip install 'dlgui[demo]'")
    return Path(found.origin).parent / "data" / "textile_images" / "simulated"
