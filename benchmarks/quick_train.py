"""From a folder of images to an evaluated classifier: dlgui's quick training beside the usual ways, in one run.

python benchmarks/quick_train.py [FOLDER] [--peer fastai|linear_probe] [--seeds 3]

Same backbone (EfficientNet-Lite0), same weights, same split (70 % training, 30 % test, stratified). `linear_probe` is
the last layer, mean pooled, at 224 px, with logistic regression. `fastai` is `fine_tune(3)` (install the extra bench).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import data_of, data_parser
from peers import fastai_learner

from dlgui.project.operations import evaluations, splits, training
from dlgui.project.project import Project


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument("--peer", choices=("linear_probe", "fastai"), default="linear_probe")
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    root = data_of(arguments, "quick training")
    peer = {"linear_probe": linear_probe, "fastai": fastai}[arguments.peer]
    for seed in range(arguments.seeds):
        (files, labels, test, accuracy), *ours_took = clocked(ours, root, arguments.labels, seed)
        theirs, *peer_took = clocked(peer, files, labels, test)
        for name, found, (wall, cpu) in (("dlgui", accuracy, ours_took), (arguments.peer, theirs, peer_took)):
            print(f"seed {seed}: {name} {100 * found:.2f} % in {wall:.1f} s ({cpu:.1f} s of processor)")
        print(f"seed {seed}: {arguments.peer} took {peer_took[0] / ours_took[0]:.1f} times as long "
              f"({peer_took[1] / ours_took[1]:.1f} times the processor time)", flush=True)


def clocked(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float, float]:
    """What the work gives, its wall seconds, and the processor seconds of all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work(*arguments)
    return result, time.perf_counter() - wall, time.process_time() - cpu


def ours(root: Path, source: str, seed: int) -> tuple[list[Path], np.ndarray, np.ndarray, float]:
    """Files, labels, which are test, and the test accuracy."""
    with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder) / "p", root, source) as project:
        splits.split(project, 70, 0, seed)
        run = training.train(project, training.Plan(seed=seed))
        found = evaluations.predict(project, run, "test")
        table = project.images()
        rows = table.rows("all")
        return ([root / table.path[r] for r in rows], table.label[rows], table.split[rows] == 2,
                float(found.correct.mean()))


def linear_probe(files: list[Path], labels: np.ndarray, test: np.ndarray) -> float:
    """The usual frozen features and logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from dlgui.engine import backbones, runtime
    from dlgui.engine.loading import load_batches
    from dlgui.engine.pooling import Pooling
    from dlgui.engine.preprocessing import Preprocessing

    network = backbones.pretrained("efficientnet_lite0")
    session = runtime.feature_session(network, Pooling(((len(network.channels) - 1, ("mean",)),)))
    x = np.concatenate([session.run(batch.pixels) for batch in load_batches(files, Preprocessing(224, 224), 16)])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x[~test], labels[~test])
    return float((model.predict(x[test]) == labels[test]).mean())


def fastai(files: list[Path], labels: np.ndarray, test: np.ndarray) -> float:
    """fastai's `fine_tune(3)`; the test split is its validation set."""
    learner = fastai_learner(files, labels, np.where(test, 2, 0), 0)
    learner.fine_tune(3)
    return 1 - float((learner.get_preds()[0].argmax(1).numpy() != labels[test]).mean())


if __name__ == "__main__":
    main()
