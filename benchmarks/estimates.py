"""How true the time on the start cards is: estimated, then trained and evaluated as the window does it.

python benchmarks/estimates.py [FOLDER] [--labels SOURCE] [--epochs 2]

Quick training first, then fine-tuning with few epochs, for the estimate counts them; both in a process where nothing
was trained before, and with the speed of this computer measured anew.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from common import data_of, data_parser

from dlgui.engine import memory, speed
from dlgui.project.operations import evaluations, outlook, splits, training
from dlgui.project.project import Project


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument("--epochs", type=int, default=2, help="of the fine-tuning; 0 takes the default length")
    arguments = parser.parse_args()
    root = data_of(arguments, "estimated times")
    speed.forget()
    memory.one_heap()  # as the application does
    plans = (training.Plan(), training.Plan(method="finetune", settings={"epochs": arguments.epochs}))
    with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder) / "p", root, arguments.labels) as project:
        splits.split(project, 70, 15, 0)
        for plan in plans:
            expected = outlook.estimate(project, plan)
            assert expected is not None, "no images to train on"
            started = time.perf_counter()
            run = training.train(project, plan)
            trained = time.perf_counter() - started
            evaluations.judge(project, run)
            real = time.perf_counter() - started
            print(f"{root.name} {plan.method}: estimated {expected.seconds:.1f} s, took {real:.1f} s, ratio "
                  f"{expected.seconds / real:.2f} ("
                  + ", ".join(f"{part} {seconds:.1f}" for part, seconds in expected.parts.items())
                  + f"; trained in {trained:.1f})", flush=True)


if __name__ == "__main__":
    main()
