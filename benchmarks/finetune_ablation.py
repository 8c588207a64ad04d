"""What each part of the fine-tuning recipe is worth: the recipe, and the recipe with one part changed.

python benchmarks/finetune_ablation.py FOLDER [--labels SOURCE] [--seeds 1] [--only NAME ...]

Fine-tuning alone: quick's classifier only says which stages and mirrorings to use; it is not kept where it is better.
The network is the epoch with the least validation error (15 % of the images), judged on the test split (15 %).
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from common import data_of, data_parser

from dlgui.engine import backbones, recipe
from dlgui.engine.classifier import Classifier
from dlgui.engine.finetune import FineTuning, TrainingData
from dlgui.engine.model_file import read_model
from dlgui.engine.pixel_cache import store_pixels
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.settings import TrainingSettings
from dlgui.engine.training_events import CheckpointWritten, EpochDone
from dlgui.project.operations import runs, splits, training
from dlgui.project.project import Project

VARIANTS: dict[str, tuple[dict[str, Any], int | None]] = {
    "the recipe": ({}, None),
    "last stage alone": ({"pooled_stages": "last"}, None),
    "all stages used": ({"stages": 1000}, None),
    "no mean of the weights": ({"weight_average": 0}, None),
    "never mirrored": ({"mirror": "off"}, None),
    "at 224 px": ({}, 224),
    "statistics adapt": ({"batch_norm": "train"}, None),
    "rate × 3": ({"learning_rate": 0.002}, None),
    "rate of the last layer ÷ 10": ({"head_learning_rate_factor": 0.3}, None),
}


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=list(VARIANTS), default=list(VARIANTS))
    arguments = parser.parse_args()
    root = data_of(arguments, "ablation of fine-tuning")
    for seed in range(arguments.seeds):
        with tempfile.TemporaryDirectory() as folder, Project.create(
                Path(folder) / "p", root, arguments.labels) as project:
            splits.split(project, 70, 15, seed)
            for name in arguments.only:
                print(f"seed {seed}, {name}: {variant(project, seed, *VARIANTS[name])}", flush=True)


def variant(project: Project, seed: int, changes: dict[str, Any], size: int | None) -> str:
    """Trains one variant and says how good it was."""
    run = training.start(project, training.Plan(method="finetune", seed=seed, settings=changes, image_size=size))
    decided = settings_of(project, run.id)
    table = project.images()
    rows = table.rows("all")
    split, labels = table.split[rows], table.label[rows].astype(np.int64)
    preprocessing = Preprocessing.from_dict(run.parameters["preprocessing"])
    pixels, places, _ = store_pixels(project.require_image_root(),
                                     [(table.path[r], str(table.content_hash[r])) for r in rows], preprocessing,
                                     project.cache_folder / "pixels")
    classifier = Classifier.pretrained(run.network, run.classes, preprocessing, recipe.pooling(
        decided, len(backbones.pretrained(run.network).channels)))
    train, held, test = ((places[split == k], labels[split == k]) for k in range(3))
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        loop = FineTuning(classifier, TrainingData(pixels.table, *train, *held), decided, seed=seed, device="cpu",
                          checkpoint=Path(folder) / "c", model=Path(folder) / "m")
        errors = [event.validation_top1_error or 0.0 for event in loop if isinstance(event, EpochDone)]
        seconds = time.process_time() - begun
        best = read_model(Path(folder) / "m")
    found = best.predictor("cpu").predict_pixels(np.stack([pixels.table[row] for row in test[0]]))
    return (f"test {100 * (found.argmax(1) == test[1]).mean():.2f} %, validation after each epoch "
            f"{', '.join(f'{100 - 100 * e:.1f}' for e in errors)} %; {preprocessing.width} px, "
            f"{len(classifier.pooling.stages)} stages, mirror {decided.augmentation.get('mirror')}, {seconds:.0f} s of "
            "processor")


def settings_of(project: Project, run: str) -> TrainingSettings:
    """What the project decides for a run: it is begun and left before its first update."""
    events = training.execute(project, runs.get(project, run))
    next(event for event in events if isinstance(event, CheckpointWritten))
    events.close()
    return TrainingSettings.from_dict(runs.get(project, run).parameters["settings"])


if __name__ == "__main__":
    main()
