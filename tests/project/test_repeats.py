"""The reproduction seal: the same run gives the same bits, and the first difference is named."""

import json

import pytest

from dlgui.errors import DlguiError
from dlgui.project.operations import labels, repeats, runs, seals, splits, training
from dlgui.project.operations.training import Plan


@pytest.fixture
def split_project(project):
    splits.split(project)
    return project


def test_a_quick_run_repeats_to_the_last_bit(split_project):
    project = split_project
    run = training.train(project, Plan(image_size=48))
    sealed = seals.read(run)
    assert sealed["seal"] == seals.digest(sealed["ingredients"])
    assert [r.id for r in repeats.sealed_runs(project)] == [run.id]
    found = repeats.repeat(project, run)
    assert found.same
    assert found.environment is None
    assert found.again.name == f"{run.id} again"
    assert seals.read(found.again)["seal"] == found.seal == sealed["seal"]


def test_a_fine_tuning_repeats_to_the_last_bit_and_another_seed_does_not(split_project):
    project = split_project
    settings = {"epochs": 1, "batch_size": 8, "mirror": "rc", "noise": 5, "augmentation_percentage": 80}
    run = training.train(project, Plan(method="finetune", image_size=32, settings=settings))
    assert repeats.repeat(project, run).same
    other = training.train(project, Plan(method="finetune", image_size=32, settings=settings, seed=7))
    assert seals.read(other)["seal"] != seals.read(run)["seal"]
    assert seals.first_difference(seals.read(run)["ingredients"], seals.read(other)["ingredients"]) == ("seed", 42, 7)
    assert seals.first_difference(seals.read(run)["outcome"], seals.read(other)["outcome"])[0].startswith("history 1")


def test_changed_data_are_named_and_nothing_is_trained(split_project):
    project = split_project
    run = training.train(project, Plan(image_size=48))
    table = project.images()
    row = int(table.rows("train")[0])
    other = next(c.id for c in project.classes() if c.name != table.label_names([row])[0])
    labels.assign(project, [int(table.id[row])], other)
    found = repeats.repeat(project, run)
    assert found.again is None
    assert not found.same
    assert found.difference.what == f"label of {table.path[row]}"
    assert len(runs.all_runs(project)) == 1
    project.undo()
    assert repeats.changed_data(project, run) is None
    splits.assign(project, [int(table.id[row])], "test")
    assert repeats.changed_data(project, run).what == f"split of {table.path[row]}"


def test_a_difference_of_the_result_or_the_environment_is_named(split_project):
    project = split_project
    run = training.train(project, Plan(image_size=48))
    document = seals.read(run)
    document["outcome"]["history"][0]["loss"] = 0.125
    document["ingredients"]["versions"]["numpy"] = "1.0"
    document["seal"] = seals.digest(document["ingredients"])
    (run.folder / seals.FILE).write_text(json.dumps(document))
    found = repeats.repeat(project, run)
    assert (found.difference.what, found.difference.then) == ("history 1, loss", "0.125")
    assert (found.environment.what, found.environment.then) == ("versions, numpy", "1.0")


def test_a_seal_changed_by_hand_is_none(split_project):
    project = split_project
    run = training.train(project, Plan(image_size=48))
    path = run.folder / seals.FILE
    path.write_text(path.read_text().replace('"seed": 42', '"seed": 43'))
    assert seals.read(run) is None
    with pytest.raises(DlguiError, match="no reproduction seal"):
        repeats.repeat(project, run)


def test_the_first_difference_of_two_values():
    assert seals.first_difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}) is None
    assert seals.first_difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == ("a 2, b", 2, 3)
    assert seals.first_difference({"a": 1}, {"a": 1, "c": 4}) == ("c", None, 4)
    assert seals.first_difference([1], [1, 2], "epochs") == ("epochs, number of entries", 1, 2)
