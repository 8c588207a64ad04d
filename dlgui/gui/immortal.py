"""None, True and False that cannot be used up.

PySide6 6.12 takes one reference too many from None for every empty value that a model hands over, some hundred each
time a list is painted. Before Python 3.12, which made these objects immortal (PEP 683), the count reaches zero after
some minutes and the interpreter aborts. So they get more references than anyone can take.
"""

from __future__ import annotations

import ctypes
import sys

_PLENTY = 1 << 40


def protect() -> None:
    """Makes the three objects immortal where Python does not do so itself."""
    if sys.version_info >= (3, 12) or sys.implementation.name != "cpython":
        return
    for thing in (None, True, False):
        count = ctypes.c_ssize_t.from_address(id(thing))  # the first field of every object
        if count.value < _PLENTY // 2:
            count.value += _PLENTY
