"""What shall be trained, and whether the data allow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlgui.engine import networks, quick, recipe
from dlgui.engine.classifier import DEFAULT_NETWORK
from dlgui.engine.preprocessing import Preprocessing
from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.operations.runs import Run
from dlgui.project.project import ImageTable, Project

METHODS = ("quick", "finetune")
AUTO = "auto"
"""Stands for the network that suits the data; see `dlgui.project.operations.choosing`."""


@dataclass(frozen=True)
class Plan:
    """What shall be trained.

    Attributes:
        network: name in the registry, or `AUTO`.
        method: `quick` or `finetune`.
        image_size: side of the square input in pixels; None chooses.
        seed: of folds, order and augmentation.
        device: `auto`, `cpu`, `cuda[:i]` or `mps`.
        settings: names and values of `TrainingSettings`, for finetune.
        preprocessing: names and values of `Preprocessing` beside the size.
        pretrained: False starts from random weights.
        budget: seconds that `AUTO` may take to choose a network.
        why: what speaks for the network, where it was chosen; the run keeps it among its notices.
    """

    network: str = DEFAULT_NETWORK
    method: str = "quick"
    image_size: int | None = None
    seed: int = 42
    device: str = "auto"
    settings: Mapping[str, Any] = field(default_factory=dict)
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    pretrained: bool = True
    budget: float = 60.0
    why: str = field(default="", compare=False)


def plan_of(run: Run) -> Plan:
    """The plan that would train a run again."""
    preprocessing = dict(run.parameters["preprocessing"])
    width, height = preprocessing["width"], preprocessing["height"]
    if width == height:
        del preprocessing["width"], preprocessing["height"]
    settings = dict(run.parameters.get("settings", {}))
    return Plan(network=run.network, method=run.method, image_size=width if width == height else None, seed=run.seed,
                device=run.device.partition(":")[0], settings=settings, preprocessing=preprocessing,
                pretrained=run.parameters["pretrained"])


def preprocessing_of(table: ImageTable, rows: np.ndarray, plan: Plan) -> Preprocessing:
    """How a plan prepares images. Raises `InvalidValue` where the size does not fit the network."""
    info = networks.info(plan.network)
    choose = quick.choose_size if plan.method == "quick" else recipe.input_size
    width, height = (plan.image_size, plan.image_size) if plan.image_size else choose(
        info.name, table.width[rows], table.height[rows])
    preprocessing = Preprocessing.from_dict({"width": width, "height": height, **plan.preprocessing})
    width, height = preprocessing.width, preprocessing.height
    if info.fixed_size and (width, height) != (info.width, info.height):
        raise InvalidValue("image size", f"{width} × {height}", f"{info.width} × {info.height} for {info.name}")
    if min(width, height) < info.minimum_size:
        raise InvalidValue("image size", f"{width} × {height}", f"at least {info.minimum_size} for {info.name}")
    return preprocessing


def classes_of(project: Project) -> list[str]:
    """The classes that can be learned. Raises `DlguiError` where there are fewer than two, or no training split."""
    table = project.images()
    if not len(table.rows("all")):
        raise DlguiError(project.folder, "no labeled, readable image", "label images first", "label")
    if not len(table.rows("train")):
        raise DlguiError(project.folder, "no image in the training split", "split the data first: dlgui split", "split")
    present = set(table.label[table.rows("train")].tolist())
    if len(present) < 2:
        raise DlguiError("training split", f"images of only one class, {table.class_names[present.pop()]}",
                         "label images of at least two classes, or import them with another label source", "label")
    return [name for i, name in enumerate(table.class_names) if i in present]
