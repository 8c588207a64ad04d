"""`dlgui evaluate` and `heatmap`: what a classifier says, and why."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlgui.cli.console import Console
from dlgui.cli.projects import open_project
from dlgui.cli.training import percent

if TYPE_CHECKING:
    from dlgui.engine.classifier import Classifier

MODEL = "a .dlclassifier file, PROJECT:RUN, or PROJECT for its newest run"


def configure(command: str, parser: argparse.ArgumentParser) -> None:
    if command == "evaluate":
        parser.add_argument("project", metavar="PROJECT", type=Path, help="project folder")
        parser.add_argument("--run", dest="run_id", metavar="RUN", help="default: the newest finished run")
        parser.add_argument("--split", choices=("train", "validation", "test", "all"), default="test",
                            help="default test")
        parser.add_argument("--samples", action="store_true", help="with --json, add every sample")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.set_defaults(run=evaluate)
    else:
        parser.add_argument("model", metavar="MODEL", help=MODEL)
        parser.add_argument("image", metavar="IMAGE", type=Path)
        parser.add_argument("--out", metavar="PNG", type=Path, required=True, help="overlay at the image's own size")
        parser.add_argument("--method", choices=("grad_cam", "guided_grad_cam", "confidence_based"),
                            default="grad_cam", help="default grad_cam")
        parser.add_argument("--target", metavar="CLASS", help="default: the predicted class")
        parser.add_argument("--array", metavar="NPY", type=Path,
                            help="also write the map: float32 (height, width) in 0…1")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.set_defaults(run=heatmap)


def evaluate(arguments: argparse.Namespace, console: Console) -> int:
    from dlgui.engine.evaluation import evaluate as figures
    from dlgui.project.operations import evaluations, runs

    started = time.perf_counter()
    with open_project(arguments.project) as project:
        run = runs.get(project, arguments.run_id)
        found = figures(evaluations.predict(project, run, arguments.split, progress=console.progress()))
        document = found.to_json(samples=arguments.samples)
        if not project.read_only:
            evaluations.record(project, run, arguments.split, document)
    console.result({"run": run.id, "split": arguments.split, **document, "seconds": time.perf_counter() - started})
    console.print(f"{run.id} on {arguments.split}: {found.num_samples} images")
    print_evaluation(console, document)
    return 0


def heatmap(arguments: argparse.Namespace, console: Console) -> int:
    import io

    from PIL import Image

    from dlgui.engine import heatmaps
    from dlgui.engine.images import read_image
    from dlgui.engine.storage import write_atomically

    classifier = load_model(arguments.model)
    image = read_image(arguments.image)
    found = heatmaps.explain(classifier, [image], method=arguments.method,
                             targets=None if arguments.target is None else [arguments.target])[0]
    buffer = io.BytesIO()
    Image.fromarray(heatmaps.overlay(image, found.map)).save(buffer, "PNG")
    write_atomically(arguments.out, lambda file: file.write(buffer.getvalue()))
    if arguments.array:
        write_atomically(arguments.array, lambda file: np.save(file, found.map))
    console.result({"predicted": found.predicted, "confidence": found.confidence, "target": found.target,
                    "target_confidence": found.target_confidence, "method": arguments.method,
                    "out": str(arguments.out)})
    console.print(f"{arguments.image}: {found.predicted} ({found.confidence:.4f}); map for {found.target} in "
                  f"{arguments.out}")
    return 0


def load_model(model: str) -> Classifier:
    """A .dlclassifier file, PROJECT:RUN or PROJECT.

    Raises:
        ModelFileError, DlguiError: not there, or not a model.
    """
    from dlgui.engine.model_file import read_model

    path = Path(model)
    folder, colon, run = model.rpartition(":")
    if path.is_dir():
        folder, run = model, ""
    elif path.exists() or not colon or not Path(folder).is_dir():
        return read_model(path)
    from dlgui.project.operations import runs

    with open_project(Path(folder), read_only=True) as project:
        return runs.classifier(runs.get(project, run or None))


def print_evaluation(console: Console, found: dict[str, Any]) -> None:
    """Headline figures, confusion matrix and the measures of every class."""
    console.print(f"top-1 error {percent(found['top1_error'])}, mean precision {percent(found['mean_precision'])}, "
                  f"mean recall {percent(found['mean_recall'])}, mean F-score {percent(found['mean_f_score'])}")
    print_matrix(console, found["classes"], found["confusion_matrix"])
    console.print()
    console.table(["class", "precision", "recall", "F-score"],
                  [(name, *(percent(found[key][name]) for key in ("precision", "recall", "f_score")))
                   for name in found["classes"]])


def print_matrix(console: Console, classes: list[str], matrix: list[list[int]]) -> None:
    """The confusion matrix as the contract orients it."""
    console.print("\nconfusion matrix (rows: predicted, columns: ground truth)")
    console.table(["", *classes], [(name, *row) for name, row in zip(classes, matrix, strict=True)])
