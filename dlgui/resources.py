"""Finds the files of resources/: beside the package in a checkout, under share/dlgui where dlgui is installed."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from dlgui.errors import DlguiError


@cache
def folder() -> Path:
    """The folder that holds the resources.

    Raises:
        DlguiError: the installation lacks them.
    """
    package = Path(__file__).resolve().parent
    for candidates in (lambda: [package.parent / "resources"], _installed,
                       lambda: [package.parent / "share/dlgui", Path(sys.prefix) / "share/dlgui"]):
        for candidate in candidates():
            if (candidate / MARKER).is_file():
                return candidate
    raise DlguiError("dlgui's resources", "are missing from this installation", "install dlgui again")


MARKER = "third-party-notices.md"


def path(name: str) -> Path:
    """The resource `name`, given as a path with `/` below resources/."""
    return folder() / name


def text(name: str) -> str:
    """The text of resource `name`."""
    return path(name).read_text(encoding="utf-8")


def _installed() -> list[Path]:
    """Where the installer put the marker, by its own record; empty for a checkout."""
    from importlib import metadata  # takes a tenth of a second, which a checkout need not wait for

    try:
        files = metadata.files("dlgui") or []
    except metadata.PackageNotFoundError:
        return []
    return [Path(str(file.locate())).resolve().parent for file in files if file.name == MARKER]
