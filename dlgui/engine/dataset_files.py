"""Data sets as other programs keep them: class folders, CSV, Hugging Face imagefolder, COCO-style JSON.

What a format has no place for (groups, flags, notes, the order and colours of classes) lies beside it: in further
columns or keys, and in `dlgui.json`. So a data set that dlgui wrote is read back exactly, and a foreign one as far as
it goes. File names inside are relative, with `/`, and never lead out of the folder.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dlgui.engine.labels import NO_SPLIT, SPLIT_WORDS, column_of, delimiter_of, list_files, split_of
from dlgui.engine.splitting import SUBSETS
from dlgui.engine.storage import short_name, write_atomically
from dlgui.errors import DlguiError, InvalidValue

SIDECAR, VERSION = "dlgui.json", 1
UNLABELED = "unlabeled"
FIELDS = frozenset({"label", "split", "group", "flag", "excluded", "note"})
_COLUMNS = ("image", "label", "split", "group", "flag", "excluded", "note", "path")


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


def read(source: Path, kind: str | None = None) -> DatasetFiles:
    """Reads a data set.

    Args:
        source: its folder, or its CSV, JSON or JSONL file.
        kind: one of `kinds()`; found out by default.

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
                         f"give it some of the columns {', '.join(c for c in _COLUMNS if c in FIELDS)}")
    known = {c.name for c in found.classes}
    found.classes += [ClassEntry(name) for name in sorted({e.label for e in usable if e.label} - known)]
    return found


def inside(name: str) -> bool:
    """Whether a relative file name stays in its folder on every system."""
    parts = name.split("/")
    return bool(name) and "\\" not in name and "\0" not in name and not re.match(r"[A-Za-z]:", name) \
        and all(part not in ("", ".", "..") for part in parts)


# --- writing


def _csv(data: DatasetFiles, _: dict[str, tuple[int, int]]) -> dict[str, str]:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
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


# --- reading


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
    """The names of a CSV's columns as `_COLUMNS` has them, where it has them; a foreign one may say `filename`."""
    if {"image", "path"} <= {*header}:
        return header  # as dlgui writes it
    names: list[str] = []
    for name in header:
        plain = name.strip().lower()
        known = {"path": "image"}.get(column_of(name) or "", column_of(name)) or (plain if plain in _COLUMNS else name)
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
