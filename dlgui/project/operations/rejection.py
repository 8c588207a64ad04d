"""Proposing when a run's model should rather say nothing, and storing that in the model."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlgui.engine import novelty
from dlgui.engine.classifier import Classifier
from dlgui.engine.novelty import Novelty
from dlgui.engine.predictions import Predictions
from dlgui.engine.progress import Progress
from dlgui.engine.rejection import Costs, Rejection, propose
from dlgui.engine.storage import write_atomically
from dlgui.errors import DlguiError
from dlgui.project.changes import Changes
from dlgui.project.operations import costs as costs_of_project
from dlgui.project.operations import evaluations, runs
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

KIND = "store rule"
PROPERTY = "rule of "
"""Name of a project's property, with the run's id behind it: which rule is in force."""

_settling = threading.Lock()


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
        raise DlguiError(run.id, "it has no model yet", "finish or resume the training", "train")
    classifier = read_model(run.model)
    if not len(project.images().rows("validation")):
        raise DlguiError("validation split", "no image to propose thresholds on",
                         "split the data with a validation part and train again")
    if run.outputs.merged:
        raise DlguiError(run.id, "classes that it tells apart were merged since, and a rule is one for each of them",
                         "train again; a quick training takes seconds", "train")
    found = evaluations.predict(project, run, "validation", progress=progress)
    table, position = project.images(), run.outputs.of_class
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


def store(project: Project, run: Run, made: Rejection | None, who: str = "user") -> Changes:
    """Writes the rule into the run's model, or takes it out; the confidences known of the run stay known.

    One step of undo: both rules are kept beside the model, and `settle` brings back the one that is in force.

    Raises:
        DlguiError: the project is read-only, or the model cannot be written.
    """
    from dlgui.engine.model_file import read_model

    if project.read_only:
        raise DlguiError(project.folder, "open read-only", "close the other window or make the folder writable")
    with _settling:
        classifier = read_model(run.model)
        before = _keep(run, classifier)
        classifier.set_rejection(made)
        after = _keep(run, classifier)
        row = _row(project, run, before)
        detector = made.novelty if made is not None else None
        with project.store.transact(
                KIND, who=who, run=run.id, thresholds=list(made.thresholds) if made is not None else None,
                costs=made.costs.to_dict() if made is not None and made.costs is not None else None,
                false_alarm_rate=detector.false_alarm_rate if detector is not None else None) as t:
            t.update("meta", [row], {"value": after})
            if t.touched:
                _write(run, classifier)
    return t.changes


def settle(project: Project, changes: Changes) -> None:
    """After undo or redo of `store`: the models follow. One that was trained further since is left alone."""
    from dlgui.engine.model_file import read_model

    with _settling:
        for row in changes.ids.get("project", ()):
            name, wanted = project.store.rows("SELECT name, value FROM meta WHERE id = ?", [row])[0]
            run = next((r for r in runs.all_runs(project) if name == PROPERTY + r.id and r.model.exists()), None)
            if run is None:
                continue
            classifier = read_model(run.model)
            kept = _kept(run, classifier, wanted)
            if _keep(run, classifier) != wanted and (kept is not None or not wanted):
                classifier.set_rejection(kept)
                _write(run, classifier)


def _row(project: Project, run: Run, value: str) -> int:
    """The row that says which rule is in force; made, or corrected where training has taken the rule away."""
    name = PROPERTY + run.id
    found = project.store.rows("SELECT id FROM meta WHERE name = ?", [name])
    with project.store.transact("progress", undoable=False, journal=False) as t:
        if found:
            t.update("meta", [found[0][0]], {"value": value})
            return int(found[0][0])
        return t.insert("meta", {"name": name, "value": value})


def _write(run: Run, classifier: Classifier) -> None:
    from dlgui.engine.model_file import write_model

    evaluations.keep_known(run, lambda: write_model(classifier, run.model))


def _keep(run: Run, classifier: Classifier) -> str:
    """Keeps the classifier's rule in the run's folder; returns the name it is found by, empty for no rule."""
    from safetensors.numpy import save

    rule = classifier.rejection
    if rule is None:
        return ""
    content = save(rule.novelty.arrays() if rule.novelty is not None else {}, {"rule": json.dumps(
        {**rule.to_dict(), "layer": _layer(classifier)}, sort_keys=True)})
    name = hashlib.sha256(content).hexdigest()[:32]
    file = run.folder / "rules" / f"{name}.safetensors"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        write_atomically(file, lambda stream: stream.write(content))
    return name


def _kept(run: Run, classifier: Classifier, name: str) -> Rejection | None:
    """The rule by its name; None where there is none, or where it was made for other weights."""
    from safetensors import safe_open

    file = run.folder / "rules" / f"{name}.safetensors"
    if not name or not file.exists():
        return None
    with safe_open(file, "numpy") as opened:
        values = json.loads(opened.metadata()["rule"])
        arrays = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118 (no mapping)
    if values.pop("layer") != _layer(classifier):
        return None
    return Rejection.from_dict(values, arrays, len(classifier.classes), classifier.feature_length)


def _layer(classifier: Classifier) -> str:
    """Tells the linear layer from any other: every training changes it."""
    weight, bias = classifier.head
    return hashlib.sha256(weight.tobytes() + bias.tobytes() + repr(classifier.temperature).encode()).hexdigest()[:16]


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
