"""Confidences of runs, kept by image content so that relabeling needs no new inference."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from dlgui.engine.predictions import Predictions
from dlgui.engine.progress import Progress
from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

FOLDS = 5
"""Parts of the validation split that take turns when a temperature is fitted for its own images."""


@dataclass
class OutOfFold:
    """Confidences of images by classifiers that never saw them: float32 (n, classes)."""

    run: Run
    paths: list[str]
    confidences: np.ndarray
    classes: list[str]


def predict(project: Project, run: Run, subset: str = "test", device: str = "auto",
            progress: Progress | None = None) -> Predictions:
    """The run's confidences on a subset (`train`, `validation`, `test`, `all`), against today's labels.

    Images seen before come from the cache of the run; the rest is computed. Files that cannot be read any more are
    left out.

    Raises:
        DlguiError: no model, no images in that subset, none readable, or the image folder gone.
    """
    from dlgui.engine.model_file import read_model

    table = project.images()
    rows = table.rows(subset)
    if not len(rows):
        raise DlguiError(f"split {subset}", "no labeled, readable image in it",
                         "split the data first: dlgui split", "split")
    if not run.model.exists():
        raise DlguiError(run.id, "it has no model yet", "finish or resume the training", "train")
    known = _said(run)
    missing = [int(r) for r in rows if table.content_hash[r] not in known]
    if missing:
        root = project.require_image_root()
        predictor = read_model(run.model).predictor(device)
        if progress is not None:
            progress.task(f"evaluating on {subset}", len(missing))
        results = predictor.predict_paths([root / table.path[r] for r in missing], progress)
        known |= {str(table.content_hash[missing[i]]): c for i, c in results if isinstance(c, np.ndarray)}
        if known and os.access(run.folder, os.W_OK):  # a protected project can be looked at all the same
            remember(run, list(known), np.stack(list(known.values())))
    kept = [r for r in rows if table.content_hash[r] in known]
    if not kept:
        raise DlguiError(project.image_root / table.path[rows[0]],
                         f"neither it nor another of the {len(rows)} images of split {subset} can be read",
                         "bring the files back, or tell the project the new place", "find images")
    position = {name: i for i, name in enumerate(run.classes)}
    truth = np.array([position.get(table.class_names[table.label[r]], -1) for r in kept], np.int64)
    confidences = run.outputs.fold(np.stack([known[str(table.content_hash[r])] for r in kept]))
    return Predictions(run.classes, confidences, truth, [table.path[r] for r in kept])


def known(project: Project, run: Run | None = None) -> tuple[list[str], np.ndarray, np.ndarray] | None:
    """What the newest run (or `run`) is known to say, without any inference.

    Returns:
        classes; for every row of the table the predicted class (int64, -1 where unknown) and its confidence (float32,
        NaN where unknown). None where no run has a model.
    """
    chosen = run or next((r for r in reversed(runs.all_runs(project)) if r.model.exists()), None)
    if chosen is None:
        return None
    table, found = project.images(), by_content(chosen)
    predicted = np.full(len(table), -1, np.int64)
    confidence = np.full(len(table), np.nan, np.float32)
    for row, content in enumerate(table.content_hash):
        if content in found:
            predicted[row] = int(found[content].argmax())
            confidence[row] = found[content][predicted[row]]
    return chosen.classes, predicted, confidence


def record(project: Project, run: Run, subset: str, measures: dict[str, Any]) -> None:
    """Keeps the headline figures of an evaluation."""
    headline = {k: v for k, v in measures.items() if isinstance(v, (int, float, str))}
    with project.store.transact("evaluate", undoable=False, run=run.id, split=subset) as t:
        t.insert("evaluations", {"run_id": run.number, "split": subset, "data_hash": runs.data_hash(project),
                                 "created": datetime.now(UTC).isoformat(timespec="seconds"),
                                 "measures": json.dumps(headline)})
        if subset == "test":
            t.update("runs", [run.number], {"test_top1_error": measures["top1_error"]})


def judge(project: Project, run: Run, progress: Progress | None = None) -> Run:
    """Evaluates a run's network on the validation and the test split, where there are such images, and keeps the
    headline figures."""
    from dlgui.engine.evaluation import evaluate

    run = runs.get(project, run.id)  # a class may have been renamed while it was trained
    for subset in ("validation", "test"):
        if len(project.images().rows(subset)):
            record(project, run, subset, evaluate(predict(project, run, subset, progress=progress)).to_json())
    return runs.get(project, run.id)


@dataclass(frozen=True)
class Recalibrated:
    """The confidences of a run with other temperatures.

    Attributes:
        before: as the network said it before temperature scaling; None where the model has no temperature of its own.
        again: by the temperature that fits today's validation split best; None without such a split. Images of that
            split get a temperature that was fitted without them (cross-fitting), for else they would flatter it.
        fitted_on: validation images that the temperature comes from.
        crossed: images of `again` that belong to the validation split.
    """

    before: Predictions | None
    again: Predictions | None
    fitted_on: int
    crossed: int


def recalibrated(project: Project, run: Run, found: Predictions, progress: Progress | None = None) -> Recalibrated:
    """What a run would say with other temperatures.

    Args:
        found: what it says; a softmax is undone by a logarithm, up to a constant that does not matter.
    """
    from dlgui.engine.calibration import fit_temperature, softmax
    from dlgui.engine.model_file import read_model

    def logits(predictions: Predictions) -> np.ndarray:
        return np.log(np.maximum(predictions.confidences, np.finfo(np.float32).tiny))
    temperature, own = read_model(run.model).temperature, logits(found)
    before = None if abs(temperature - 1) < 1e-3 else replace(found, confidences=softmax(own, 1 / temperature))
    held = (predict(project, run, "validation", progress=progress).known() if len(project.images().rows("validation"))
            else None)
    if held is None or not len(held):
        return Recalibrated(before, None, 0, 0)
    known, fold = logits(held), np.arange(len(held)) % FOLDS
    again = softmax(own, fit_temperature(known, held.truth))
    place = {path: i for i, path in enumerate(held.paths)}
    folds_of = np.array([fold[place[path]] if path in place else -1 for path in found.paths], np.int64)
    for part in np.unique(folds_of[folds_of >= 0]).tolist():
        kept = fold != part
        again[folds_of == part] = softmax(own[folds_of == part], fit_temperature(known[kept], held.truth[kept]))
    return Recalibrated(before, replace(found, confidences=again), len(held), int(np.count_nonzero(folds_of >= 0)))


def looks(project: Project) -> int:
    """How often somebody has looked at the test split."""
    return int(project.store.rows("SELECT COUNT(*) FROM evaluations WHERE split = 'test'")[0][0])


def remember(run: Run, contents: Sequence[str], confidences: np.ndarray) -> None:
    """Keeps confidences float32 (n, outputs) by content hash for as long as the run's model stays as it is."""
    stamp = f"{run.model.stat().st_mtime_ns}"
    padding = np.zeros((1, len(run.outputs)), np.float32)  # the first key is the model's stamp
    _save(run, "confidences.npz", [stamp, *contents], np.concatenate([padding, confidences]))


def keep_known(run: Run, change: Callable[[], None]) -> None:
    """Calls `change`, which writes the run's model anew without changing a confidence; what is known stays known."""
    before = _said(run)
    change()
    if before:
        remember(run, list(before), np.stack(list(before.values())))


def remember_out_of_fold(run: Run, paths: Sequence[str], confidences: np.ndarray) -> None:
    """Writes out-of-fold confidences (n, outputs) into the run's folder."""
    _save(run, "out_of_fold.npz", list(paths), confidences)


def out_of_fold(project: Project, run: Run | None = None) -> OutOfFold | None:
    """The out-of-fold confidences of a run, or of the newest that has them."""
    for candidate in [run] if run else reversed(runs.all_runs(project)):
        loaded = _load(candidate, "out_of_fold.npz")
        if loaded is not None and loaded[1].shape[1:] == (len(candidate.outputs),):
            return OutOfFold(candidate, loaded[0], candidate.outputs.fold(loaded[1]), candidate.classes)
    return None


def by_content(run: Run) -> dict[str, np.ndarray]:
    """Content hash → float32 (classes,) of every image that the run's model has judged, without any inference."""
    known = _said(run)
    return dict(zip(known, run.outputs.fold(np.stack(list(known.values()))), strict=True)) if known else {}


def _said(run: Run) -> dict[str, np.ndarray]:
    """The same as the network says it: float32 (outputs,)."""
    stamp = f"{run.model.stat().st_mtime_ns}"
    loaded = _load(run, "confidences.npz")
    if loaded is None or not loaded[0] or loaded[0][0] != stamp:
        return {}
    return dict(zip(loaded[0][1:], loaded[1][1:], strict=True))


def _save(run: Run, name: str, keys: list[str], rows: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, keys=np.array(keys, dtype=np.str_), rows=rows.astype(np.float32))
    write_atomically(run.folder / name, lambda file: file.write(buffer.getvalue()))


def _load(run: Run, name: str) -> tuple[list[str], np.ndarray] | None:
    path = run.folder / name
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return arrays["keys"].tolist(), arrays["rows"]
    except (OSError, ValueError, KeyError, EOFError):
        return None  # a spoilt cache is no cache
