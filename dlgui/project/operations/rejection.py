"""Proposing when a run's model should rather say nothing, and storing that in the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.engine import novelty
from dlgui.engine.classifier import Classifier
from dlgui.engine.novelty import Novelty
from dlgui.engine.predictions import Predictions
from dlgui.engine.progress import Progress
from dlgui.engine.rejection import Costs, Rejection, propose
from dlgui.errors import DlguiError
from dlgui.project.operations import costs as costs_of_project
from dlgui.project.operations import evaluations
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that a rule is proposed on: what the run says of the validation images, and how strange they look to it.

    Attributes:
        run: whose model.
        found: confidences and truth of the validation images.
        novelty: fitted on the training images, its limit not yet calibrated.
        distances: float32 (n,), of the images of `found`.
        rule: what the model carries now.
        costs: as they are kept with the project.
    """

    run: Run
    found: Predictions
    novelty: Novelty
    distances: np.ndarray
    rule: Rejection | None
    costs: Costs


def gather(project: Project, run: Run, progress: Progress | None = None) -> Evidence:
    """Looks at the training and validation images through the run's network; quick where features are known already.

    Raises:
        DlguiError: no model, no validation split, fewer than three training images, or images gone.
    """
    from dlgui.engine.model_file import read_model

    if not run.model.exists():
        raise DlguiError(run.id, "it has no model yet", "finish or resume the training")
    classifier = read_model(run.model)
    if not len(project.images().rows("validation")):
        raise DlguiError("validation split", "no image to propose thresholds on",
                         "split the data with a validation part and train again")
    found = evaluations.predict(project, run, "validation", progress=progress)
    table = project.images()
    position = {name: i for i, name in enumerate(run.classes)}
    rows = [int(r) for r in table.rows("train") if table.class_names[table.label[r]] in position]
    rows = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, min(len(rows), novelty.FITTED_ON)).astype(int))]
    row_of = table.row_of_path
    vectors, readable = _features(project, classifier, [*rows, *(row_of[path] for path in found.paths)], progress)
    train, validation = readable[:len(rows)], readable[len(rows):]
    labels = np.array([position[table.class_names[table.label[r]]] for r in rows], np.int64)
    fitted = novelty.fit(vectors[:len(rows)][train], labels[train], len(run.classes))
    return Evidence(run, found.subset(validation), fitted, fitted.distances(vectors[len(rows):][validation]),
                    classifier.rejection, project_costs(project, run.classes))


def project_costs(project: Project, names: Sequence[str]) -> Costs:
    """The project's costs as a table over the classes `names`."""
    kept = costs_of_project.get(project)
    table = np.array([[kept.own.get((answer, truth), kept.error) for truth in names] for answer in names])
    return Costs(table, kept.unsure)


def rule(evidence: Evidence, costs: Costs, false_alarm_rate: float | None = novelty.FALSE_ALARM_RATE,
         thresholds: Sequence[float] | None = None) -> Rejection:
    """A rule for the run.

    Args:
        evidence: from `gather`.
        costs: of mistakes and of no answer.
        false_alarm_rate: share of familiar images that may be called unknown; None calls nothing unknown.
        thresholds: instead of those of least cost.

    Raises:
        InvalidValue: values that are not allowed.
    """
    chosen = tuple(float(t) for t in thresholds) if thresholds is not None else propose(evidence.found, costs)
    detector = None if false_alarm_rate is None else evidence.novelty.calibrated(evidence.distances, false_alarm_rate)
    return Rejection(chosen, detector, costs, {"run": evidence.run.id, "split": "validation",
                                               "num_samples": len(evidence.found)})


def store(project: Project, run: Run, made: Rejection | None) -> None:
    """Writes the rule into the run's model, or takes it out; the confidences known of the run stay known.

    Raises:
        DlguiError: the project is read-only, or the model cannot be written.
    """
    from dlgui.engine.model_file import read_model, write_model

    if project.read_only:
        raise DlguiError(project.folder, "open read-only", "close the other window or make the folder writable")
    classifier = read_model(run.model)
    classifier.set_rejection(made)
    evaluations.keep_known(run, lambda: write_model(classifier, run.model))


def _features(project: Project, classifier: Classifier, rows: Sequence[int],
              progress: Progress | None) -> tuple[np.ndarray, np.ndarray]:
    """Pooled features float32 (n, length) of the images at rows of the table, and which could be read, bool (n,)."""
    root, table = project.require_image_root(), project.images()
    if classifier.frozen:  # the same that quick training computes and keeps
        from dlgui.engine import features

        found = features.extract(classifier.network, root, [(table.path[r], str(table.content_hash[r])) for r in rows],
                                 classifier.preprocessing, project.cache_folder / "features", progress)
        columns = classifier.pooling.columns(found.pooling, classifier.channels)
        vectors = np.zeros((len(rows), len(columns)), np.float32)
        vectors[found.readable] = found.take(np.flatnonzero(found.readable), columns)
        return vectors, found.readable
    from dlgui.engine.loading import load_batches

    predictor = classifier.predictor()
    vectors, readable = np.zeros((len(rows), classifier.feature_length), np.float32), np.zeros(len(rows), bool)
    if progress is not None:
        progress.task("looking at the images", len(rows))
    for batch in load_batches([root / table.path[r] for r in rows], classifier.preprocessing, predictor.batch_size,
                              progress):
        if len(batch.indices):
            vectors[batch.indices] = predictor.features(batch.pixels)
            readable[batch.indices] = True
    return vectors, readable
