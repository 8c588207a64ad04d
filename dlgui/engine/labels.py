"""Image files of a folder and where their labels come from (operator `read_dl_classifier_data_set`)."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dlgui.engine.splitting import SUBSETS
from dlgui.errors import DlguiError, InvalidValue

SUFFIXES = ("hobj", "ima", "bmp", "jpg", "png", "tiff", "tif", "gif", "jpeg", "pcx", "pgm", "ppm", "pbm", "xwd", "pnm")
"""Suffixes of the old procedure, in its order; files come grouped by it."""

READABLE_SUFFIXES = frozenset({"bmp", "jpg", "png", "tiff", "tif", "gif", "jpeg", "pcx", "pgm", "ppm", "pbm", "pnm",
                               "webp"})
"""Suffixes that dlgui itself imports."""

SOURCES = ("last_folder", "file_name", "file_name_remove_index", "none")

SPLIT_WORDS = {"train": "train", "training": "train", "validation": "validation", "valid": "validation",
               "val": "validation", "dev": "validation", "test": "test", "testing": "test"}
"""What tables and folders call the splits, in small letters."""

NO_SPLIT = "none"
"""What stands for no split, beside nothing at all."""

_LINES = 5
"""So many lines of a table are named."""


@dataclass
class Sample:
    """One image as a label source found it; `path` is relative to the image root, with `/`."""

    path: str
    label: str | None = None
    split: str | None = None
    group: str | None = None


@dataclass
class Listing:
    """What a label source gives: samples sorted by path, and the sorted classes.

    `rejected` holds rows that could not be used, and why; `notes` are sentences on what was used only in part.
    """

    samples: list[Sample]
    rejected: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return sorted({s.label for s in self.samples if s.label is not None})


def list_files(root: str | Path, suffixes: frozenset[str] = READABLE_SUFFIXES) -> list[str]:
    """Relative paths (with `/`) of all image files below `root`, sorted; follows links, once round each.

    Raises:
        DlguiError: `root` is not a folder that can be listed.
    """
    root = Path(root)
    if not root.is_dir():
        raise DlguiError(root, "not a folder", "name the folder that holds the images")
    return sorted(_walk(str(root), "", suffixes, frozenset()))


def _walk(folder: str, prefix: str, suffixes: frozenset[str], above: frozenset[tuple[int, int]]) -> Iterator[str]:
    status = os.stat(folder)  # noqa: PTH116 - the hot loop of a 100,000-file import
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    above = above | {identity}
    try:
        entries = list(os.scandir(folder))
    except PermissionError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry.path, prefix + entry.name + "/", suffixes, above)
        elif entry.name.rpartition(".")[2].lower() in suffixes:
            yield prefix + entry.name


def label_of(path: str, source: str, root_name: str = "") -> str | None:
    """The label that `source` reads off one relative path.

    Args:
        path: relative to the image root, with `/`.
        source: `last_folder`, `file_name`, `file_name_remove_index` or `none`.
        root_name: label of a file that lies in the root itself under `last_folder`.

    Raises:
        InvalidValue: an unknown source.
    """
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    if source == "last_folder":
        return folder.rpartition("/")[2] or root_name
    if source == "file_name":
        return stem
    if source == "file_name_remove_index":
        return re.sub(r"[0-9_]+$", "", stem)
    if source == "none":
        return None
    raise InvalidValue("label source", source, ", ".join(SOURCES) + " or csv:FILE")


def read_listing(root: str | Path, source: str = "last_folder") -> Listing:
    """Lists and labels the images below `root`.

    Args:
        root: the image folder.
        source: one of `SOURCES` or `csv:FILE` (columns: image path, label, optional split, optional group).

    Raises:
        DlguiError: no folder, no image, or an unusable CSV.
    """
    if source.startswith("csv:"):
        return _read_csv(Path(root), Path(source[4:]))
    label_of("", source)
    root_name = Path(root).resolve().name
    samples = [Sample(path, label_of(path, source, root_name)) for path in list_files(root)]
    if not samples:
        raise DlguiError(root, "no image file found", "name a folder that holds JPEG, PNG, BMP, TIFF, GIF, WebP or PNM")
    return Listing(samples)


def split_of(word: str | None) -> str | None:
    """The split that a word stands for: one of `SUBSETS`, None for no split, the word itself where it is unknown."""
    plain = (word or NO_SPLIT).strip().casefold()
    return None if plain == NO_SPLIT else SPLIT_WORDS.get(plain, word)


_NAMES = {"path": {"image", "path", "file", "filename", "file_name", "image_path", "image_file"},
          "label": {"label", "class", "class_name", "category", "target"}, "split": {"split", "subset"},
          "group": {"group", "object", "patient"}}


def column_of(name: str) -> str | None:
    """What a column of a CSV with this name holds: `path`, `label`, `split` or `group`; None where it is unknown."""
    plain = name.strip().lower()
    return next((key for key, names in _NAMES.items() if plain in names), None)


def delimiter_of(first: str) -> str:
    """What separates the cells of a CSV whose first line this is."""
    return max(",;\t", key=first.count)


def _read_csv(root: Path, file: Path) -> Listing:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DlguiError(file, "not UTF-8 text", "save the CSV as UTF-8") from None
    except OSError as problem:
        raise DlguiError(file, problem.strerror or str(problem), "name a CSV file that can be read") from None
    delimiter = delimiter_of(text.partition("\n")[0])
    rows = _csv_rows(file, text, delimiter)
    if not rows:
        raise DlguiError(file, "no rows", "give it the columns image and label")
    columns, headed = _csv_columns(file, rows[0][1])
    rows = rows[headed:]
    if not root.is_dir():
        raise DlguiError(root, "not a folder", "name the folder that holds the images")
    listing = Listing([])
    seen: set[str] = set()
    unknown: dict[str, list[int]] = {}
    for line, row in rows:
        sample, reason = _csv_sample(root, file, row, columns)
        if sample is not None and sample.path in seen:
            sample, reason = None, "named twice"
        if sample is None:
            listing.rejected.append((_cell(row, columns, "path") or delimiter.join(row), reason))
            continue
        seen.add(sample.path)
        listing.samples.append(sample)
        if sample.split is not None and sample.split not in SUBSETS:
            unknown.setdefault(sample.split, []).append(line)
            sample.split = None
    listing.samples.sort(key=lambda s: s.path)
    if not listing.samples:
        raise DlguiError(file, f"none of its {len(rows)} rows names an image below {root} "
                         f"(first: {listing.rejected[0][0]!r}, {listing.rejected[0][1]})" if rows else "no rows",
                         "write paths relative to the image folder or to the CSV")
    listing.notes = [f"{file.name}, {_lines(lines)}: the split {word!r} is unknown, so "
                     f"{'this image has' if len(lines) == 1 else 'these images have'} none; write train, validation or "
                     "test" for word, lines in unknown.items()]
    return listing


def _csv_rows(file: Path, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)  # a quoted cell may hold a line break
    rows, line = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as problem:
        raise DlguiError(file, f"not a CSV (line {line}: {problem})",
                         "save the table as CSV with one row an image") from None
    return rows


def _lines(numbers: list[int]) -> str:
    """`line 3`, or `lines 3, 4 and 7 more`."""
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    named = [str(number) for number in numbers[:_LINES]]
    rest = len(numbers) - len(named)
    last = f"{rest} more" if rest else named.pop()
    return f"lines {', '.join(named)} and {last}"


def _csv_columns(file: Path, first: list[str]) -> tuple[dict[str, int], bool]:
    """Where the columns are, by the first row; and whether that row is a header."""
    header = [cell.strip().lower() for cell in first]
    columns: dict[str, int] = {}
    for index, name in enumerate(header):
        key = column_of(name)
        if key is not None:
            columns.setdefault(key, index)
    if "path" in columns:
        return columns, True
    if header[0].rpartition(".")[2] in READABLE_SUFFIXES:  # no header at all
        return {key: i for i, key in enumerate(("path", "label", "split", "group")) if i < len(header)}, False
    raise DlguiError(file, f"no image column among {', '.join(first)}",
                     "name the columns image, label, and if wanted split and group")


def _cell(row: list[str], columns: dict[str, int], key: str) -> str | None:
    index = columns.get(key, -1)
    return (row[index].strip() or None) if 0 <= index < len(row) else None


def _csv_sample(root: Path, file: Path, row: list[str], columns: dict[str, int]) -> tuple[Sample | None, str]:
    """The image that a row names, or why there is none; a split that is unknown stands there as it is written."""
    name = (_cell(row, columns, "path") or "").replace("\\", "/")
    if not name:
        return None, "no image path"
    for base in (root, file.parent):
        found = base / name
        if found.is_file():
            absolute, top = os.path.abspath(found), os.path.abspath(root)  # noqa: PTH100 - links must stay unresolved
            if os.path.commonpath([absolute, top]) != top:
                return None, "outside the image folder"
            return Sample(Path(absolute).relative_to(top).as_posix(), _cell(row, columns, "label"),
                          split_of(_cell(row, columns, "split")), _cell(row, columns, "group")), ""
    return None, "no such file"
