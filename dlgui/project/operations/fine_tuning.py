"""A finetune run: quick's classifier comes first, as the one to beat; then the whole network is trained."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dlgui.engine import finetune, recipe
from dlgui.engine.classifier import Classifier
from dlgui.engine.features import Features
from dlgui.engine.finetune import Candidate
from dlgui.engine.pixel_cache import store_pixels
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress, Stopwatch
from dlgui.engine.quick import evenly
from dlgui.engine.settings import SHORTEST, TrainingSettings
from dlgui.engine.training_events import EpochDone, Event, Finished, Notice
from dlgui.project.operations import epochs, run_files, runs
from dlgui.project.operations.quick_training import describe, fitted
from dlgui.project.operations.runs import Run
from dlgui.project.operations.training_data import (
    Data,
    backbone_of,
    data_of,
    features_of,
    groups_of,
    left_out,
    provenance,
)
from dlgui.project.project import Project


def execute(project: Project, run: Run, progress: Progress | None) -> Iterator[Event]:
    """Trains a finetune run or goes on with it; see `training.execute`."""
    data, preprocessing = data_of(project, run), Preprocessing.from_dict(run.parameters["preprocessing"])
    settings = TrainingSettings.from_dict(run.parameters["settings"])
    chosen = np.concatenate([data.train, data.validation])
    samples = data.samples
    pixels, rows, _ = store_pixels(project.require_image_root(), [samples[i] for i in chosen], preprocessing,
                                   project.cache_folder / "pixels", progress)
    kept = rows >= 0
    yield from left_out(project, data, chosen[~kept])
    is_train = np.arange(len(chosen)) < len(data.train)
    judged, labels = chosen[kept & ~is_train], data.labels[chosen]
    training_data = finetune.TrainingData(pixels.table, rows[kept & is_train], labels[kept & is_train],
                                          rows[kept & ~is_train], labels[kept & ~is_train])
    weights, available = "imagenet" if run.parameters["pretrained"] else None, len(backbone_of(run).channels)
    candidate, found = None, None
    fresh = not run.checkpoint.exists()
    if fresh:
        watch = Stopwatch(progress)
        if weights and (len(judged) or settings.warm_start):
            found = features_of(project, run, data, preprocessing, progress, only=chosen)
        if found is not None and len(judged):
            candidate = _quick_candidate(run, data, found, chosen, np.flatnonzero(kept & ~is_train), preprocessing,
                                         progress, watch)
            wrong = candidate.wrong(training_data.validation_labels)
            error = float(wrong.mean())
            runs.update(project, run, best_epoch=0, validation_top1_error=error)
            yield Notice(f"The quick classifier, {100 * error:.1f} % validation error, is the one to beat: it "
                         "is kept unless an epoch does clearly better.")
            if run.parameters.get("automatic_length") and not recipe.can_be_beaten(wrong):
                settings = settings.changed(epochs=SHORTEST)
                yield Notice(f"On these {len(judged)} validation images no epoch could show that it does clearly "
                             f"better, so there are {SHORTEST} epochs only. Set a number of epochs to have more.")
    if progress is not None:
        progress.task("preparing the network")
    if fresh:
        settings = _decided(settings, candidate, training_data, available)
        runs.set_parameters(project, run, {**run.parameters, "settings": settings.to_dict()})
    classifier = Classifier.pretrained(run.network, run.outputs.then, preprocessing,
                                       recipe.pooling(settings, available), weights=weights)
    if settings.warm_start and found is not None:
        readable = np.flatnonzero(found.readable[:len(data.train)])
        fitted_on = data.train[readable]
        recipe.warm_start(classifier, found, readable, data.labels[fitted_on], run.seed,
                          groups_of(data.table, data.rows[fitted_on]))
    training = finetune.FineTuning(classifier, training_data, settings, seed=run.seed, device=run.device,
                                   checkpoint=run.checkpoint, model=run.model, progress=progress,
                                   provenance=provenance(project, run, data), candidate=candidate)
    for event in training:
        if isinstance(event, EpochDone):
            names = run.outputs.names
            run_files.write_worst(run, [(data.table.path[data.rows[judged[i]]], names[data.labels[judged[i]]],
                                names[predicted], own) for i, predicted, own in training.worst])
            epochs.keep(run, event.epoch, [str(data.table.content_hash[data.rows[i]]) for i in judged],
                        training.judged)
        if isinstance(event, Finished):
            runs.update(project, run, state="done", pid=None, best_epoch=event.best_epoch,
                        validation_top1_error=event.validation_top1_error, train_seconds=event.seconds,
                        images_per_second=event.images_per_second)
            if not event.best_epoch:
                yield Notice("No epoch did clearly better than the quick classifier on the validation split: it is "
                             "kept.")
        yield event


def _quick_candidate(run: Run, data: Data, found: Features, chosen: np.ndarray, validation: np.ndarray,
                     preprocessing: Preprocessing, progress: Progress | None, watch: Stopwatch) -> Candidate:
    """The quick classifier; `validation`: where among the chosen images those are that judge."""
    fit, classifier = fitted(run, data, found, chosen, preprocessing, progress)
    run_files.write_quick_fit(run, describe(fit))
    confidences = np.zeros((len(validation), len(run.outputs)), np.float32)
    readable = found.readable[validation]  # a file may have gone since its pixels were stored
    confidences[readable] = fit.confidences(found, validation[readable], classifier.channels)
    return Candidate(classifier, confidences, watch.seconds)


def _decided(settings: TrainingSettings, candidate: Candidate | None, data: finetune.TrainingData,
             available: int) -> TrainingSettings:
    """The settings with all that they left open; without a quick classifier to ask, everything is used as it is."""
    if candidate is None:
        return recipe.decided(settings, available, "off")
    drawn = evenly(data.validation_labels, recipe.MIRRORED, seed=0)
    pixels = np.stack([data.pixels[row] for row in data.validation[drawn]])
    mirrored = recipe.mirror(candidate.classifier, pixels, data.validation_labels[drawn])
    return recipe.decided(settings, recipe.stages(candidate.classifier.pooling, available), mirrored)
