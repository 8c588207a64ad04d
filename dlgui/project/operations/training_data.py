"""What a training works on: the images of a project's splits, their features, and what cannot be read of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlgui import __version__
from dlgui.engine import backbones, features, finetune
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.progress import Progress
from dlgui.engine.splitting import merge_groups
from dlgui.engine.training_events import Event, Notice
from dlgui.errors import DlguiError
from dlgui.project.operations import run_files
from dlgui.project.operations.runs import Run
from dlgui.project.project import ImageTable, Project


@dataclass(frozen=True)
class Data:
    """The images a run uses: rows of the table, their splits, and labels as indices of the run's outputs."""

    table: ImageTable
    rows: np.ndarray
    labels: np.ndarray
    train: np.ndarray
    validation: np.ndarray

    @property
    def samples(self) -> list[tuple[str, str]]:
        """(path, content hash) of every image."""
        return [(self.table.path[r], str(self.table.content_hash[r])) for r in self.rows]


def data_of(project: Project, run: Run) -> Data:
    """The labeled images of a run's classes, as they are now."""
    table = project.images()
    position = run.outputs.of_class
    rows = table.rows("all")
    labels = np.array([position.get(table.class_names[table.label[r]], -1) for r in rows], np.int64)
    rows, labels = rows[labels >= 0], labels[labels >= 0]
    split = table.split[rows]
    return Data(table, rows, labels, np.flatnonzero(split == 0), np.flatnonzero(split == 1))


def provenance(project: Project, run: Run, data: Data) -> dict[str, Any]:
    """Where a model comes from, as its file says it."""
    return {"dlgui": __version__, "project": project.name, "run": run.id, "method": run.method, "seed": run.seed,
            "created": run.created, "data_hash": run.data_hash, "train_images": len(data.train),
            "validation_images": len(data.validation)}


def features_of(project: Project, run: Run, data: Data, preprocessing: Preprocessing, progress: Progress | None,
                only: np.ndarray | None = None) -> features.Features:
    """Every statistic of every stage of the run's frozen backbone, of all images or of `only` those positions."""
    samples = data.samples
    return features.extract(run.network, project.require_image_root(),
                            samples if only is None else [samples[i] for i in only], preprocessing,
                            project.cache_folder / "features", progress, run.parameters["pretrained"])


def backbone_of(run: Run) -> backbones.BackboneFiles:
    """The frozen backbone that a run starts from."""
    return backbones.pretrained(run.network) if run.parameters["pretrained"] else backbones.random(run.network)


def left_out(project: Project, data: Data, positions: np.ndarray) -> Iterator[Event]:
    """Tells of images that cannot be read any more. Raises `DlguiError` where no image is left to learn from."""
    if not len(positions):
        return
    if not len(np.setdiff1d(data.train, positions)):
        raise DlguiError(project.image_root, f"none of the {len(data.train)} images to learn from can be read",
                         "bring the images back, then go on with the run", "look again")
    names = [data.table.path[data.rows[i]] for i in positions[:3]]
    more = f" and {len(positions) - 3} more" if len(positions) > 3 else ""
    yield Notice(f"{len(positions)} {'image' if len(positions) == 1 else 'images'} could not be read and "
                          f"{'is' if len(positions) == 1 else 'are'} left out: {', '.join(names)}{more}. "
                          "Look at the image folder again (F5).")


def remember_worst(run: Run, data: Data, positions: np.ndarray, confidences: np.ndarray) -> None:
    """Keeps the images at `positions` that speak most against confidences (n, classes)."""
    own = confidences[np.arange(len(positions)), data.labels[positions]]
    order = np.argsort(own, kind="stable")[:finetune.WORST]
    run_files.write_worst(run, [(data.table.path[data.rows[positions[i]]], run.outputs.names[data.labels[positions[i]]],
                        run.outputs.names[int(confidences[i].argmax())], float(own[i])) for i in order])


def groups_of(table: ImageTable, rows: np.ndarray) -> list[str]:
    """What must not be divided in cross-validation: groups, and images of equal pixels."""
    merged = merge_groups([table.group[r] for r in rows], [table.pixel_hash[r] for r in rows])
    return [str(group) for group in merged]
