"""States of the window that are worth a picture; each tab names its own (`scenes`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget


@dataclass(frozen=True)
class Scene:
    """One picture.

    Attributes:
        name: of the file, without suffix.
        prepare: puts the window into the state; returns what is grabbed, None for the whole window. A dialog that it
            returns is shown, and closed afterwards.
        restore: called after the picture was taken.
    """

    name: str
    prepare: Callable[[], QWidget | None] = lambda: None
    restore: Callable[[], None] = lambda: None
