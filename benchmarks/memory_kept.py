"""What it brings that memory is kept between the batches of a training (`engine/memory.py`).

    python benchmarks/memory_kept.py [--rounds 5] [--images 160] [--size 224] [--epochs 1] [--main]

Processes of their own take turns, one that keeps memory and one that leaves it to the system's allocator: each trains
twice, from the images to the last figure of the evaluation, and the second training counts. It trains in a thread of
its own as the window does, or with `--main` in the main one as the command line does.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from common import heading
from gui_latency import small_project

from dlgui import environment
from dlgui.engine import memory

MIB = 1 << 20
FIGURES = {"seconds": "{:.2f} s", "user": "user {:.1f} s", "system": "system {:.2f} s", "faults": "{:,.0f} page faults",
           "peak": "peak {:,.0f} MiB", "held": "held afterwards {:,.0f} MiB", "back": "given back in {:.0f} ms"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("rounds", 5), ("images", 160), ("size", 224), ("epochs", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--main", action="store_true")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(child(arguments.child[0] == "kept", Path(arguments.child[1]), arguments)))
        return
    heading("Memory kept between batches")
    found: dict[str, list[dict[str, float]]] = {"kept": [], "usual": []}
    with tempfile.TemporaryDirectory() as folder:
        project = small_project(Path(folder), arguments.images)
        for i in range(arguments.rounds):
            for way in list(found)[::-1] if i % 2 else list(found):
                command = [sys.executable, __file__, *sys.argv[1:], "--child", way, str(project)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found[way].append(json.loads(done.stdout.splitlines()[-1]))
    for way, rows in found.items():
        print(f"{way}:", ", ".join(f"{row['seconds']:.2f}" for row in rows), "s")
        print("  median:", ", ".join(text.format(statistics.median(row[name] for row in rows))
                                     for name, text in FIGURES.items()))
    ratios = [ours["seconds"] / theirs["seconds"] for ours, theirs in zip(found["kept"], found["usual"], strict=True)]
    print(f"kept to usual, median of the rounds' ratios: {statistics.median(ratios):.3f}")


def child(keep: bool, folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    if keep:
        memory.one_heap()
    import resource

    from dlgui.project.operations import evaluations, training
    from dlgui.project.operations.plans import Plan
    from dlgui.project.project import Project

    plan = Plan(method="finetune", image_size=arguments.size, device="cpu",
                settings={"epochs": arguments.epochs, "batch_size": 16})
    back: list[float] = []
    give_back = memory.give_back

    def timed() -> None:
        begun = time.perf_counter()
        give_back()
        back.append(time.perf_counter() - begun)

    memory.give_back = timed
    with Project.open(folder) as project:
        for _ in range(2):
            before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
            if arguments.main:
                evaluations.judge(project, training.train(project, plan))
            else:
                worker = threading.Thread(target=lambda: evaluations.judge(project, training.train(project, plan)))
                worker.start()
                worker.join()
            spent, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": spent, "user": after.ru_utime - before.ru_utime, "system": after.ru_stime - before.ru_stime,
            "faults": after.ru_minflt - before.ru_minflt, "peak": after.ru_maxrss * 1024 / MIB,
            "held": (environment.memory_in_use() or 0) / MIB, "back": 1000 * max(back)}


if __name__ == "__main__":
    main()
