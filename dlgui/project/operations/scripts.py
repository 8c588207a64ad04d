"""The project's history as a Python script over `dlgui.halcon` that gives the same evaluation."""

from __future__ import annotations

import json
import pprint
from pathlib import Path
from typing import Any

from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.splitting import merge_groups
from dlgui.engine.storage import absolute, write_atomically
from dlgui.errors import DlguiError
from dlgui.project.operations import runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

_HEAD = '''"""{title}

Written by dlgui from the history of the project. Run it with: python {name} [IMAGE_FOLDER]

History:
{history}
"""

import os
import sys

import dlgui.halcon as ha

IMAGE_FOLDER = sys.argv[1] if len(sys.argv) > 1 else {root!r}

# (path, class, split, group) of the images as they were when {run} was trained; images of one group are one object
# or identical
IMAGES = {images}

CLASSES = {classes!r}


def part(split):
    """Files, labels and groups of one subset."""
    chosen = [image for image in IMAGES if image[2] == split]
    return ([os.path.join(IMAGE_FOLDER, image[0]) for image in chosen], [image[1] for image in chosen],
            [image[3] for image in chosen])


train_files, train_labels, train_groups = part("train")
validation_files, validation_labels, _ = part("validation")
test_files, test_labels, _ = part("test")

# --- classifier -----------------------------------------------------------------------------------------------------
classifier = ha.read_dl_classifier({network!r})
ha.set_dl_classifier_param(classifier, "classes", CLASSES)
ha.set_dl_classifier_param(classifier, "image_dimensions", [{width}, {height}, {channels}])

# --- training -------------------------------------------------------------------------------------------------------
{training}

# --- evaluation on the test split -----------------------------------------------------------------------------------
results, predicted = [], []
for start in range(0, len(test_files), 64):
    images = ha.preprocess_dl_classifier_images(ha.read_image(test_files[start:start + 64]), {options}, classifier)
    results.append(ha.apply_dl_classifier(images, classifier))
    predicted += ha.get_dl_classifier_result(results[-1], "all", "predicted_classes")

top1_error = ha.evaluate_dl_classifier(test_labels, classifier, results, "top1_error", "global")[0]
matrix = ha.gen_confusion_matrix(test_labels, predicted)
print(f"top1_error {{top1_error:.6f}}")
print("confusion matrix, rows predicted, columns ground truth:", sorted(set(test_labels)))
print(matrix)
ha.write_dl_classifier(classifier, {model!r})
'''

_QUICK = '''error = ha.fit_dl_classifier_quick(train_files, train_labels, classifier, ["seed", "groups", "members"],
                                   [{seed}, train_groups, {members}])
print(f"top-1 error in cross-validation {{error:.4f}}")'''

_FINETUNE = '''SETTINGS = {settings}
errors = ha.fine_tune_dl_classifier(train_files, train_labels, validation_files, validation_labels, classifier,
                                    list(SETTINGS), list(SETTINGS.values()))
print("validation top-1 error after each epoch", errors)'''

_NAMES = {"efficientnet_lite0": "pretrained_dl_classifier_compact.hdl",
          "efficientnet_lite2": "pretrained_dl_classifier_enhanced.hdl",
          "resnet18": "pretrained_dl_classifier_resnet18.hdl", "resnet50": "pretrained_dl_classifier_resnet50.hdl",
          "mobilenet_v2": "pretrained_dl_classifier_mobilenet_v2.hdl",
          "alexnet": "pretrained_dl_classifier_alexnet.hdl"}


def write(project: Project, path: str | Path, run: Run | None = None) -> None:
    """Writes the script of a run (the newest finished one by default).

    Raises:
        DlguiError: no finished run, or no test split.
    """
    run = run or runs.get(project)
    rows = _images(project, run)
    if not any(row[2] == "test" for row in rows):
        raise DlguiError(run.id, "there is no test split to evaluate on", "split the data and train again")
    preprocessing = Preprocessing.from_dict(run.parameters["preprocessing"])
    contrast = "true" if preprocessing.contrast_normalization else "false"
    content = _HEAD.format(
        title=_plain(f"{project.name}: {run.method} training of {run.network}"), name=_plain(Path(path).name),
        history="\n".join(_history(project)), root=str(project.image_root), run=run.id,
        images=pprint.pformat(rows, width=118, compact=True), classes=run.outputs.then,
        network=_NAMES.get(run.network, run.network), width=preprocessing.width, height=preprocessing.height,
        channels=preprocessing.channels, training=_training(run),
        options=f'["contrast_normalization"], ["{contrast}"]', model=f"{project.name}.dlclassifier")
    write_atomically(path, lambda file: file.write(content.encode()))
    project.store.note("export script", run=run.id, file=absolute(path))


def _training(run: Run) -> str:
    if run.method == "quick" or run.best_epoch == 0:  # a fine-tuning that did not beat quick kept its classifier
        members = json.loads((run.folder / "fit.json").read_text())["members"]
        return _QUICK.format(seed=run.seed, members=members)
    settings = {**run.parameters["settings"], "seed": run.seed}
    return _FINETUNE.format(settings=pprint.pformat(settings, width=110, sort_dicts=False))


def _images(project: Project, run: Run) -> list[tuple[Any, ...]]:
    before, table = runs.snapshot(project, run), project.images()
    row_of = {path: i for i, path in enumerate(table.path)}
    paths = sorted(path for path, (label, _) in before.items() if label in run.outputs.then)
    merged = merge_groups([table.group[row_of[p]] if p in row_of else None for p in paths],
                          [table.pixel_hash[row_of[p]] if p in row_of else None for p in paths])
    return [(path, *before[path], str(group)) for path, group in zip(paths, merged, strict=True)]


def _history(project: Project) -> list[str]:
    lines = []
    for time, kind, details in project.store.rows("SELECT time, kind, details FROM journal WHERE state = 'done' "
                                                  "ORDER BY id"):
        known = {k: v for k, v in json.loads(details).items() if not isinstance(v, (dict, list)) and v is not None}
        sizes = {k: f"{len(v)} of them" for k, v in json.loads(details).items() if isinstance(v, (dict, list)) and v}
        text = ", ".join(f"{k} {v}" for k, v in {**known, **sizes}.items())
        lines.append("    " + _plain(f"{time[:19]}  {kind}: {text}")[:114])
    return lines


def _plain(text: str) -> str:
    """A text on one line that can stand in a docstring."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).replace("\\", "/").replace('"', "'").split())
