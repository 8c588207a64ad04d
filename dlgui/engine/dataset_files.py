"""Data sets as other programs keep them: class folders, CSV, Hugging Face imagefolder, COCO-style JSON.

What a format has no place for (groups, flags, notes, the order and colours of classes) lies beside it: in further
columns or keys, and in `dlgui.json`. So a data set that dlgui wrote is read back exactly, and a foreign one as far as
it goes (`dataset_writing`, `dataset_reading`). File names inside are relative, with `/`, and never lead out of the
folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

SIDECAR, VERSION = "dlgui.json", 1
UNLABELED = "unlabeled"
FIELDS = frozenset({"label", "split", "group", "flag", "excluded", "note"})
COLUMNS = ("image", "label", "split", "group", "flag", "excluded", "note", "path")


@dataclass
class Entry:
    """One image: `file` is its place in the data set, `path` the one in the project it came from."""

    file: str
    path: str
    label: str | None = None
    split: str | None = None
    group: str | None = None
    flag: bool = False
    excluded: bool = False
    note: str = ""


@dataclass
class ClassEntry:
    """A class with its colour (`#rrggbb`) and key, where the data set tells them."""

    name: str
    colour: str | None = None
    shortcut: str | None = None


@dataclass
class DatasetFiles:
    """A data set.

    Attributes:
        root: the folder that the files lie in.
        entries: its images.
        classes: in their order.
        rejected: what could not be used, and why.
        says: which of `FIELDS` it tells anything about; of the others its entries know nothing.
    """

    root: Path
    entries: list[Entry]
    classes: list[ClassEntry]
    rejected: list[tuple[str, str]] = field(default_factory=list)
    says: frozenset[str] = FIELDS


def inside(name: str) -> bool:
    """Whether a relative file name stays in its folder on every system."""
    parts = name.split("/")
    return bool(name) and "\\" not in name and "\0" not in name and not re.match(r"[A-Za-z]:", name) \
        and all(part not in ("", ".", "..") for part in parts)
