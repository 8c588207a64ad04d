"""Training a run, from the project's images to its model; one iterator for the command line and the window."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dlgui.engine import backbones, devices, faults, memory, networks, rate_range, recipe
from dlgui.engine.classifier import Classifier
from dlgui.engine.finetune import TrainingData
from dlgui.engine.pixel_cache import store_pixels
from dlgui.engine.progress import Cancelled, Progress
from dlgui.engine.settings import TrainingSettings
from dlgui.engine.storage import discard_unfinished
from dlgui.engine.training_events import BatchDone, EpochDone, Event, Finished, Notice
from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.operations import batches, choosing, divergence, fine_tuning, quick_training, run_files, runs, seals
from dlgui.project.operations.plans import AUTO, METHODS, Plan, classes_of, plan_of, preprocessing_of
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

MIXED = "rate_changed_after_batch"
"""Parameter of a run that went on with another learning rate."""

def start(project: Project, plan: Plan, who: str = "user", progress: Progress | None = None) -> Run:
    """Checks a plan against the data and enters its run into the book; `auto` first looks for the network.

    Raises:
        InvalidValue, DlguiError: a value that is not allowed, no split, fewer than two classes.
    """
    if plan.method not in METHODS:
        raise InvalidValue("method", plan.method, " or ".join(METHODS))
    if plan.method == "quick" and plan.settings:
        raise InvalidValue("setting", next(iter(plan.settings)), "settings only with --method finetune")
    plan = _with_network(project, plan, progress)
    info = networks.info(plan.network)
    project.require_image_root()
    classes = classes_of(project)
    table = project.images()
    preprocessing = preprocessing_of(table, table.rows("train"), plan)
    parameters: dict[str, Any] = {"preprocessing": preprocessing.to_dict(), "pretrained": plan.pretrained}
    if plan.method == "finetune":
        given = TrainingSettings.from_dict(plan.settings)
        settings = given.for_images(len(table.rows("train")))
        weights = settings.hyperparameters.class_weights
        if weights and len(weights) != len(classes):
            raise InvalidValue("class_weights", list(weights), f"{len(classes)} numbers, for {', '.join(classes[:20])}")
        parameters |= {"settings": settings.to_dict(), "automatic_length": given.epochs == 0}
    run = runs.create(project, network=info.name, method=plan.method, parameters=parameters, seed=plan.seed,
                      device=devices.choose(plan.device), classes=classes, who=who)
    if plan.why:
        run_files.add_notice(run, plan.why)
    return run


def _with_network(project: Project, plan: Plan, progress: Progress | None) -> Plan:
    if plan.network != AUTO:
        return plan
    return choosing.choose(project, plan, progress)[0]


def execute(project: Project, run: Run, progress: Progress | None = None) -> Iterator[Event]:
    """Trains a run, or goes on with it; every event is in the book before it is yielded.

    Closing the iterator, or cancelling, leaves the run paused; an interruption leaves it interrupted, a problem failed.
    All can be resumed. `progress.finish()` ends the run well, with the best network so far.

    Raises:
        Cancelled: it was cancelled, or finished before there was a network to keep.
        DlguiError: what went wrong and what to do; the run keeps it as its error.
    """
    discard_unfinished(run.folder)
    try:
        with memory.kept():
            yield from _recorded(project, run, progress)
    finally:
        project.under_way.end(run.number)


def _recorded(project: Project, run: Run, progress: Progress | None) -> Iterator[Event]:
    train = {"quick": quick_training.execute, "finetune": fine_tuning.execute}[run.method]
    recorder = batches.Recorder(run, checkpoint_iteration(run))
    try:
        for event in train(project, run, progress):
            if isinstance(event, BatchDone):
                recorder.add(event)
            elif isinstance(event, EpochDone):
                recorder.flush()
                runs.append(project, run, history_row(event), epochs=math.ceil(event.epoch),
                            train_seconds=event.seconds, best_epoch=event.best_epoch,
                            validation_top1_error=event.best_error)
            elif isinstance(event, Notice):
                run_files.add_notice(run, event.text)
            elif isinstance(event, Finished) and MIXED not in run.parameters:
                with contextlib.suppress(DlguiError):  # a run without a seal is still a run
                    seals.seal(project, runs.get(project, run.id), event.reason)
            yield event
        recorder.flush()
    except (GeneratorExit, Cancelled):
        with contextlib.suppress(OSError):
            recorder.flush()
        runs.end(project, run, "paused")
        raise
    except Exception as problem:
        told = faults.explained(problem, run.id)
        runs.end(project, run, "failed", str(told))
        with contextlib.suppress(DlguiError, OSError):
            run_files.write_problem(run, told)
            recorder.flush()
        if told is problem:
            raise
        raise told from problem
    except BaseException:
        runs.end(project, run, "interrupted")
        raise


def resume(project: Project, run: Run, learning_rate: float | None = None) -> Run:
    """Sets a run going again from its checkpoint; `execute` then goes on with what is returned.

    With another learning rate that is a new run where the checkpoint was written when the loss had run away already.

    Raises:
        DlguiError: it is done already, runs elsewhere, its data has changed beyond recognition, or its loss would
            become no number again. InvalidValue: the learning rate is not allowed.
    """
    if run.state == "done":
        raise DlguiError(run.id, "it is done already", "train a new run")
    if run.state == "running":
        raise DlguiError(run.id, "it is being trained", "stop it first")
    if not runs.unchanged(project, run):
        raise DlguiError(run.id, "images, labels or the split have changed since it began", "train a new run",
                         "train")
    if learning_rate is not None:
        return _with_rate(project, run, learning_rate)
    if divergence.failed(run):
        raise divergence.would_fail_again(run)
    return runs.resume(project, run, checkpoint_iteration(run))


def _with_rate(project: Project, run: Run, learning_rate: float) -> Run:
    if run.method != "finetune":
        raise InvalidValue("learning_rate", learning_rate, "it for fine-tuning only")
    settings = TrainingSettings.from_dict(run.parameters["settings"]).changed(learning_rate=learning_rate).to_dict()
    iteration = checkpoint_iteration(run)
    if not divergence.sound(run, iteration):
        return start(project, replace(plan_of(run), settings=settings, why=(
            f"As {run.id}, whose loss had run away before its last checkpoint, with the learning rate "
            f"{learning_rate:g}.")))
    parameters = {**run.parameters, "settings": settings}
    if iteration:
        parameters[MIXED] = iteration
        since = f"From batch {iteration + 1} on the learning rate "
        run_files.add_notice(run, f"{since}is {learning_rate:g}, so that the run cannot be repeated exactly.", since)
    return runs.resume(project, run, iteration, parameters)


def can_conclude(run: Run) -> bool:
    """Whether an unfinished run has a network that can be kept."""
    return run.state in ("paused", "interrupted", "failed") and run.model.exists()


def conclude(project: Project, run: Run, progress: Progress) -> Iterator[Event]:
    """Ends an unfinished run with the best network that it has so far.

    Where images, labels or the split have changed since, the network is kept as it is, without calibration.
    """
    if runs.unchanged(project, run) and run.checkpoint.exists():
        progress.finish()
        yield from execute(project, runs.resume(project, run, checkpoint_iteration(run)), progress)
        return
    run_files.add_notice(run, "The data had changed when the run was ended: the confidences are not calibrated.")
    runs.update(project, run, state="done", pid=None)
    yield Finished("stopped", run.best_epoch or 0, run.validation_top1_error, run.train_seconds or 0.0,
                   run.images_per_second or 0.0)


def train(project: Project, plan: Plan, progress: Progress | None = None,
          listener: Callable[[Event], None] | None = None) -> Run:
    """`start` and `execute` in one go."""
    run = start(project, plan, progress=progress)
    for event in execute(project, run, progress):
        if listener is not None:
            listener(event)
    return runs.get(project, run.id)


def checkpoint_iteration(run: Run) -> int:
    """The update from which a run goes on; 0 for its beginning. Raises `DlguiError` on a spoilt checkpoint."""
    from safetensors import SafetensorError, safe_open

    if not run.checkpoint.exists():
        return 0
    try:
        with safe_open(Path(run.checkpoint), framework="numpy") as file:
            return int(json.loads((file.metadata() or {})["state"])["iteration"])
    except (SafetensorError, KeyError, ValueError, OSError) as problem:
        raise DlguiError(run.checkpoint, f"not a checkpoint ({problem})", "train a new run") from problem


def history_row(event: EpochDone) -> dict[str, Any]:
    """An epoch as the book keeps it: keys of `runs.HISTORY`."""
    return {"epoch": event.epoch, "iteration": event.iteration, "loss": event.loss,
            "train_top1_error": event.train_top1_error, "validation_top1_error": event.validation_top1_error,
            "learning_rate": event.learning_rate, "seconds": event.seconds}


def find_learning_rate(project: Project, plan: Plan, progress: Progress | None = None,
                       listener: Callable[[tuple[float, float]], None] | None = None,
                       ) -> tuple[list[tuple[float, float]], float]:
    """The learning-rate range test on the project's training split: its curve, and the rate it suggests.

    `listener` is called with every point of the curve, (learning rate, smoothed loss), as it comes.
    """
    plan = _with_network(project, plan, progress)
    classes, table = classes_of(project), project.images()
    info = networks.info(plan.network)
    rows = table.rows("train")
    rows = rows[[table.class_names[i] in classes for i in table.label[rows]]]
    preprocessing = preprocessing_of(table, rows, plan)
    pixels, places, _ = store_pixels(project.require_image_root(),
                                     [(table.path[r], str(table.content_hash[r])) for r in rows], preprocessing,
                                     project.cache_folder / "pixels", progress)
    position = {name: i for i, name in enumerate(classes)}
    labels = np.array([position[table.class_names[i]] for i in table.label[rows]], np.int64)
    none = np.empty(0, np.int64)
    data = TrainingData(pixels.table, places[places >= 0], labels[places >= 0], none, none)
    settings = TrainingSettings.from_dict(plan.settings)
    stages = len((backbones.pretrained if plan.pretrained else backbones.random)(info.name).channels)
    classifier = Classifier.pretrained(info.name, classes, preprocessing, recipe.pooling(settings, stages),
                                       weights="imagenet" if plan.pretrained else None)
    curve = []
    with memory.kept():
        for point in rate_range.learning_rate_range(classifier, data, settings, seed=plan.seed,
                                                    device=devices.choose(plan.device), progress=progress):
            curve.append(point)
            if listener is not None:
                listener(point)
    return curve, rate_range.suggested_rate(curve)
