"""What a training would do, how long it would take here, and how good it was last time: for the cards of the window."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlgui import environment
from dlgui.engine import backbones, devices, features, networks, quick, recipe, speed
from dlgui.engine.content_table import ContentTable
from dlgui.engine.images import read_image
from dlgui.engine.pooling import Pooling
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.engine.settings import SHORTEST, TrainingSettings
from dlgui.errors import UnreadableImage
from dlgui.project.operations import choosing, run_files, runs
from dlgui.project.operations.plans import AUTO, Plan, preprocessing_of
from dlgui.project.operations.runs import Run
from dlgui.project.project import ImageTable, Project

SAMPLE = 24
"""Images that are read to see how fast reading is."""

TYPICAL_LENGTH = 16000
"""Figures of an image in all stages of the networks in the registry, roughly."""

PRODUCT = 1024
"""Figures in the product that is measured."""


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
        best: the finished run of this method that errs least, see `best_run`; None without one.
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
        parts: of reading, starting, the quick classifier, features or training, evaluating, solving.
        new: images that must still be read; the others are in the project's cache.
        source: the finished run whose speed was taken; empty where it was measured apart.
        choosing: at most so many more are taken to choose the network; 0 where it is given.
    """

    seconds: float
    parts: dict[str, float]
    new: int
    source: str = ""
    choosing: float = 0.0


def outlook(project: Project, plan: Plan) -> Outlook:
    """What can be said at once. Raises `DlguiError` where the plan does not fit the network."""
    plan = choosing.assumed(plan)
    table = project.images()
    rows = table.rows("train")
    counts = np.bincount(table.label[rows], minlength=len(table.class_names))
    present = np.flatnonzero(counts)
    size = preprocessing_of(table, rows, plan)
    every, book = table.rows("all"), runs.all_runs(project)
    return Outlook(len(rows), len(table.rows("validation")), len(every), tuple(table.class_names[i] for i in present),
                   tuple(int(counts[i]) for i in present), len(np.unique(table.label[every])), size.width, size.height,
                   _of_likely_length(book, plan, len(rows), len(table.rows("validation"))).epochs,
                   best_run(book, plan.method))


def best_run(book: Sequence[Run], method: str) -> Run | None:
    """The finished run of a method with the lowest validation error; of those that were trained without validation
    images, which come last, the one with the lowest test error."""
    done = [run for run in book if run.method == method and run.state == "done"]

    def errors(run: Run) -> list[float]:
        return [2.0 if error is None else error for error in (run.validation_top1_error, run.test_top1_error)]

    return min(done, key=errors, default=None)


def estimate(project: Project, plan: Plan, progress: Progress | None = None) -> Estimate | None:
    """How long a training would take here, from measurements of this computer; None without images to train on.

    Raises:
        DlguiError: the plan does not fit, or cannot be measured. Cancelled: see `Progress`.
    """
    budget, plan = plan.budget if plan.network == AUTO else 0.0, choosing.assumed(plan)
    table = project.images()
    rows = table.rows("train")
    kinds = len(np.unique(table.label[rows]))
    if kinds < 2:
        return None
    preprocessing = preprocessing_of(table, rows, plan)
    network, source = networks.info(plan.network).name, ""
    if plan.method == "quick":
        new, parts = _quick(project, plan, table.rows("all"), preprocessing, progress)
        return Estimate(sum(parts.values()), parts, new, choosing=budget)
    validation = table.rows("validation")
    used = np.concatenate([rows, validation])
    new = _new(project.cache_folder / "pixels", f"pixels-{preprocessing.key()}", table, used)
    settings = _likely(project, network, _of_likely_length(runs.all_runs(project), plan, len(rows), len(validation)))
    device = devices.choose(plan.device)
    rates = speed.training(network, preprocessing, settings.to_dict(), kinds, device, progress)
    assert rates is not None
    earlier = _alike(project, network, preprocessing, settings, device)
    rate = rates["train"]
    if earlier is not None:
        source, rate = earlier.name or earlier.id, earlier.images_per_second or rate
    judged = (settings.epochs + 1) * len(validation) + len(table.rows("test"))
    parts = {"reading": new * _reading(project, table, used, preprocessing) if new else 0.0, "starting": rates["start"],
             "quick": sum(_quick(project, plan, used, preprocessing, progress)[1].values())
             if plan.pretrained and len(validation) else 0.0,
             "training": settings.epochs * len(rows) / rate, "evaluating": judged / rates["evaluate"]}
    return Estimate(sum(parts.values()), parts, new, source, budget)


def _quick(project: Project, plan: Plan, used: np.ndarray, preprocessing: Preprocessing,
           progress: Progress | None) -> tuple[int, dict[str, float]]:
    """Images that must still be read for the quick classifier, and the seconds of its parts."""
    table, network = project.images(), networks.info(plan.network).name
    rows = table.rows("train")
    made = backbones.made(network) and plan.pretrained
    new = _new(project.cache_folder / "features", features.key(backbones.pretrained(network), preprocessing)
               if made else "", table, used)
    each = 0.0
    if new:  # both keep all cores busy, so that their times add up
        rate = speed.forward(network, preprocessing, progress) or 1e-9
        each = _reading(project, table, used, preprocessing) + 1 / rate
    return new, {"features": new * each, "solving": _solving(min(len(rows), quick.DUAL),
                                                             len(np.unique(table.label[rows])))}


def _of_likely_length(book: Sequence[Run], plan: Plan, training: int, validation: int) -> TrainingSettings:
    """The settings with the epochs that fine-tuning will make, as far as a quick training has shown whether it can be
    beaten."""
    given = TrainingSettings.from_dict(plan.settings)
    known = next((run.validation_top1_error for run in reversed(book)
                  if run.method == "quick" and run.validation_top1_error is not None), None)
    if given.epochs or not validation or known is None or recipe.can_be_beaten(
            np.arange(validation) < round(known * validation)):
        return given.for_images(training)
    return given.changed(epochs=SHORTEST)


def _likely(project: Project, network: str, settings: TrainingSettings) -> TrainingSettings:
    """The settings with the stages that fine-tuning will use, as far as a quick training has shown which."""
    if settings.stages or settings.pooled_stages == "last" or not backbones.made(network):
        return settings
    channels = backbones.pretrained(network).channels
    competing = quick.candidates(len(channels))
    for run in reversed(runs.all_runs(project)):
        members = [competing[name] for name in run_files.quick_fit(run).get("members", ()) if name in competing]
        if run.network == network and members:
            return settings.changed(stages=recipe.stages(Pooling.union(members), len(channels)))
    return settings


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


def _new(folder: Path, key: str, table: ImageTable, rows: np.ndarray) -> int:
    """How many contents are not in a table of the cache; a table that is not there is not made."""
    hashes = {str(table.content_hash[r]) for r in rows}
    if not key or not (folder / f"{key}.ids").exists():
        return len(hashes)
    return len(hashes.difference(ContentTable.known(folder, key)))


def _reading(project: Project, table: ImageTable, rows: np.ndarray, preprocessing: Preprocessing) -> float:
    """Seconds an image takes to be read and scaled, with the threads that do it."""
    from concurrent.futures import ThreadPoolExecutor

    root, threads = project.require_image_root(), max(environment.cores(), 2)
    chosen = [root / table.path[rows[i]]
              for i in np.unique(np.linspace(0, len(rows) - 1, SAMPLE).round().astype(int))]

    def seconds(path: Path) -> float:
        started = time.perf_counter()
        with contextlib.suppress(UnreadableImage):
            preprocessing.pixels(read_image(path))
        return time.perf_counter() - started
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(seconds, chosen[:threads]))  # what the first image of a session loads is not counted
        return statistics.median(pool.map(seconds, chosen)) / threads


def _solving(count: int, classes: int) -> float:
    """Seconds of choosing stages and solving, from one candidate of the real size."""
    shown = min(count, quick.CHOOSING)
    figures = np.random.default_rng(0).standard_normal((shown, PRODUCT), dtype=np.float32)
    labels = np.arange(shown) % classes
    fold = quick.folds(labels, None, 0)
    products, candidates = [], []
    for _ in range(2):  # the first time the libraries are loaded and their threads started
        started = time.perf_counter()
        gram = figures @ figures.T
        multiplied = time.perf_counter()
        quick.held_out_scores(gram, labels, classes, fold, PRODUCT)
        products.append(multiplied - started)
        candidates.append(time.perf_counter() - multiplied)
    product, candidate = min(products) * TYPICAL_LENGTH / PRODUCT, min(candidates)
    final = candidate / quick.FOLDS * (count / (shown * (1 - 1 / quick.FOLDS))) ** 3
    return product * (1 + (count / shown) ** 2) + candidate * len(quick.candidates(9)) + final * quick.MEMBERS / 2
