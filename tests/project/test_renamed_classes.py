"""A run follows classes that are renamed, merged, deleted or made again after it; real training and inference."""

import json

import numpy as np
import pytest

from dlgui.engine.evaluation import evaluate
from dlgui.engine.model_file import read_model
from dlgui.errors import DlguiError
from dlgui.project.operations import (
    classes,
    comparison,
    costs,
    evaluations,
    explanations,
    exports,
    ghosts,
    label_queue,
    rejection,
    repeats,
    reports,
    runs,
    splits,
    training,
)
from dlgui.project.operations.costs import Costs
from dlgui.project.operations.outputs import Outputs
from dlgui.project.operations.training import Plan


@pytest.fixture(scope="module")
def trained_folder(small_project, tmp_path_factory):
    import shutil

    from dlgui.project.project import Project

    folder = shutil.copytree(small_project, tmp_path_factory.mktemp("trained") / "t.dlproj")
    with Project.open(folder) as made:
        splits.split(made, train=60, validation=20)
        training.train(made, Plan(image_size=96))
    return folder


@pytest.fixture
def trained(trained_folder, tmp_path):
    import shutil

    from dlgui.project.project import Project

    with Project.open(shutil.copytree(trained_folder, tmp_path / "t.dlproj")) as made:
        yield made


def ids(project):
    return {info.name: info.id for info in project.classes()}


def judged(project, subset="test"):
    return evaluate(evaluations.predict(project, runs.get(project), subset))


def test_a_renamed_class_stays_what_the_run_tells_apart(trained):
    before, run = judged(trained), runs.get(trained)
    costs.put(trained, Costs(own={("nominal", "local"): 5.0}))
    classes.rename(trained, ids(trained)["local"], "scratch")
    after = judged(trained)
    assert after.confusion_matrix.tolist() == before.confusion_matrix.tolist()
    assert after.classes == ["global", "scratch", "nominal"]
    now = runs.get(trained)
    assert (now.outputs.then, now.outputs.renamed) == (run.classes, {"local": "scratch"})
    assert ghosts.ghost(trained, now, "test") is None
    assert runs.unchanged(trained, now)
    assert costs.get(trained).own == {("nominal", "scratch"): 5.0}
    since = comparison.trained_on(trained, now)
    assert (since.changes, since.renamed) == ({}, {"local": "scratch"})
    assert set(since.counts) == set(now.classes)
    assert label_queue.suspects(trained, now) is not None
    assert {s.given for s in label_queue.suspects(trained, now)} <= set(now.classes)
    assert rejection.gather(trained, now).found.classes == now.classes
    assert read_model(now.model).classes == run.classes  # the file is as it was trained
    assert runs.classifier(now).classes == now.classes
    assert repeats.changed_data(trained, now) is None
    assert "changed since" not in reports.make(trained, now)

    trained.undo()
    assert judged(trained).classes == run.classes
    assert costs.get(trained).own == {("nominal", "local"): 5.0}


def test_names_that_two_classes_swap_are_not_mixed_up(trained):
    before, of = judged(trained), ids(trained)
    for name, to in (("local", "x"), ("nominal", "local"), ("x", "nominal")):
        classes.rename(trained, of[name] if name in of else ids(trained)[name], to)
    after = judged(trained)
    assert after.classes == ["global", "nominal", "local"]
    assert after.confusion_matrix.tolist() == before.confusion_matrix.tolist()


def test_a_run_made_under_another_name_follows_an_undo(trained):
    classes.rename(trained, ids(trained)["local"], "scratch")
    made = training.train(trained, Plan(image_size=96))
    assert made.classes == ["global", "scratch", "nominal"]
    assert trained.undo() is not None  # a training is not undone, the renaming before it is
    assert [r.classes for r in runs.all_runs(trained)] == [["global", "local", "nominal"]] * 2
    assert judged(trained).num_samples == len(trained.images().rows("test"))


def test_merged_classes_are_one_answer(trained):
    run, alone = runs.get(trained), evaluations.predict(trained, runs.get(trained), "all")
    classes.merge(trained, [ids(trained)["local"], ids(trained)["global"]], ids(trained)["global"])
    now = runs.get(trained)
    assert (now.classes, now.outputs.names) == (["global", "nominal"], ["global", "local", "nominal"])
    found = evaluations.predict(trained, now, "all")
    assert found.classes == ["global", "nominal"]
    np.testing.assert_allclose(found.confidences[:, 0], alone.confidences[:, :2].sum(1), atol=1e-6)
    assert (found.truth == np.array([0, 0, 1])[alone.truth]).all()
    assert evaluate(found).top1_error <= evaluate(alone).top1_error
    assert ghosts.as_it_was(trained, now, "test").top1_error == judged(trained).top1_error
    assert ghosts.ghost(trained, now, "test") is None
    assert not runs.unchanged(trained, now)  # a training that went on would learn otherwise
    assert label_queue.suspects(trained, now) is not None

    pair = explanations.average_pair(trained, now, found.paths[:6], "global", "nominal")
    assert pair.first.count == 6
    for finding in explanations.shortcut_alarm(trained, now, found):
        assert finding.label in now.classes
    steps = explanations.robust(trained, now, found, most=12)
    assert next(steps).accuracy.shape[1] == 2
    steps.close()
    with pytest.raises(DlguiError, match="merged since"):
        rejection.gather(trained, now)
    assert exports.prepare(trained, now, "onnx").certificate.max_difference < 1e-3

    trained.undo()
    assert runs.get(trained).classes == run.classes
    assert evaluations.predict(trained, runs.get(trained), "all").confidences.tolist() == alone.confidences.tolist()


def test_a_deleted_class_keeps_its_name_until_another_bears_it(trained):
    of = ids(trained)
    classes.delete(trained, of["local"])
    assert runs.get(trained).classes == ["global", "local", "nominal"]
    classes.rename(trained, of["nominal"], "local")
    assert runs.get(trained).classes == ["global", "local (former)", "local"]
    assert judged(trained).top1_error <= 0.5
    classes.rename(trained, of["nominal"], "nominal")
    classes.add(trained, "local")  # made again: the same class by its name
    assert runs.get(trained).classes == ["global", "local", "nominal"]


def test_an_interrupted_training_goes_on_after_a_class_was_renamed(project):
    from dlgui.engine.training_events import EpochDone

    splits.split(project, train=60, validation=20)
    run = training.start(project, Plan(method="finetune", image_size=64, settings={"epochs": 2}))
    events = training.execute(project, run)
    next(event for event in events if isinstance(event, EpochDone))
    events.close()  # as a window that is closed
    classes.rename(project, ids(project)["global"], "everywhere")
    for _ in training.execute(project, training.resume(project, runs.get(project, run.id))):
        pass
    done = runs.get(project, run.id)
    assert (done.state, done.epochs) == ("done", 2)
    assert done.classes[0] == "everywhere"
    assert judged(project).num_samples == len(project.images().rows("test"))


def test_a_book_from_before_rows_were_kept_follows_too(trained):
    with trained.store.transact("old book", undoable=False) as t:
        t.update("runs", [1], {"classes": json.dumps(["global", "local", "nominal"])})
    classes.rename(trained, ids(trained)["local"], "scratch")
    assert runs.get(trained).classes == ["global", "scratch", "nominal"]
    trained.undo()
    assert runs.get(trained).classes == ["global", "local", "nominal"]


def test_outputs_name_each_output_once():
    merged = Outputs(["a", "b", "c"], ["b", "b", "c"])
    assert merged.names == ["a", "b", "c"]
    assert (merged.classes, merged.place.tolist(), merged.members("b")) == (["b", "c"], [0, 0, 1], ("a", "b"))
    assert merged.fold(np.array([[0.25, 0.5, 0.25]])).tolist() == [[0.75, 0.25]]
    crossed = Outputs(["a", "b", "c"], ["c", "a", "c"])
    assert len(set(crossed.names)) == 3
    assert crossed.members("unknown") == ("unknown",)
