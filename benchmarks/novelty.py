"""Images unlike the training data: how many are called unknown, and how many familiar ones, by Mahalanobis distance in
principal directions (dlgui), by the k-th nearest neighbour on the unit sphere (Sun et al. 2022) and by low confidence.

python benchmarks/novelty.py PROJECT FOLDER...

PROJECT has a finished quick run; each FOLDER holds images of something else. The limit of each method is calibrated on
the validation split to 1 percent false alarms; AUROC is against the test split. Then the same of the network in eight
bits: with the limit as it was, and moved and calibrated anew as an export does it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import heading

from dlgui.engine import novelty, quantization
from dlgui.engine.export_formats import onnx_model
from dlgui.engine.labels import list_files
from dlgui.engine.loading import load_batches
from dlgui.engine.model_file import read_model
from dlgui.project.operations import runs
from dlgui.project.project import Project

MOST = 200
Score = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path, help="with a finished quick run")
    parser.add_argument("folders", nargs="+", metavar="folder", help="images of something else")
    arguments = parser.parse_args()
    heading("novelty")
    with Project.open(arguments.project, read_only=True) as project:
        classifier = read_model(runs.get(project).model)
        predictor, table, root = classifier.predictor(), project.images(), project.image_root

        def pixels(paths: list[str]) -> np.ndarray:
            return np.concatenate([b.pixels for b in load_batches(paths, classifier.preprocessing, 16)
                                   if len(b.indices)])

        shown = {s: pixels([str(root / table.path[r]) for r in table.rows(s)])
                 for s in ("train", "validation", "test")}
        labels = np.unique(table.label[table.rows("train")], return_inverse=True)[1]
    for folder in arguments.folders:
        files = list_files(folder)
        shown[Path(folder).name] = pixels([f"{folder}/{files[i]}" for i in np.unique(np.linspace(
            0, len(files) - 1, min(len(files), MOST)).astype(int))])
    vectors = {name: batched(predictor.features, images) for name, images in shown.items()}
    known, strange = dict(list(vectors.items())[:3]), dict(list(vectors.items())[3:])
    fitted = novelty.fit(known["train"], labels, len(classifier.classes))
    weight, bias = classifier.head
    for name, score in (("Mahalanobis", fitted.distances), ("5th neighbour", neighbour(known["train"])),
                        ("low confidence", doubt(weight, bias, classifier.temperature))):
        limit = fitted.calibrated(score(known["validation"])).limit if name != "low confidence" else float(
            np.quantile(score(known["validation"]), 0.99))
        test = score(known["test"])
        print(f"{name}: {100 * (test > limit).mean():.2f} % of {len(test)} test images called unknown")
        for what, vectors in strange.items():
            found = score(vectors)
            print(f"  {what}: {100 * (found > limit).mean():.1f} % of {len(found)} found, "
                  f"AUROC {auroc(test, found):.4f}")
    spread = np.random.default_rng(0).permutation(len(shown["train"]))[:quantization.CALIBRATION]
    small, shift = quantization.quantize(onnx_model(classifier, ruled=False), shown["train"][spread])
    vectors = {name: quantization.features(small, images) for name, images in shown.items() if name != "train"}
    old, moved = fitted.calibrated(fitted.distances(known["validation"])), fitted.moved(shift)
    for name, detector in (("limit as it was", old),
                           ("moved and calibrated", moved.calibrated(moved.distances(vectors["validation"])))):
        found = {what: f"{100 * (detector.scores(x) > 1).mean():.1f} %" for what, x in vectors.items()}
        print(f"int8, {name}: called unknown {found}")


def batched(run: Score, images: np.ndarray) -> np.ndarray:
    return np.concatenate([run(images[i:i + 16]) for i in range(0, len(images), 16)])


def neighbour(train: np.ndarray, k: int = 5) -> Score:
    centre, spread = train.mean(0), train.std(0)
    spread[spread < 1e-9] = np.inf

    def unit(x: np.ndarray) -> np.ndarray:
        z = (x - centre) / spread
        return z / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)

    bank = unit(train)
    return lambda x: np.sort(1 - unit(x) @ bank.T, axis=1)[:, k - 1]


def doubt(weight: np.ndarray, bias: np.ndarray, temperature: float) -> Score:
    from dlgui.engine.calibration import softmax

    return lambda x: 1 - softmax(x @ weight.T + bias, temperature).max(1)


def auroc(familiar: np.ndarray, strange: np.ndarray) -> float:
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([familiar, strange]))
    n, m = len(familiar), len(strange)
    return float((ranks[n:].sum() - m * (m + 1) / 2) / (n * m))


if __name__ == "__main__":
    main()
