"""Listing, splitting, preprocessing and augmenting images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlgui.engine import splitting
from dlgui.engine.augmentation import Augmentation
from dlgui.engine.augmentation import augment_images as augment
from dlgui.engine.labels import SUFFIXES, label_of, list_files
from dlgui.errors import DlguiError
from dlgui.halcon import system
from dlgui.halcon.errors import operator, refuse
from dlgui.halcon.handles import ClassifierHandle, HHandle, checked, one_or_many
from dlgui.halcon.iconic import HObject, arrays_of
from dlgui.halcon.options import options, pairs

Labels = list[str]


@operator
def read_dl_classifier_data_set(image_directory: str, label_source: str | Sequence[str],
                                ) -> tuple[list[str], Labels, list[int], Labels]:
    """Lists the images below a folder, grouped by suffix in the old order, and labels them.

    Args:
        image_directory: one folder; searched with all folders below.
        label_source: 'last_folder', 'file_name', 'file_name_remove_index', or an empty list for no labels.

    Returns:
        image files, ground truth labels, label indices, unique classes (sorted).
    """
    if not isinstance(image_directory, (str, Path)):
        raise refuse("image_directory", image_directory, "one folder as a string")
    source = one_or_many(label_source)
    if len(source) > 1 or (source and source[0] not in ("last_folder", "file_name", "file_name_remove_index")):
        raise refuse("label_source", label_source, "last_folder, file_name, file_name_remove_index or []")
    root = Path(str(image_directory).replace("\\", "/"))
    found = list_files(root, frozenset(SUFFIXES))
    if not found:
        raise DlguiError(root, "no image file in it or below", f"name a folder with {', '.join(SUFFIXES)}")
    rank = {suffix: i for i, suffix in enumerate(SUFFIXES)}
    found.sort(key=lambda path: (rank[path.rpartition(".")[2].lower()], path))
    files = [(root / path).as_posix() for path in found]
    if not source:
        return files, [], [], []
    labels = [str(label_of(path, source[0], root.resolve().name)) for path in found]
    classes = sorted(set(labels))
    position = {name: i for i, name in enumerate(classes)}
    return files, labels, [position[label] for label in labels], classes


@operator
def split_dl_classifier_data_set(image_files: Sequence[str], ground_truth_labels: Sequence[str | int],
                                 training_percent: float, validation_percent: float) -> tuple[list[Any], ...]:
    """Stratified split by the old floor rule; the rest is test. Follows from the system's 'seed_rand'.

    Returns:
        training images and labels, validation images and labels, test images and labels.
    """
    _same_length(image_files, ground_truth_labels)
    random = system.random()
    subset = np.array(splitting.split_floor(list(ground_truth_labels), float(training_percent),
                                            float(validation_percent), int(random.integers(1 << 31))))
    parts: list[list[Any]] = []
    for name in splitting.SUBSETS:
        chosen = random.permutation(np.flatnonzero(subset == name)).tolist()
        parts += [[image_files[i] for i in chosen], [ground_truth_labels[i] for i in chosen]]
    return tuple(parts)


@operator
def select_percentage_dl_classifier_data(image_files: Sequence[str], ground_truth_labels: Sequence[str | int],
                                         select_percentage: float) -> tuple[list[Any], list[Any]]:
    """A share of the images of every class, at least one each; 100 returns the input as it is."""
    _same_length(image_files, ground_truth_labels)
    chosen = splitting.select_percentage(list(ground_truth_labels), float(select_percentage),
                               int(system.random().integers(1 << 31)))
    return [image_files[i] for i in chosen], [ground_truth_labels[i] for i in chosen]


@operator
def preprocess_dl_classifier_images(images: HObject, gen_param_name: str | Sequence[str],
                                    gen_param_value: str | Sequence[str], dlclassifier_handle: HHandle) -> HObject:
    """Brings images to the classifier's size, type, range and number of channels.

    Args:
        images: byte or real, not mixed; real images are taken to be in the classifier's gray range already.
        gen_param_name: 'domain_handling', 'contrast_normalization'; [] for none.
        gen_param_value: 'full_domain' or 'crop_domain'; 'false' or 'true'.
        dlclassifier_handle: says what the network wants.
    """
    from dataclasses import replace

    chosen = options(gen_param_name, gen_param_value, {
        "domain_handling": "full_domain", "contrast_normalization": "false"}, {
        "domain_handling": ("full_domain", "crop_domain"), "contrast_normalization": ("false", "true")})
    arrays = arrays_of(images)
    if len({np.issubdtype(a.dtype, np.floating) for a in arrays}) > 1:
        raise refuse("images", "byte and real images together", "images of one type")
    p = replace(checked(dlclassifier_handle, ClassifierHandle).classifier.preprocessing,
                domain=chosen["domain_handling"], contrast_normalization=chosen["contrast_normalization"] == "true")
    done = []
    for array in arrays:
        right = array.shape[:2] == (p.height, p.width) and np.atleast_3d(array).shape[2] == p.channels
        if np.issubdtype(array.dtype, np.floating) and right and not p.contrast_normalization \
                and not isinstance(array, np.ma.MaskedArray):
            done.append(np.atleast_3d(array).astype(np.float32))  # as it is: already preprocessed
        else:
            done.append(p.scale(p.pixels(array)))
    return HObject(done)


@operator
def augment_images(images: HObject, gen_param_name: str | Sequence[str],
                   gen_param_value: Any) -> HObject:
    """Changes a percentage of the images at random, each by one of the enabled methods (see `Augmentation`)."""
    names = ("augmentation_percentage", "rotate", "rotate_range", "mirror", "crop_percentage", "crop_pixel",
             "brightness_variation", "brightness_variation_spot")
    values: dict[str, Any] = {}
    for name, value in pairs(gen_param_name, gen_param_value):
        if name not in names:
            raise refuse("gen_param_name", name, ", ".join(names))
        if name in ("crop_pixel", "rotate_range") and not isinstance(value, str) and int(value) != value:
            raise refuse(name, value, "a whole number")
        values[name] = value
    return HObject(augment(arrays_of(images), Augmentation.from_dict(values), system.random()))


def _same_length(files: Sequence[Any], labels: Sequence[Any]) -> None:
    if isinstance(files, str) or isinstance(labels, str) or len(files) != len(labels):
        raise refuse("ground_truth_labels", f"{len(labels)} labels", f"one label an image: {len(files)}")
    if not len(files):
        raise refuse("image_files", "none", "at least one image")
