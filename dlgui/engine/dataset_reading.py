"""Reads data sets as other programs keep them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dlgui.engine.dataset_files import (
    COLUMNS,
    FIELDS,
    SIDECAR,
    UNLABELED,
    VERSION,
    ClassEntry,
    DatasetFiles,
    Entry,
    inside,
)
from dlgui.engine.labels import NO_SPLIT, SPLIT_WORDS, column_of, delimiter_of, list_files, split_of
from dlgui.engine.splitting import SUBSETS
from dlgui.errors import DlguiError, InvalidValue


def read(source: Path, kind: str | None = None) -> DatasetFiles:
    """Reads a data set.

    Args:
        source: its folder, or its CSV, JSON or JSONL file.
        kind: one of `dataset_writing.kinds()`; found out by default.

    Raises:
        DlguiError: nothing there that can be read, or none of it usable.
        InvalidValue: unknown kind.
    """
    if not source.exists():
        raise DlguiError(source, "no such file or folder", "name the folder or file of a data set")
    folder = source if source.is_dir() else source.parent
    sidecar = _sidecar(folder)
    kind = kind or (sidecar.get("kind") if source.is_dir() else None) or _guess(source)
    if kind not in _READ:
        raise InvalidValue("format", kind, ", ".join(_READ))
    try:
        found = _READ[kind](source, sidecar)
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError, csv.Error) as problem:
        if isinstance(problem, DlguiError):
            raise
        raise DlguiError(source, f"no data set of the form {kind} ({problem})", "name its form with --format") \
            from problem
    usable, seen = [], set()
    for entry in found.entries:
        reason = "leads out of the folder" if not inside(entry.file) else "named twice" if entry.file in seen else ""
        if reason:
            found.rejected.append((entry.file, reason))
        else:
            seen.add(entry.file)
            usable.append(entry)
            if entry.split is not None and entry.split not in SUBSETS:
                found.rejected.append((entry.file, f"the split {entry.split!r} is unknown; taken without one"))
                entry.split = None
    found.entries = usable
    if not usable:
        raise DlguiError(source, "no image in it that can be used" + (
            f" (first: {found.rejected[0][0]!r} {found.rejected[0][1]})" if found.rejected else ""),
            "name a data set with images")
    if not found.says:
        raise DlguiError(source, "it names images but says nothing about them",
                         f"give it some of the columns {', '.join(c for c in COLUMNS if c in FIELDS)}")
    known = {c.name for c in found.classes}
    found.classes += [ClassEntry(name) for name in sorted({e.label for e in usable if e.label} - known)]
    return found


def _sidecar(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / SIDECAR).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict) or found.get("format") != "dlgui-dataset":
        return {}
    if found.get("version") != VERSION:
        raise DlguiError(folder / SIDECAR, f"written by a newer dlgui (version {found.get('version')})", "update dlgui")
    return found


def _guess(source: Path) -> str:
    if source.is_file():
        return {".csv": "csv", ".json": "coco", ".jsonl": "huggingface"}.get(source.suffix.lower(), "csv")
    if any(source.glob("metadata.*")) or any(source.glob("*/metadata.*")):
        return "huggingface"
    if (source / "dataset.csv").exists():
        return "csv"
    return "coco" if (source / "annotations.json").exists() else "imagefolder"


def _classes(sidecar: dict[str, Any]) -> list[ClassEntry]:
    return [ClassEntry(str(c["name"]), c.get("colour"), c.get("shortcut")) for c in sidecar.get("classes", [])]


def _read_folders(source: Path, sidecar: dict[str, Any]) -> DatasetFiles:
    if "entries" in sidecar:
        return DatasetFiles(source, [Entry(**e) for e in sidecar["entries"]], _classes(sidecar))
    files = list_files(source)
    tops = {file.partition("/")[0] for file in files if "/" in file}
    with_splits = bool(tops) and tops <= {*SPLIT_WORDS, NO_SPLIT, UNLABELED}
    entries = []
    for file in files:
        top, _, rest = file.partition("/")
        split = SPLIT_WORDS.get(top) if with_splits else None
        label = (rest if with_splits else file).rpartition("/")[0] or None
        entries.append(Entry(file, file, None if with_splits and top == UNLABELED else label, split))
    return DatasetFiles(source, entries, [], says=frozenset({"label", "split"} if with_splits else {"label"}))


def _read_csv(source: Path, sidecar: dict[str, Any]) -> DatasetFiles:
    file = source / "dataset.csv" if source.is_dir() else source
    with file.open(encoding="utf-8-sig", newline="") as stream, _long_cells():
        first = stream.readline()
        stream.seek(0)
        table = csv.reader(stream, delimiter=delimiter_of(first))
        columns = _columns(next(table, []))
        rows = [_entry(dict(zip(columns, row, strict=False)), "image") for row in table if row]
    return DatasetFiles(file.parent, rows, _classes(sidecar), says=FIELDS & {*columns})


@contextmanager
def _long_cells() -> Iterator[None]:
    """Notes may be long; elsewhere the limit tells what is no CSV."""
    usual = csv.field_size_limit(1 << 26)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _columns(header: list[str]) -> list[str]:
    """The names of a CSV's columns as `COLUMNS` has them, where it has them; a foreign one may say `filename`."""
    if {"image", "path"} <= {*header}:
        return header  # as dlgui writes it
    names: list[str] = []
    for name in header:
        plain = name.strip().lower()
        known = {"path": "image"}.get(column_of(name) or "", column_of(name)) or (plain if plain in COLUMNS else name)
        names.append(known if known not in names else name)
    return names


def _read_hugging_face(source: Path, sidecar: dict[str, Any]) -> DatasetFiles:
    root = source if source.is_dir() else source.parent
    files = sorted([*root.glob("metadata.*"), *root.glob("*/metadata.*")]) if source.is_dir() else [source]
    entries: list[Entry] = []
    says: set[str] = set()
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows: Iterable[dict[str, Any]] = csv.DictReader(stream) if file.suffix == ".csv" else \
                [json.loads(line) for line in stream if line.strip()]
            for row in rows:
                entry = _entry(row, "file_name")
                top = file.parent.relative_to(root).as_posix()
                entry.path = entry.path if row.get("path") else (entry.file if top == "." else f"{top}/{entry.file}")
                entry.file = entry.file if top == "." else f"{top}/{entry.file}"
                says.update(row)
                if "split" not in row and top in SPLIT_WORDS:
                    entry.split = SPLIT_WORDS[top]
                    says.add("split")
                entries.append(entry)
    return DatasetFiles(root, entries, _classes(sidecar), says=FIELDS & says)


def _read_coco(source: Path, sidecar: dict[str, Any]) -> DatasetFiles:
    file = source / "annotations.json" if source.is_dir() else source
    document = json.loads(file.read_text(encoding="utf-8-sig"))
    names = {c["id"]: str(c["name"]) for c in document["categories"]}
    labels: dict[Any, list[str]] = {}
    for a in document["annotations"]:
        labels.setdefault(a["image_id"], []).append(names[a["category_id"]])
    entries, rejected, says = [], [], {"label"}
    for image in document["images"]:
        says.update(image)
        entry = _entry(image, "file_name")
        found = Counter(labels.get(image["id"], [])).most_common(1)
        entry.label = found[0][0] if found else None
        if len(set(labels.get(image["id"], []))) > 1:
            rejected.append((entry.file, f"several classes; taken as {entry.label}"))
        entries.append(entry)
    classes = _classes(sidecar) or [ClassEntry(name) for name in names.values()]
    return DatasetFiles(file.parent, entries, classes, rejected, FIELDS & says)


def _entry(row: dict[str, Any], name: str) -> Entry:
    file = row.get(name) or row.get("image") or row.get("file_name") or row.get("path")
    if not isinstance(file, str):
        raise ValueError(f"no column {name}")

    def text(key: str) -> str | None:
        value = row.get(key)
        return None if value is None or value == "" else str(value)

    return Entry(file, text("path") or file, text("label"), split_of(text("split")), text("group"),
                 _true(row.get("flag")), _true(row.get("excluded")), str(row.get("note") or ""))


def _true(value: Any) -> bool:
    return value is True or value == 1 or (isinstance(value, str) and value.casefold() in ("1", "true", "yes"))


_READ: dict[str, Callable[[Path, dict[str, Any]], DatasetFiles]] = {
    "imagefolder": _read_folders, "csv": _read_csv, "huggingface": _read_hugging_face, "coco": _read_coco}
