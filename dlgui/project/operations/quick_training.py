"""A quick run: the closed-form linear layer on a frozen backbone; and the same as the start of a fine-tuning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dlgui.engine import features, quick
from dlgui.engine.classifier import Classifier
from dlgui.engine.model_file import write_model
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress, Stopwatch
from dlgui.engine.training_events import EpochDone, Event, Finished
from dlgui.project.operations import evaluations, run_files, runs
from dlgui.project.operations.runs import Run
from dlgui.project.operations.training_data import (
    Data,
    backbone_of,
    data_of,
    features_of,
    groups_of,
    left_out,
    provenance,
    remember_worst,
)
from dlgui.project.project import Project

REUSE = 0.05
"""Share of changed labels up to which a quick training keeps the stages that the last one chose."""


def execute(project: Project, run: Run, progress: Progress | None) -> Iterator[Event]:
    """Trains a quick run; see `training.execute`."""
    watch = Stopwatch(progress)
    data, preprocessing = data_of(project, run), Preprocessing.from_dict(run.parameters["preprocessing"])
    found = features_of(project, run, data, preprocessing, progress)
    readable = found.readable
    yield from left_out(project, data, np.flatnonzero(~readable))
    fitted_on = data.train[readable[data.train]]
    fit, classifier = fitted(run, data, found, np.arange(len(data.rows)), preprocessing, progress,
                             _chosen_before(project, run))
    confidences = np.zeros((len(data.rows), len(run.outputs)), np.float32)
    confidences[readable] = fit.confidences(found, np.flatnonzero(readable), classifier.channels)
    wrong = confidences.argmax(1) != data.labels
    validation = data.validation[readable[data.validation]]
    error = float(wrong[validation].mean()) if len(validation) else fit.top1_error
    classifier.provenance = provenance(project, run, data)
    classifier.metrics = {"cross_validation_top1_error": fit.top1_error, "validation_top1_error": error}
    write_model(classifier, run.model)
    remember_worst(run, data, validation, confidences[validation])
    evaluations.remember(run, [str(data.table.content_hash[r]) for r in data.rows[readable]], confidences[readable])
    evaluations.remember_out_of_fold(run, [data.table.path[r] for r in data.rows[fitted_on]], fit.held_out)
    run_files.write_quick_fit(run, describe(fit))
    seconds = watch.seconds
    speed = len(data.rows) / max(seconds, 1e-9)
    loss = float(-np.log(np.maximum(confidences[fitted_on, data.labels[fitted_on]], 1e-12)).mean())
    yield EpochDone(1, 1, loss, float(wrong[fitted_on].mean()), error, 0.0, seconds, True, 1, error)
    runs.update(project, run, state="done", pid=None, train_seconds=seconds, images_per_second=speed)
    yield Finished("epochs", 1, error, seconds, speed)


def fitted(run: Run, data: Data, found: features.Features, of: np.ndarray, preprocessing: Preprocessing,
           progress: Progress | None, members: list[str] | None = None) -> tuple[quick.QuickFit, Classifier]:
    """The closed-form linear layer of a run's training split, and the calibrated classifier with it.

    Args:
        run, data, preprocessing: what is trained.
        found: features of the images at the positions `of` of the data, which hold all of the training split.
        members: sets of statistics to take instead of choosing.
    """
    place = np.flatnonzero(found.readable & np.isin(of, data.train))
    files = backbone_of(run)
    fit = quick.fit(found, place, data.labels[of[place]], len(run.outputs), files.channels,
                    groups=groups_of(data.table, data.rows[of[place]]), members=members, seed=run.seed,
                    progress=progress)
    classifier = Classifier.pretrained(run.network, run.outputs.then, preprocessing, fit.pooling,
                                       "imagenet" if run.parameters["pretrained"] else None)
    classifier.set_head(fit.weight, fit.bias, fit.temperature)
    return fit, classifier


def describe(fit: quick.QuickFit) -> dict[str, Any]:
    """How the stages were chosen, for the run's folder."""
    return {"members": fit.members, "candidates": fit.candidates, "top1_error": fit.top1_error}


def _chosen_before(project: Project, run: Run) -> list[str] | None:
    """The stages that the last quick run chose, where this one differs in little but a few labels."""
    for earlier in reversed(runs.all_runs(project)):
        same = (earlier.method == "quick" and earlier.state == "done" and earlier.network == run.network
                and earlier.outputs.now == run.outputs.now and earlier.parameters == run.parameters
                and earlier.seed == run.seed)
        if not same:
            continue
        before, now = runs.snapshot_today(project, earlier), runs.snapshot_today(project, run)
        differing = sum(before.get(path) != value for path, value in now.items()) + len(before.keys() - now.keys())
        if differing > REUSE * len(now):
            return None
        members = run_files.quick_fit(earlier).get("members")
        return list(members) if members else None
    return None
