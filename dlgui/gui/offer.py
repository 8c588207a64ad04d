"""A button that does something about a problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """A button.

    Attributes:
        name: objectName.
        text, tip: on it, and its tooltip.
        act: what it does, once the dialog is closed.
    """

    name: str
    text: str
    tip: str
    act: Callable[[], object]
