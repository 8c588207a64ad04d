"""What a training would do, how long it would take here, and how good it was last time: for the cards of the window."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dlgui import environment
from dlgui.engine import backbones, devices, features, networks, speed
from dlgui.engine.content_table import ContentTable
from dlgui.engine.images import read_image
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.engine.settings import TrainingSettings
from dlgui.errors import UnreadableImage
from dlgui.project.operations import runs, training
from dlgui.project.operations.runs import Run
from dlgui.project.operations.training import Plan
from dlgui.project.project import Project

SAMPLE = 24
"""Images that are read to see how fast reading is."""

TYPICAL_LENGTH = 16000
"""Figures of an image in all stages of the networks in the registry, roughly."""


@dataclass(frozen=True)
class Outlook:
    """What a plan means for a project.

    Attributes:
        train, validation, every: images of the two splits, and all that are labeled.
        classes: names of the classes in the training split.
        counts: training images of each.
        kinds: classes with labeled images, in whatever split.
        width, height: input size in pixels.
        epochs: passes over the training split of a fine-tuning with the plan's settings.
        best: the finished run of this method with the lowest validation error, None without one.
    """

    train: int
    validation: int
    every: int
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    kinds: int
    width: int
    height: int
    epochs: int
    best: Run | None


@dataclass(frozen=True)
class Estimate:
    """Seconds that a training takes here.

    Attributes:
        seconds: altogether.
        parts: of reading, the quick classifier, features or training, evaluating, solving.
        new: images that must still be read; the others are in the project's cache.
        source: the finished run whose speed was taken; empty where it was measured apart.
    """

    seconds: float
    parts: dict[str, float]
    new: int
    source: str = ""


def outlook(project: Project, plan: Plan) -> Outlook:
    """What can be said at once. Raises `DlguiError` where the plan does not fit the network."""
    table = project.images()
    rows = table.rows("train")
    counts = np.bincount(table.label[rows], minlength=len(table.class_names))
    present = np.flatnonzero(counts)
    size = training.preprocessing_of(table, rows, plan)
    every = table.rows("all")
    return Outlook(len(rows), len(table.rows("validation")), len(every), tuple(table.class_names[i] for i in present),
                   tuple(int(counts[i]) for i in present), len(np.unique(table.label[every])), size.width, size.height,
                   TrainingSettings.from_dict(plan.settings).for_images(len(rows)).epochs,
                   best_run(project, plan.method))


def best_run(project: Project, method: str) -> Run | None:
    """The finished run of a method with the lowest validation error."""
    done = [run for run in runs.all_runs(project) if run.method == method and run.state == "done"
            and run.validation_top1_error is not None]
    return min(done, key=lambda run: run.validation_top1_error or 0.0, default=None)


def estimate(project: Project, plan: Plan, progress: Progress | None = None) -> Estimate | None:
    """How long a training would take here, from measurements of this computer; None without images to train on.

    Raises:
        DlguiError: the plan does not fit, or cannot be measured. Cancelled: see `Progress`.
    """
    table = project.images()
    rows = table.rows("train")
    kinds = len(np.unique(table.label[rows]))
    if kinds < 2:
        return None
    preprocessing = training.preprocessing_of(table, rows, plan)
    network, source = networks.info(plan.network).name, ""
    if plan.method == "quick":
        used = table.rows("all")
        made = backbones.made(network) and plan.pretrained
        key = features.key(backbones.pretrained(network), preprocessing) if made else ""
        new = _new(project.cache_folder / "features", key, [str(table.content_hash[r]) for r in used])
        reading = _reading(project, [table.path[r] for r in used], preprocessing)
        rate = speed.forward(network, preprocessing, progress) or 1e-9
        parts = {"features": new * max(reading, 1 / rate), "solving": _solving(min(len(rows), 4000), kinds)}
    else:
        used = np.concatenate([rows, table.rows("validation")])
        new = _new(project.cache_folder / "pixels", f"pixels-{preprocessing.key()}",
                   [str(table.content_hash[r]) for r in used])
        settings = TrainingSettings.from_dict(plan.settings).for_images(len(rows))
        device = devices.choose(plan.device)
        rates = speed.training(network, preprocessing, settings.to_dict(), kinds, device, progress)
        assert rates is not None
        quick_first = None
        if plan.pretrained and len(used) > len(rows):
            quick_first = estimate(project, replace(plan, method="quick", settings={}, image_size=None, preprocessing={
                **plan.preprocessing, "width": preprocessing.width, "height": preprocessing.height}), progress)
        earlier = _alike(project, network, preprocessing, settings, device)
        rate = rates["train"]
        if earlier is not None:
            source, rate = earlier.name or earlier.id, earlier.images_per_second or rate
        parts = {"reading": new * _reading(project, [table.path[r] for r in used], preprocessing) if new else 0.0,
                 "training": settings.epochs * len(rows) / rate,
                 "quick": quick_first.seconds if quick_first is not None else 0.0,
                 "evaluating": (settings.epochs + 1) * (len(used) - len(rows)) / rates["evaluate"]}
    return Estimate(sum(parts.values()), parts, new, source)


def _alike(project: Project, network: str, preprocessing: Preprocessing, settings: TrainingSettings,
           device: str) -> Run | None:
    """The newest finished run whose batches took what those of the plan will take."""
    def what(of: TrainingSettings) -> tuple[Any, ...]:
        h = of.hyperparameters
        return h.batch_size, h.batch_size_multiplier, h.solver_type, h.batch_norm, of.pooled_stages, {
            k: v for k, v in of.augmentation.items() if k != "mirror"}
    for run in reversed(runs.all_runs(project)):
        if (run.method == "finetune" and run.state == "done" and run.images_per_second and run.network == network
                and run.device == device and what(TrainingSettings.from_dict(run.parameters["settings"])) ==
                what(settings) and Preprocessing.from_dict(run.parameters["preprocessing"]) == preprocessing):
            return run
    return None


def _new(folder: Path, key: str, hashes: list[str]) -> int:
    """How many contents are not in a table of the cache; a table that is not there is not made."""
    if not key or not (folder / f"{key}.ids").exists():
        return len(set(hashes))
    known = set(ContentTable.known(folder, key))
    return sum(h not in known for h in set(hashes))


def _reading(project: Project, paths: list[str], preprocessing: Preprocessing) -> float:
    """Seconds an image takes to be read and scaled, with the threads that do it."""
    from concurrent.futures import ThreadPoolExecutor

    root = project.require_image_root()
    chosen = [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, SAMPLE).round().astype(int))]

    def read(path: str) -> Any:
        try:
            return preprocessing.pixels(read_image(root / path))
        except UnreadableImage:
            return None
    started = time.perf_counter()
    with ThreadPoolExecutor(max(environment.cores(), 2)) as pool:
        list(pool.map(read, chosen))
    return (time.perf_counter() - started) / len(chosen)


def _solving(count: int, classes: int) -> float:
    """Seconds of choosing stages and solving, from one product and one factorization of the real size."""
    from dlgui.engine import quick
    from dlgui.engine.discriminant import fit_dual

    shown = min(count, quick.CHOOSING)
    figures = np.random.default_rng(0).standard_normal((shown, 512), dtype=np.float32)
    fit_dual(figures[:8] @ figures[:8].T, np.arange(8) % 2, 2, 512)  # loads what the first call loads
    started = time.perf_counter()
    gram = figures @ figures.T
    product = (time.perf_counter() - started) * TYPICAL_LENGTH / 512
    kept = max(int(shown * 0.8), 2)
    started = time.perf_counter()
    fit_dual(np.array(gram[:kept, :kept]), np.arange(kept) % classes, classes, 512)
    fold = time.perf_counter() - started
    return product * (1 + (count / shown) ** 2) + fold * quick.FOLDS * len(quick.candidates(9)) + fold * (
        count / kept) ** 3
