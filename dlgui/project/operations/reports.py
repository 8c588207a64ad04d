"""Gathers what a run's report shows and writes the page."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from dlgui.engine import heatmaps
from dlgui.engine.evaluation import Evaluation, evaluate
from dlgui.engine.images import read_image
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.engine.selection import Criteria, select
from dlgui.engine.storage import absolute, write_atomically
from dlgui.errors import UnreadableImage
from dlgui.project.operations import cards, certificates, checks, evaluations, runs
from dlgui.project.operations.info import info
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project
from dlgui.report.page import Report, Sample, WorstError, picture, render

WORST = 24
MOST, CELL, SIDE = 1200, 80, 112
"""Thumbnails in a page, thumbnails of a cell, and their longest side in pixels."""


def write(project: Project, run: Run, path: str | Path, progress: Progress | None = None, worst: int = WORST) -> None:
    """Writes the report of a run on the test split (on the validation split, or all images, where there is none).

    Args:
        project, run: what about.
        path: the HTML file.
        progress: tells how far it is.
        worst: most errors shown with heatmaps.

    Raises:
        DlguiError: no model, no labeled image, or the file cannot be written.
    """
    save(project, run, make(project, run, progress, worst), path)


def save(project: Project, run: Run, page: str, path: str | Path) -> None:
    """Writes a page that `make` gave; raises as `write` does."""
    write_atomically(path, lambda file: file.write(page.encode()))
    project.store.note("export report", run=run.id, file=absolute(path))


def make(project: Project, run: Run, progress: Progress | None = None, worst: int = WORST) -> str:
    """The page that `write` writes."""
    split, evaluation = _evaluation(project, run, progress)
    predictions = evaluation.predictions
    if split == "test" and run.test_top1_error is None and not project.read_only:
        evaluations.record(project, run, split, evaluation.to_json())
    figures, health = info(project), checks.check(project)
    splits = {name: dict.fromkeys(("train", "validation", "test"), 0) for name in run.classes}
    for label, subset in runs.snapshot_today(project, run).values():
        if label in splits and subset:
            splits[label][subset] += 1
    report = Report(
        project=project.name, run={"id": run.id, "name": run.name, "method": run.method, "network": run.network,
                                   "best_epoch": run.best_epoch,
                                   "created": cards.minutes(datetime.fromisoformat(run.created))}, split=split,
        written=cards.minutes(datetime.now()), evaluation=evaluation,
        history=runs.history(project, run), splits=splits, data=_data(figures, health, project),
        parameters=_parameters(run), errors=_worst(project, run, predictions, worst, progress),
        warnings=_warnings(project, run, health, split), candidates=_candidates(run),
        samples=_samples(project, evaluation, progress), card=cards.card(project, run, evaluation, split).sections,
        certificates=[(name, c.sentences()) for name, c in certificates.all_of(run)],
        class_names=[c.name for c in project.classes()])
    return render(report)


def card_of(project: Project, run: Run, progress: Progress | None = None) -> cards.Card:
    """The model card of a run."""
    split, evaluation = _evaluation(project, run, progress)
    return cards.card(project, run, evaluation, split)


def write_card(project: Project, run: Run, path: str | Path, progress: Progress | None = None) -> None:
    """Writes the model card of a run as Markdown; raises as `write` does."""
    text = card_of(project, run, progress).to_markdown().encode()
    write_atomically(path, lambda file: file.write(text))
    project.store.note("export card", run=run.id, file=absolute(path))


def _evaluation(project: Project, run: Run, progress: Progress | None) -> tuple[str, Evaluation]:
    table = project.images()
    split = next((s for s in ("test", "validation") if len(table.rows(s))), "all")
    return split, evaluate(evaluations.predict(project, run, split, progress=progress))


def _samples(project: Project, evaluation: Evaluation, progress: Progress | None) -> list[Sample]:
    """The images behind the cells: all errors and some of what is right, as far as the page can carry them."""
    found, root, table = evaluation.predictions, project.require_image_root(), project.images()
    content = dict(zip(table.path, table.content_hash, strict=True))
    share = max(MOST // max(2 * len(found.classes), 1), 2)  # a half of the room for what is right
    taken: dict[tuple[int, int], int] = {}
    chosen: list[int] = []
    for i in np.argsort(-found.loss, kind="stable").tolist():
        cell = int(found.predicted[i]), int(found.truth[i])
        limit = min(share, CELL) if cell[0] == cell[1] else CELL
        if taken.get(cell, 0) < limit and len(chosen) < MOST:
            taken[cell] = taken.get(cell, 0) + 1
            chosen.append(i)
    if progress is not None:
        progress.task("thumbnails", len(chosen))
    samples = []
    with ThreadPoolExecutor(4, thread_name_prefix="thumbnails") as pool:
        for i, picture in zip(chosen, pool.map(lambda i: _thumbnail(root / found.paths[i]), chosen), strict=True):
            if progress is not None:
                progress.advance()
            if picture is not None:
                samples.append(Sample(found.paths[i], content.get(found.paths[i]), int(found.truth[i]),
                                      int(found.predicted[i]), float(found.confidence[i]), picture))
    return samples


def _thumbnail(file: Path) -> str | None:
    try:
        return picture(read_image(file), SIDE, 72)
    except UnreadableImage:
        return None


def _data(figures: dict[str, Any], health: dict[str, Any], project: Project) -> list[tuple[str, Any]]:
    return [("images", figures["num_images"]), ("labeled", figures["num_labeled"]),
            ("unreadable", len(figures["unreadable"])), ("excluded", figures["excluded"]),
            ("sets of exact duplicates", len(health["exact_duplicates"])),
            ("duplicates that straddle splits", len(health["leaks"])),
            ("duplicates with different labels", len(health["conflicts"])),
            ("labels from", cards.label_source(project)),
            ("evaluations of the test split so far", evaluations.looks(project))]


def _parameters(run: Run) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = [("network", run.network), ("method", run.method), ("seed", run.seed),
                                    ("device", run.device)]
    preprocessing = run.parameters.get("preprocessing", {})
    pairs.append(("input", f"{preprocessing.get('width')} × {preprocessing.get('height')} × "
                           f"{preprocessing.get('channels')}, {preprocessing.get('resize')}"))
    pairs += [(name, _shown(value)) for name, value in run.parameters.get("settings", {}).items()]
    if run.train_seconds is not None:
        pairs.append(("training took", f"{run.train_seconds:.1f} s"))
    return pairs


def _shown(value: Any) -> Any:
    """A setting as a person reads it."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items()) or "none"
    return value if value not in ([], None) else "none"


def _warnings(project: Project, run: Run, health: dict[str, Any], split: str) -> list[str]:
    found = []
    if split != "test":
        found.append(f"There is no test split: these figures come from the {split} images and may be too good.")
    if not runs.unchanged(project, run):
        found.append("Images, labels or the split have changed since this run was trained.")
    if health["leaks"]:
        found.append(f"{len(health['leaks'])} sets of identical images straddle the splits.")
    return found


def _candidates(run: Run) -> list[dict[str, Any]]:
    file = run.folder / "fit.json"
    if run.method != "quick" or not file.exists():
        return []
    description = json.loads(file.read_text())
    return [{"name": name, "error": error, "chosen": name in description["members"]}
            for name, error in description["candidates"].items()]


def _worst(project: Project, run: Run, predictions: Any, count: int, progress: Progress | None) -> list[WorstError]:
    chosen = select(predictions, Criteria("wrong"), sort="loss")[:count]
    root = project.require_image_root()
    images, kept = [], []
    for i in chosen:
        try:
            images.append(read_image(root / predictions.paths[i]))
            kept.append(i)
        except UnreadableImage:
            continue
    if not kept:
        return []
    maps = heatmaps.explain(runs.classifier(run), images, progress=progress)
    return [WorstError(predictions.paths[i], predictions.classes[predictions.truth[i]],
                       predictions.classes[predictions.predicted[i]], float(predictions.confidence[i]),
                       _rgb(image), heatmaps.overlay(image, found.map))
            for i, image, found in zip(kept, images, maps, strict=True)]


def _rgb(image: Any) -> Any:
    height, width = image.shape[:2]
    if not (15 <= height <= 4096 and 15 <= width <= 4096):
        return heatmaps.overlay(image, image.astype("float32").reshape(height, width, -1)[..., 0] * 0)
    return Preprocessing(width, height).pixels(image)
