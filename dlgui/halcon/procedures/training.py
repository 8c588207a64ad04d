"""Whole trainings as procedures: closed form on a frozen network, and fine-tuning. dlgui's own, beside the old ones."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlgui.engine import backbones, features, finetune, quick, recipe
from dlgui.engine.model_file import read_model
from dlgui.engine.pixel_cache import store_pixels
from dlgui.engine.scanning import Scan, scan_images
from dlgui.engine.settings import TrainingSettings
from dlgui.engine.training_events import EpochDone
from dlgui.halcon.errors import operator, refuse
from dlgui.halcon.handles import ClassifierHandle, HHandle, checked, one_or_many
from dlgui.halcon.options import options, pairs


@operator
def fit_dl_classifier_quick(image_files: Sequence[str], ground_truth_labels: Sequence[str | int],
                            dlclassifier_handle: HHandle, gen_param_name: str | Sequence[str] = (),
                            gen_param_value: Any = ()) -> float:
    """Trains in closed form on the frozen network: seconds instead of hours.

    Args:
        image_files: images as they are, not preprocessed.
        ground_truth_labels: class names or indices, one an image.
        dlclassifier_handle: with its classes and image size set; its network must still be the pretrained one.
        gen_param_name, gen_param_value: 'seed' (42), 'groups' (a name an image: images of one object), 'members'
            (names of `dlgui.engine.quick.candidates` to take instead of choosing), 'cache' (a folder).

    Returns:
        the top-1 error in cross-validation.
    """
    chosen = options(gen_param_name, gen_param_value, {"seed": 42, "groups": None, "members": None, "cache": None})
    handle = checked(dlclassifier_handle, ClassifierHandle)
    classifier = handle.classifier
    if not classifier.frozen:
        raise refuse("dlclassifier_handle", "a fine-tuned classifier", "one that was read as a pretrained network")
    labels = classifier.label_indices(one_or_many(ground_truth_labels))
    files = backbones.pretrained(classifier.network)
    with tempfile.TemporaryDirectory() as temporary:
        found = features.extract(classifier.network, "/", _samples(image_files, len(labels)), classifier.preprocessing,
                                 chosen["cache"] or temporary)
        for problem in found.failures.values():
            raise problem
        fit = quick.fit(found, np.arange(len(labels)), labels, len(classifier.classes), files.channels,
                        groups=chosen["groups"], seed=int(chosen["seed"]),
                        members=chosen["members"])
    fresh = type(classifier).pretrained(classifier.network, classifier.classes, classifier.preprocessing, fit.pooling)
    fresh.set_hyperparameters(**classifier.hyperparameters.to_dict())
    fresh.set_head(fit.weight, fit.bias, fit.temperature)
    handle.classifier = fresh
    return fit.top1_error


@operator
def fine_tune_dl_classifier(train_files: Sequence[str], train_labels: Sequence[str | int],
                            validation_files: Sequence[str], validation_labels: Sequence[str | int],
                            dlclassifier_handle: HHandle, gen_param_name: str | Sequence[str] = (),
                            gen_param_value: Any = ()) -> list[float]:
    """Trains the whole network; the best state by validation error stays in the handle.

    Args:
        train_files, train_labels, validation_files, validation_labels: images as they are, and their classes.
        dlclassifier_handle: with its classes and image size set.
        gen_param_name, gen_param_value: names of `dlgui.engine.settings.TrainingSettings`, and 'seed' (42). What they
            leave open follows from the images, but for 'stages' (then all) and 'mirror' (then off), which a project
            decides by its quick classifier.

    Returns:
        the validation top-1 error after every epoch.
    """
    chosen = dict(pairs(gen_param_name, gen_param_value))
    seed = int(chosen.pop("seed", 42))
    handle = checked(dlclassifier_handle, ClassifierHandle)
    classifier = handle.classifier
    settings = TrainingSettings.from_dict(chosen)
    labels = [classifier.label_indices(one_or_many(x)) for x in (train_labels, validation_labels)]
    files = [*train_files, *validation_files]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        samples = _samples(files, len(labels[0]) + len(labels[1]))
        if classifier.frozen and not classifier.head[0].any():
            pretrained = backbones.pretrained(classifier.network)
            handle.classifier = type(classifier).pretrained(classifier.network, classifier.classes,
                                                            classifier.preprocessing,
                                                            recipe.pooling(settings, len(pretrained.channels)))
            if settings.warm_start:
                found = features.extract(classifier.network, "/", samples[:len(labels[0])], classifier.preprocessing,
                                         folder)
                recipe.warm_start(handle.classifier, found, np.arange(len(labels[0])), labels[0], seed)
        table, rows, failures = store_pixels("/", samples, classifier.preprocessing, folder)
        for problem in failures.values():
            raise problem
        count = len(labels[0])
        data = finetune.TrainingData(table.table, rows[:count], labels[0], rows[count:], labels[1])
        training = finetune.FineTuning(handle.classifier, data, settings, seed=seed, device=handle.device,
                                       checkpoint=folder / "checkpoint", model=folder / "best")
        errors = [event.validation_top1_error or 0.0 for event in training if isinstance(event, EpochDone)]
        handle.classifier = read_model(folder / "best")
    return errors


def _samples(files: Sequence[str], count: int) -> list[tuple[str, str]]:
    """Absolute paths with the hash of their content."""
    if len(files) != count:
        raise refuse("image_files", f"{len(files)} files", f"one a label: {count}")
    paths = [Path(f).absolute().as_posix() for f in files]
    samples = []
    for path, scan in zip(paths, scan_images("/", paths), strict=True):
        if not isinstance(scan, Scan):
            raise scan
        samples.append((path, scan.content_hash))
    return samples
