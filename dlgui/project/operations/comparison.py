"""What tells runs apart: their settings, their data, and the images that one has right and the other wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlgui.engine.progress import Progress
from dlgui.engine.splitting import SUBSETS
from dlgui.engine.statistics import mcnemar
from dlgui.project.operations import evaluations, runs, seals
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

Membership = tuple[str, str | None]
"""The class and the split of an image."""


@dataclass(frozen=True)
class Row:
    """One line of a comparison.

    Attributes:
        group: `figures`, `data` or `parameters`.
        name: of the figure or parameter.
        values: one a run, None where it has none.
    """

    group: str
    name: str
    values: list[Any]

    @property
    def differs(self) -> bool:
        """Whether the runs do not share one value."""
        return any(value != self.values[0] for value in self.values[1:])


@dataclass(frozen=True)
class Disagreement:
    """Two runs on the same images.

    Attributes:
        paths: relative, of the n images that both have judged and whose class both know.
        truth, of_a, of_b: class names (n,).
        right_a, right_b: bool (n,).
        p_value: probability of such a difference, or a larger one, if both err equally often (McNemar).
    """

    paths: list[str]
    truth: list[str]
    of_a: list[str]
    of_b: list[str]
    right_a: np.ndarray
    right_b: np.ndarray
    p_value: float

    def rows(self, a: bool, b: bool) -> np.ndarray:
        """Positions of the images that A has right (or wrong) and B has right (or wrong)."""
        return np.flatnonzero((self.right_a == a) & (self.right_b == b))


@dataclass(frozen=True)
class TrainedOn:
    """The data that a run was trained on, as it was then, and what has changed since.

    Attributes:
        data_hash: of images, labels and split.
        renamed: class then → class today, of those that were renamed, or merged into another, since.
        counts: class (as it is called today) → split → images, as they were then; split `none` for images without one.
        added, gone, relabeled, moved: paths of images that are trainable only now, were trainable only then, have
            another class, or stand in another split.
        changes: path of each of these → its class and split then and now; None where it was or is not trainable.
    """

    data_hash: str
    renamed: dict[str, str]
    counts: dict[str, dict[str, int]]
    added: list[str]
    gone: list[str]
    relabeled: list[str]
    moved: list[str]
    changes: dict[str, tuple[Membership | None, Membership | None]]

    @property
    def changed(self) -> int:
        """Number of images that are not as they were."""
        return len(self.added) + len(self.gone) + len({*self.relabeled, *self.moved})


def table(project: Project, chosen: Sequence[Run]) -> list[Row]:
    """Everything that can be said of runs beside one another: figures, data, parameters."""
    figures = (("validation error", "validation_top1_error"), ("test error", "test_top1_error"),
               ("training time", "train_seconds"), ("images a second", "images_per_second"),
               ("epochs trained", "epochs"), ("best epoch", "best_epoch"), ("state", "state"), ("started", "created"),
               ("note", "note"))
    rows = [Row("figures", name, [getattr(run, key) for run in chosen]) for name, key in figures]
    rows.append(Row("figures", "model size", [model_bytes(run) for run in chosen]))
    if any(run.error for run in chosen):
        rows.append(Row("figures", "problem", [run.error for run in chosen]))
    rows.append(Row("figures", "seal", [(seals.read(run) or {}).get("seal") for run in chosen]))
    then = [runs.snapshot(project, run) for run in chosen]
    rows.append(Row("data", "data hash", [run.data_hash for run in chosen]))
    rows += [Row("data", f"{subset} images", [sum(s == subset for _, s in images.values()) for images in then])
             for subset in SUBSETS]
    rows.append(Row("data", "classes", [len(run.classes) for run in chosen]))
    flat = [_flat({"method": run.method, "network": run.network, "device": run.device, "seed": run.seed,
                   **run.parameters}) for run in chosen]
    names = list(dict.fromkeys(name for values in flat for name in values))
    return rows + [Row("parameters", name, [values.get(name) for values in flat]) for name in names]


def model_bytes(run: Run) -> int | None:
    """Size of the run's model file; None without one."""
    try:
        return run.model.stat().st_size
    except OSError:
        return None


def disagreement(project: Project, a: Run, b: Run, subset: str = "test",
                 progress: Progress | None = None) -> Disagreement:
    """Compares two runs image by image on a subset, against today's labels.

    Raises:
        DlguiError: see `evaluations.predict`.
    """
    first, second = (evaluations.predict(project, run, subset, progress=progress) for run in (a, b))
    place = {path: i for i, path in enumerate(second.paths)}
    chosen = [(i, place[path]) for i, path in enumerate(first.paths)
              if path in place and first.truth[i] >= 0 and second.truth[place[path]] >= 0]
    i, j = (np.array([pair[k] for pair in chosen], np.int64) for k in (0, 1))
    truth = [first.classes[k] for k in first.truth[i]]
    of_a, of_b = ([p.classes[k] for k in p.confidences[rows].argmax(1)] for p, rows in ((first, i), (second, j)))
    right_a, right_b = (np.array([t == s for t, s in zip(truth, said, strict=True)], bool) for said in (of_a, of_b))
    return Disagreement([first.paths[k] for k in i], truth, of_a, of_b, right_a, right_b, mcnemar(right_a, right_b))


def trained_on(project: Project, run: Run) -> TrainedOn:
    """What a run was trained on, and how today's data differs."""
    then, table = runs.snapshot_today(project, run), project.images()
    rows = table.rows("all")
    now = {table.path[r]: (table.class_names[table.label[r]], SUBSETS[table.split[r]] if table.split[r] >= 0 else None)
           for r in rows}
    counts: dict[str, dict[str, int]] = {name: dict.fromkeys((*SUBSETS, "none"), 0) for name in run.classes}
    for label, subset in then.values():
        counts.setdefault(label, dict.fromkeys((*SUBSETS, "none"), 0))[subset or "none"] += 1
    both = sorted(then.keys() & now.keys())
    added, gone = sorted(now.keys() - then.keys()), sorted(then.keys() - now.keys())
    relabeled = [path for path in both if then[path][0] != now[path][0]]
    moved = [path for path in both if then[path][1] != now[path][1]]
    changes = {path: (then.get(path), now.get(path)) for path in (*relabeled, *moved, *added, *gone)}
    return TrainedOn(run.data_hash, run.outputs.renamed, counts, added, gone, relabeled, moved, changes)


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """Nested settings as one level; the names of the branches are left out where the leaves are unique."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= {key if key not in found and key not in values else f"{name}.{key}": v
                      for key, v in _flat(value).items()}
        else:
            found[name] = value
    return found
