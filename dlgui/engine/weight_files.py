"""Files of weights that a user brings, for computers that the internet does not reach."""

from __future__ import annotations

from pathlib import Path

from dlgui.engine.networks import NetworkInfo
from dlgui.engine.storage import cache_folder


def weights_place(info: NetworkInfo) -> Path:
    """Where a file that the user brings belongs."""
    return cache_folder("weights") / f"{info.name.replace(':', '_')}.pth"


def brought_file(info: NetworkInfo) -> Path | None:
    """The file that the user put into the weights folder for this network, if there is one."""
    place = weights_place(info)
    return next((path for path in (place.with_suffix(".safetensors"), place) if path.exists()), None)
