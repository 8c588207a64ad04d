"""What a run's figures were with the labels of its day, and which labels have changed since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlgui.engine.evaluation import Evaluation, evaluate
from dlgui.engine.predictions import Predictions
from dlgui.engine.progress import Progress
from dlgui.errors import DlguiError
from dlgui.project.operations import evaluations, plans, runs, training
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project


@dataclass(frozen=True, eq=False)
class Ghost:
    """A run before labels were changed.

    Attributes:
        evaluation: with the labels and the split of its day; None where no confidences are known.
        changed: path → class of that day, for the images that have another one now.
    """

    evaluation: Evaluation | None
    changed: dict[str, str]


@dataclass(frozen=True)
class Retrained:
    """What a new run brought.

    Attributes:
        run: the new one.
        before, after: of the old and the new run on one split, both against today's labels.
        subset: the split: `validation`, or `train` where there is none.
    """

    run: Run
    before: Evaluation
    after: Evaluation
    subset: str


def relabeled(project: Project, run: Run) -> dict[str, str]:
    """Path → class at the time of the run, in today's name, for the images whose class is another now."""
    table = project.images()
    names = dict(zip(table.path, table.label_names(), strict=True))
    return {path: before for path, (before, _) in runs.snapshot_today(project, run).items()
            if path in names and names[path] != before}


def ghost(project: Project, run: Run, subset: str) -> Ghost | None:
    """The run as it was; None where no label has changed since."""
    changed = relabeled(project, run)
    return Ghost(as_it_was(project, run, subset), changed) if changed else None


def as_it_was(project: Project, run: Run, subset: str) -> Evaluation | None:
    """The run's own figures on a split (or `all`): labels and split as they were when it was trained.

    Needs no inference: images whose confidences are not known are left out. None where none is.
    """
    known = evaluations.by_content(run)
    table = project.images()
    content = dict(zip(table.path, table.content_hash, strict=True))
    position = {name: i for i, name in enumerate(run.classes)}
    rows = [(path, label) for path, (label, then) in runs.snapshot_today(project, run).items()
            if subset in ("all", then) and content.get(path) in known and label in position]
    if not rows:
        return None
    return evaluate(Predictions(run.classes, np.stack([known[str(content[path])] for path, _ in rows]),
                                np.array([position[label] for _, label in rows]), [path for path, _ in rows]))


def retrain_quick(project: Project, run: Run, progress: Progress | None = None) -> Retrained:
    """Trains a quick run on today's labels, with the network and the input of `run`, and compares the two.

    Raises:
        DlguiError: no split, fewer than two classes, or images gone.
    """
    before = dict(run.parameters["preprocessing"])
    width, height = before.pop("width"), before.pop("height")
    plan = plans.Plan(network=run.network, method="quick", image_size=width if width == height else None,
                         seed=run.seed, device=run.device, preprocessing=before,
                         pretrained=run.parameters.get("pretrained", True))
    made = training.train(project, plan, progress)
    subset = "validation" if len(project.images().rows("validation")) else "train"
    old, new = (evaluations.predict(project, r, subset, progress=progress) for r in (run, made))
    both = [name for name in old.classes if name in new.classes]
    if not both:
        raise DlguiError(run.id, "it shares no class with the new run", "train anew")
    return Retrained(made, evaluate(old), evaluate(new), subset)
