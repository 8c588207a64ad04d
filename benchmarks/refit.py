"""How long a quick training takes after a few labels were changed, features at hand.

python benchmarks/refit.py [FOLDER] [--labels SOURCE] [--changes 10] [--rounds 5]

Each round trains a quick run, and then does what "Retrain quick" in the window does: it trains another on today's
labels and compares the two on the validation split.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from common import data_of, data_parser

from dlgui.project.operations import ghosts, labels, splits, training
from dlgui.project.project import Project


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    root = data_of(arguments, f"refit after {arguments.changes} changed labels")
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder) / "p", root, arguments.labels) as project:
        splits.split(project)
        table = project.images()
        run = training.train(project, training.Plan(device="cpu"))
        ids = [c.id for c in project.classes()]
        found: dict[str, list[float]] = {"refit": [], "retrain and compare": []}
        for _ in range(arguments.rounds):
            for name, work in (("refit", partial(training.train, project, training.Plan(device="cpu"))),
                               ("retrain and compare", partial(ghosts.retrain_quick, project, run))):
                chosen = random.choice(table.rows("train"), arguments.changes, replace=False)
                labels.assign(project, table.id[chosen].tolist(), int(random.choice(ids)))
                begun = time.perf_counter()
                work()
                found[name].append(time.perf_counter() - begun)
    for name, seconds in found.items():
        print(f"{name}: {', '.join(f'{s:.2f}' for s in seconds)} s, median {statistics.median(seconds):.2f} s")


if __name__ == "__main__":
    main()
