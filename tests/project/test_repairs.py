"""What the health check finds is mended by one step that undo takes back."""

import shutil

import numpy as np
import pytest
from PIL import Image

from dlgui.errors import DlguiError
from dlgui.project.operations import labels, leak_price, repairs, splits
from dlgui.project.operations.brightness import brightness
from dlgui.project.operations.checks import check
from dlgui.project.project import Project


@pytest.fixture
def troubled(small_folder, tmp_path):
    """A project of 36 images with doubles across classes and splits, an odd size and a black image."""
    root = tmp_path / "images"
    for name in ("global", "local", "nominal"):
        (root / name).mkdir(parents=True)
        for file in sorted((small_folder / name).iterdir())[:12]:
            shutil.copy(file, root / name / file.name)
    first = sorted((small_folder / "nominal").iterdir())[0]
    shutil.copy(first, root / "nominal" / "zz_double.jpg")
    shutil.copy(first, root / "local" / "zz_conflict.jpg")
    Image.fromarray(np.zeros((250, 250, 3), np.uint8)).save(root / "local" / "black.png")
    Image.fromarray(np.random.default_rng(0).integers(90, 160, (40, 90), np.uint8)).save(root / "local" / "small.png")
    with Project.create(tmp_path / "troubled.dlproj", root) as made:
        yield made


def group(project):
    (found,) = check(project)["exact_duplicates"]
    return found


def test_conflicts_take_the_majority(troubled):
    assert check(troubled)["conflicts"] == [group(troubled)]
    repairs.agree_on_labels(troubled, check(troubled)["conflicts"])
    assert check(troubled)["conflicts"] == []
    table = troubled.images()
    assert {table.class_names[table.label[table.row_of_path[p]]] for p in group(troubled)} == {"nominal"}
    troubled.undo()
    assert len(check(troubled)["conflicts"]) == 1


def test_leaks_are_united_and_doubles_excluded(troubled):
    splits.split(troubled, together="none")
    table = troubled.images()
    ids = [int(table.id[table.row_of_path[path]]) for path in group(troubled)]
    splits.assign(troubled, ids[:2], "train")
    splits.assign(troubled, ids[2:], "test")
    assert check(troubled)["leaks"] == [group(troubled)]
    repairs.unite_splits(troubled, check(troubled)["leaks"])
    assert check(troubled)["leaks"] == []
    assert {troubled.images().split[r] for r in troubled.images().row_of(ids)} == {0}
    troubled.undo()
    splits.lock_test(troubled, True)
    repairs.unite_splits(troubled, check(troubled)["leaks"])
    assert sorted(troubled.images().split[troubled.images().row_of(ids)].tolist()) == [-1, -1, 2]
    repairs.exclude_doubles(troubled, [group(troubled)])
    assert troubled.images().excluded.sum() == 2
    assert check(troubled)["exact_duplicates"] == []


def test_odd_sizes_and_brightness_are_found_and_kept(troubled):
    found = check(troubled, brightness=True)
    assert [item["path"] for item in found["odd_sizes"]] == ["local/small.png"]
    assert [item["path"] for item in found["odd_brightness"]] == ["local/black.png"]
    assert (troubled.cache_folder / "brightness.rows").stat().st_size == 38 * 8  # each content once
    rows = np.arange(len(troubled.images()))
    np.testing.assert_array_equal(brightness(troubled, rows), brightness(troubled, rows))
    repairs.exclude(troubled, ["local/black.png"])
    assert check(troubled, brightness=True)["odd_brightness"] == []


def test_suggestions_are_accepted(project):
    path = project.images().path[0]
    repairs.accept_suggestions(project, {path: "nominal"})
    assert project.images().label[0] == 2
    repairs.flag(project, [path])
    assert project.images().flag[0]


def test_a_locked_test_split_stays_as_it_is(project):
    splits.split(project)
    before = project.images().split.copy()
    splits.lock_test(project, True)
    with pytest.raises(DlguiError, match="locked"):
        splits.assign(project, [int(project.images().id[np.flatnonzero(before == 0)[0]])], "test")
    found = splits.split(project, train=50, validation=50, seed=7, overwrite=True)
    after = project.images().split
    np.testing.assert_array_equal(before == 2, after == 2)
    assert found.counts["test"] == int((before == 2).sum())
    assert abs(found.counts["train"] - found.counts["validation"]) <= 3
    project.undo()
    np.testing.assert_array_equal(project.images().split, before)
    project.undo()
    assert not splits.test_is_locked(project)


def test_a_plan_is_what_the_split_then_does(project):
    plan = splits.plan(project, train=60, validation=20, seed=3)
    assert not (project.images().split >= 0).any()
    assert splits.split(project, train=60, validation=20, seed=3).per_class == plan.per_class
    assert splits.counts(project.images()) == plan.per_class
    labels.exclude(project, project.images().id[3:22].tolist())
    few = splits.plan(project, overwrite=True)
    assert any("class global has only" in sentence for sentence in few.warnings)


def test_leaks_flatter_a_quick_run(troubled):
    splits.split(troubled, together="none")
    table = troubled.images()
    ids = [int(table.id[table.row_of_path[path]]) for path in group(troubled)]
    splits.assign(troubled, ids[:2], "train")
    splits.assign(troubled, ids[2:], "test")
    found = leak_price.leak_price(troubled)
    assert (found.leaked, found.affected) == (2, 1)
    assert 0 <= found.without_leaks <= 1
    assert abs(found.price - (found.with_leaks - found.without_leaks)) < 1e-12
