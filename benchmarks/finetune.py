"""Accuracy over time of fine-tuning: dlgui beside fastai and a plain torch loop, in one run.

python benchmarks/finetune.py [FOLDER] [--labels SOURCE] [--seeds 1] [--first-seed 0] [--peers fastai torch]
                              [--peers-only]

Same backbone (EfficientNet-Lite0), same ImageNet weights, same training images (70 %, stratified). The clock is stopped
while test images are classified; it counts wall seconds and processor seconds (of all threads: the figure to compare
where other programs run beside). dlgui's accuracy is that of the model a user has at that time, chosen by the
validation split (15 %); of the peers every epoch is shown, and their best epoch on the test split counts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from common import data_of, data_parser
from peers import fastai_learner, torch_loop

from dlgui.engine.statistics import wilson_interval
from dlgui.project.operations import evaluations, runs, splits, training
from dlgui.project.project import Project


@dataclass
class Clock:
    """Wall and processor seconds, stopped at will."""

    wall: float = 0.0
    cpu: float = 0.0
    _since: tuple[float, float] = field(default_factory=lambda: (time.perf_counter(), time.process_time()))

    def stop(self) -> None:
        self.wall += time.perf_counter() - self._since[0]
        self.cpu += time.process_time() - self._since[1]

    def go(self) -> None:
        self._since = (time.perf_counter(), time.process_time())


@dataclass(frozen=True)
class Point:
    """Accuracy on the test split after so much work."""

    wall: float
    cpu: float
    accuracy: float


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3, help="of the peers, as in fastai's fine_tune(3)")
    parser.add_argument("--peers", nargs="*", default=["fastai", "torch"])
    parser.add_argument("--peers-only", action="store_true", help="where dlgui's figures are known already")
    parser.add_argument("--set", nargs="*", default=[], help="NAME=VALUE of dlgui's settings, for ablations")
    arguments = parser.parse_args()
    root = data_of(arguments, "fine-tuning")
    settings = dict(part.split("=", 1) for part in arguments.set)
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        with tempfile.TemporaryDirectory() as folder, Project.create(
                Path(folder) / "p", root, arguments.labels) as project:
            splits.split(project, 70, 15, seed)
            tracks = {} if arguments.peers_only else {
                "dlgui": list(ours(project, seed, {k: parsed(v) for k, v in settings.items()}))}
            for peer in arguments.peers:
                tracks[peer] = list({"fastai": fastai, "torch": plain_torch}[peer](project, seed, arguments.epochs))
            report(seed, tracks, int((project.images().split == 2).sum()))


def report(seed: int, tracks: dict[str, list[Point]], count: int) -> None:
    """Prints every track, and how long dlgui took to the best accuracy of each peer."""
    for name, points in tracks.items():
        print(f"seed {seed} {name}: " + ", ".join(
            f"{100 * p.accuracy:.2f} % after {p.wall:.0f} s ({p.cpu:.0f} s of processor)" for p in points), flush=True)
    if "dlgui" not in tracks:
        return
    final = tracks["dlgui"][-1]
    low, high = wilson_interval(round(final.accuracy * count), count)
    print(f"seed {seed}: dlgui {100 * final.accuracy:.2f} % ({100 * low:.1f} to {100 * high:.1f}, {count} test images)")
    for name, points in tracks.items():
        if name == "dlgui":
            continue
        best = max(points, key=lambda p: p.accuracy)
        first = next((p for p in tracks["dlgui"] if p.accuracy >= best.accuracy), None)
        reached = "dlgui does not reach it" if first is None else (
            f"dlgui is there after {100 * first.wall / best.wall:.0f} % of the time "
            f"({100 * first.cpu / best.cpu:.0f} % of the processor time)")
        print(f"seed {seed}: {name} at best {100 * best.accuracy:.2f} % after {best.wall:.0f} s; {reached}", flush=True)


def ours(project: Project, seed: int, settings: dict[str, Any]) -> Iterator[Point]:
    """The project's fine-tuning; a point whenever the best model has changed."""
    clock = Clock()
    run = training.start(project, training.Plan(method="finetune", seed=seed, settings=settings))
    stamp = None
    for _ in training.execute(project, run):
        now = run.model.stat().st_mtime_ns if run.model.exists() else None
        if now != stamp:
            clock.stop()
            stamp = now
            yield Point(clock.wall, clock.cpu, test_accuracy(project, run.id))
            clock.go()
    clock.stop()
    yield Point(clock.wall, clock.cpu, test_accuracy(project, run.id))


def test_accuracy(project: Project, run: str) -> float:
    """Of the run's model as it is now."""
    return float(evaluations.predict(project, runs.get(project, run), "test").correct.mean())


def columns(project: Project) -> tuple[list[Path], np.ndarray, np.ndarray]:
    """Files, labels and splits (0 training, 1 validation, 2 test) of the labeled images."""
    table = project.images()
    rows = table.rows("all")
    return [project.image_root / table.path[r] for r in rows], table.label[rows], table.split[rows]


def fastai(project: Project, seed: int, epochs: int) -> Iterator[Point]:
    """fastai's `fine_tune` as its documentation shows it."""
    points: list[Point] = []
    clock = Clock()

    def after_epoch(accuracy: Any) -> None:
        clock.stop()
        points.append(Point(clock.wall, clock.cpu, accuracy()))
        clock.go()

    fastai_learner(*columns(project), seed, after_epoch).fine_tune(epochs)
    yield from points


def plain_torch(project: Project, seed: int, epochs: int) -> Iterator[Point]:
    """A loop as tutorials have it: AdamW, cosine, flips, 224 px."""
    clock = Clock()
    for accuracy in torch_loop(*columns(project), seed, epochs + 1):
        clock.stop()
        yield Point(clock.wall, clock.cpu, accuracy())
        clock.go()


def parsed(text: str) -> Any:
    """A number where the text is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)


if __name__ == "__main__":
    main()
