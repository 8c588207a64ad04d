"""Properties of evaluated images by which their errors are compared."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from dlgui.engine.content_table import ContentTable
from dlgui.engine.images import read_image
from dlgui.engine.predictions import Predictions
from dlgui.engine.progress import Progress
from dlgui.engine.slices import Slice, by_quantile, by_value, slices
from dlgui.errors import UnreadableImage
from dlgui.project.project import ImageTable, Project

PROPERTIES = ("class", "folder", "group", "size", "date", "brightness")
"""By which images are compared, as `Slice.kind` names them."""

_BATCH = 64
MANY = 50
"""So many different folders, groups or dates are still shown one by one."""


def find(project: Project, predictions: Predictions, progress: Progress | None = None) -> list[Slice]:
    """Slices of evaluated images by class, folder, group, size, brightness and date, the worst first.

    Brightness needs the pixels; it is kept by content, so that it is computed once.

    Raises:
        Cancelled: see `Progress`.
    """
    table = project.images()
    row_of = {path: row for row, path in enumerate(table.path)}
    rows = np.array([row_of.get(path, -1) for path in predictions.paths], np.int64)
    there = np.flatnonzero(rows >= 0)
    rows = rows[there]
    found = slices(predictions.correct[there], _properties(project, table, rows, predictions, there, progress))
    return [replace(s, positions=there[s.positions]) for s in found]


def _properties(project: Project, table: ImageTable, rows: np.ndarray, predictions: Predictions, there: np.ndarray,
                progress: Progress | None) -> Mapping[str, Mapping[str, np.ndarray]]:
    sides = [f"{table.width[r]} × {table.height[r]}" if table.width[r] else None for r in rows]
    pixels = (table.width[rows].astype(np.float64) * table.height[rows]) / 1e6
    days = [_day(float(table.mtime[r])) if table.mtime[r] else None
            for r in rows]
    stamps = np.where(table.mtime[rows] > 0, table.mtime[rows], np.nan)
    found: dict[str, Mapping[str, np.ndarray]] = {
        "class": by_value([predictions.classes[predictions.truth[i]] for i in there]),
        "folder": by_value([table.path[r].rpartition("/")[0] or "." for r in rows]),
        "group": by_value([table.group[r] for r in rows]),
        "size": by_value(sides) if len(set(sides)) <= 8 else by_quantile(pixels, "megapixels", digits=2),
        "date": by_value(days) if len(set(days)) <= MANY else _dates(stamps),
        "brightness": by_quantile(_brightness(project, table, rows, progress)),
    }
    if _same(found["folder"], found["class"]):  # the folders are the classes
        del found["folder"]
    return {name: values for name, values in found.items() if len(values) <= 20 * MANY}


def _same(a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray]) -> bool:
    return {v.tobytes() for v in a.values()} == {v.tobytes() for v in b.values()}


def _day(stamp: float) -> str:
    return datetime.fromtimestamp(stamp, UTC).date().isoformat()


def _dates(stamps: np.ndarray) -> dict[str, np.ndarray]:
    known = np.flatnonzero(np.isfinite(stamps))
    order = known[np.argsort(stamps[known], kind="stable")]
    found = {}
    for part in np.array_split(order, 6):
        if len(part):
            first, last = (_day(float(stamps[i])) for i in (part[0], part[-1]))
            found[f"{first} to {last}"] = np.sort(part)
    return found


def _brightness(project: Project, table: ImageTable, rows: np.ndarray, progress: Progress | None) -> np.ndarray:
    """Mean gray value 0…255 of each image, float64 (n,), NaN where it cannot be read."""
    kept = ContentTable(project.cache_folder / "brightness", "mean-gray-1", (1,), np.float32)
    contents = [str(table.content_hash[r]) for r in rows]
    fresh = {contents[i]: i for i in np.flatnonzero(kept.rows(contents) < 0).tolist()}
    if fresh:
        if progress is not None:
            progress.task("measuring brightness", len(fresh))
        files = [project.image_root / table.path[rows[i]] for i in fresh.values()]
        names, values = list(fresh), np.empty((len(fresh), 1), np.float32)
        with ThreadPoolExecutor(2, thread_name_prefix="brightness") as pool:
            for start in range(0, len(files), _BATCH):
                part = list(pool.map(_mean_gray, files[start:start + _BATCH]))
                values[start:start + len(part), 0] = part
                if progress is not None:
                    progress.advance(len(part))
        kept.add(names, values)
    return kept.read(kept.rows(contents))[:, 0].astype(np.float64)


def _mean_gray(file: Path) -> float:
    try:
        return float(read_image(file).mean())
    except UnreadableImage:
        return float("nan")
