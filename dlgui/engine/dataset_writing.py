"""Writes data sets as other programs keep them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dlgui.engine.dataset_files import COLUMNS, SIDECAR, UNLABELED, VERSION, DatasetFiles, Entry, inside
from dlgui.engine.labels import NO_SPLIT
from dlgui.engine.storage import short_name, write_atomically
from dlgui.errors import InvalidValue


def kinds() -> list[str]:
    """Names of the formats."""
    return list(_WRITE)


def place(kind: str, entries: Sequence[Entry]) -> None:
    """Sets each entry's `file`: where its image goes in a data set of this kind."""
    if kind not in _WRITE:
        raise InvalidValue("format", kind, ", ".join(_WRITE))
    if kind in ("csv", "coco"):
        for entry in entries:
            parts = entry.path.split("/")  # an absolute path is of an image that lies elsewhere, below its class
            parts = ["added", *parts[-2:]] if Path(entry.path).is_absolute() else ["images", *parts]
            portable = "/".join(parts)
            entry.file = portable if inside(portable) else "/".join(map(_safe, parts))
        return
    folders = _folder_names(sorted({e.label for e in entries if e.label is not None}))
    taken: set[str] = set()
    for entry in entries:
        below = UNLABELED if entry.label is None else f"{entry.split or NO_SPLIT}/{folders[entry.label]}"
        if kind == "huggingface":
            below = entry.split or NO_SPLIT
        stem, dot, suffix = entry.path.rpartition("/")[2].rpartition(".")
        stem, suffix = short_name(_safe(stem or suffix)), dot + (suffix if stem else "")
        candidate, number = f"{below}/{stem}{suffix}", 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{below}/{stem}_{number}{suffix}"
        taken.add(candidate.casefold())
        entry.file = candidate


def write(kind: str, folder: Path, data: DatasetFiles, sizes: dict[str, tuple[int, int]] | None = None) -> list[Path]:
    """Writes the descriptions of a data set (not its images) into a folder that is there; returns them.

    Args:
        kind: one of `kinds()`.
        folder: where to.
        data: what to write; `file` of each entry as `place` set it.
        sizes: width and height by `path`, for COCO.
    """
    content = _WRITE[kind](data, sizes or {})
    sidecar: dict[str, Any] = {"format": "dlgui-dataset", "version": VERSION, "kind": kind,
                               "classes": [asdict(c) for c in data.classes]}
    if kind == "imagefolder":
        sidecar["entries"] = [asdict(e) for e in data.entries]
    content[SIDECAR] = json.dumps(sidecar, ensure_ascii=False, indent=1)
    written = []
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda file, text=text: file.write(text.encode()))  # type: ignore[misc]
        written.append(path)
    return written


def _csv(data: DatasetFiles, _: dict[str, tuple[int, int]]) -> dict[str, str]:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for e in data.entries:
        writer.writerow([e.file, e.label or "", e.split or "", e.group or "", int(e.flag), int(e.excluded), e.note,
                         e.path])
    return {"dataset.csv": text.getvalue()}


def _hugging_face(data: DatasetFiles, _: dict[str, tuple[int, int]]) -> dict[str, str]:
    lines: dict[str, list[str]] = {}
    for e in data.entries:
        top, _slash, name = e.file.partition("/")
        row = {"file_name": name, "label": e.label, "split": e.split, "group": e.group, "flag": e.flag,
               "excluded": e.excluded, "note": e.note, "path": e.path}
        lines.setdefault(top, []).append(json.dumps(row, ensure_ascii=False))
    return {f"{top}/metadata.jsonl": "\n".join(rows) + "\n" for top, rows in lines.items()}


def _coco(data: DatasetFiles, sizes: dict[str, tuple[int, int]]) -> dict[str, str]:
    number = {c.name: i + 1 for i, c in enumerate(data.classes)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for i, e in enumerate(data.entries, 1):
        width, height = sizes.get(e.path, (0, 0))
        images.append({"id": i, "file_name": e.file, "width": width, "height": height, "split": e.split,
                       "group": e.group, "flag": e.flag, "excluded": e.excluded, "note": e.note, "path": e.path})
        if e.label is not None:
            annotations.append({"id": len(annotations) + 1, "image_id": i, "category_id": number[e.label],
                                "bbox": [0, 0, width, height], "area": width * height, "iscrowd": 0})
    document = {"info": {"description": "image classification: one annotation an image, over the whole of it"},
                "images": images, "annotations": annotations,
                "categories": [{"id": number[c.name], "name": c.name} for c in data.classes]}
    return {"annotations.json": json.dumps(document, ensure_ascii=False, indent=1)}


_WRITE: dict[str, Callable[[DatasetFiles, dict[str, tuple[int, int]]], dict[str, str]]] = {
    "imagefolder": lambda data, sizes: {}, "csv": _csv, "huggingface": _hugging_face, "coco": _coco}

_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10))})


def _safe(name: str) -> str:
    """A file name that every system takes; what it does not take is written %XX."""
    coded = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*%]', lambda c: f"%{ord(c[0]):02X}", name) or "%"
    if coded[:1] in ".- " or coded.partition(".")[0].casefold() in _RESERVED:
        coded = f"%{ord(coded[0]):02X}{coded[1:]}"
    if coded[-1:] in ". ":
        coded = f"{coded[:-1]}%{ord(coded[-1]):02X}"
    return coded


def _folder_names(classes: Sequence[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    taken: set[str] = set()
    for label in classes:
        base = short_name(_safe(label))
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}%{number}"
        taken.add(name.casefold())
        names[label] = name
    return names
