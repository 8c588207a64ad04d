"""Suspected label errors of a real project, decisions about them, ghosts, and what a quick retraining brings."""

import numpy as np
import pytest

from dlgui.engine.progress import Progress
from dlgui.errors import DlguiError
from dlgui.project.operations import evaluations, explanations, ghosts, label_queue, labels, runs, splits, training
from dlgui.project.operations.training import Plan


@pytest.fixture
def spoilt(project):
    """72 images with three wrong labels, and a run on them; the wrong ones by image id."""
    splits.split(project, train=60, validation=20)
    table = project.images()
    ids = {info.name: info.id for info in project.classes()}
    rows = [int(np.flatnonzero((table.split == split) & (np.array(table.label_names()) == "global"))[0])
            for split in (0, 1, 2)]
    wrong = {int(table.id[r]): "global" for r in rows}
    labels.assign_many(project, dict.fromkeys(wrong, ids["nominal"]))
    return project, training.train(project, Plan(image_size=96)), wrong


def test_the_queue_finds_them_decisions_stick_and_ghosts_remain(spoilt):
    project, run, wrong = spoilt
    queue = label_queue.suspects(project, run, Progress())
    found = {s.image_id: s for s in queue}
    hit = [found[i] for i in wrong if i in found]
    assert len(hit) >= 2
    assert all((s.given, s.suggested) == ("nominal", "global") for s in hit)
    assert [s.gain for s in queue] == sorted((s.gain for s in queue), reverse=True)
    assert all(0 < s.probability <= 1 for s in queue)

    before = ghosts.as_it_was(project, run, "test")
    assert before.confusion_matrix.tolist() == evaluations_of(project, run, "test").tolist()
    assert ghosts.relabeled(project, run) == {}
    label_queue.decide(project, {s.image_id: s.suggested for s in hit})
    kept = next((s for s in queue if s.image_id not in wrong), None)
    if kept is not None:
        label_queue.decide(project, {kept.image_id: kept.given})
    left = {s.image_id for s in label_queue.suspects(project, run)}
    assert not left & {s.image_id for s in hit}
    assert kept is None or kept.image_id not in left

    assert ghosts.relabeled(project, run) == {s.path: "nominal" for s in hit}
    assert ghosts.as_it_was(project, run, "test").confusion_matrix.tolist() == before.confusion_matrix.tolist()
    if any(s.split == "test" for s in hit):
        assert evaluations_of(project, run, "test").tolist() != before.confusion_matrix.tolist()
    with pytest.raises(DlguiError, match="not in the project"):
        label_queue.decide(project, {hit[0].image_id: "dust"})

    again = ghosts.retrain_quick(project, run)
    assert again.subset == "validation"
    assert again.run.id == runs.all_runs(project)[-1].id != run.id
    assert again.before.num_samples == again.after.num_samples
    while project.images().label_names() != list(before_labels(project, wrong)):
        assert project.undo() is not None  # every decision can be taken back


def evaluations_of(project, run, subset):
    from dlgui.engine.evaluation import evaluate

    return evaluate(evaluations.predict(project, run, subset)).confusion_matrix


def before_labels(project, wrong):
    table = project.images()
    return ("nominal" if i in wrong else path.split("/")[0] for i, path in zip(table.id.tolist(), table.path,
                                                                              strict=True))


def test_averages_alarm_and_robustness_look_at_a_bounded_sample(spoilt, monkeypatch):
    project, run, _ = spoilt
    predictions = evaluations.predict(project, run, "all")
    monkeypatch.setattr(explanations, "AVERAGED", 5)
    monkeypatch.setattr(explanations, "EXAMINED", 3)
    pair = explanations.average_pair(project, run, predictions.paths, "local", "nominal", Progress())
    assert pair.first.count == pair.second.count == 5
    assert pair.difference.shape == pair.first.map.shape == (96, 96)
    findings = explanations.shortcut_alarm(project, run, predictions, Progress())
    assert {f.label for f in findings} <= set(run.classes)
    assert all(f.images <= 3 for f in findings)
    assert not any(f.confirmed for f in findings if f.region == "background")  # textile has none
    found = list(explanations.robust(project, run, predictions, Progress(), most=9))
    assert [f.disturbance.name for f in found] == [d.name for d in explanations.robustness.DISTURBANCES]
    assert all(f.counts.sum() == 9 for f in found)
    assert all(f.overall[0] == found[0].overall[0] for f in found)
