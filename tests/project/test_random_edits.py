"""Random sequences of edit, undo, redo and reopen against a plain model."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlgui.project.operations import classes, labels, splits
from dlgui.project.project import Project

STEP = st.one_of(
    st.tuples(st.just("label"), st.lists(st.integers(0, 71), min_size=1, max_size=5), st.integers(-1, 2)),
    st.tuples(st.just("flag"), st.lists(st.integers(0, 71), min_size=1, max_size=5), st.booleans()),
    st.tuples(st.just("split"), st.lists(st.integers(0, 71), min_size=1, max_size=5),
              st.sampled_from(["train", "test", None])),
    st.tuples(st.just("merge"), st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.sampled_from(["undo", "redo", "reopen"])))


def state(project):
    table = project.images()
    return table.label_names(), table.split.tolist(), table.flag.tolist(), [c.name for c in project.classes()]


@pytest.fixture(scope="module")
def folder(small_folder, tmp_path_factory):
    made = tmp_path_factory.mktemp("random") / "p"
    Project.create(made, small_folder).close()
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, max_size=14))
def test_undo_and_redo_walk_through_the_states(folder, steps):
    project = Project.open(folder)
    try:
        labels.flag(project, project.images().id[:1].tolist(), not project.images().flag[0])  # ends an older redo
        done, undone = [], []
        now = state(project)
        for name, *values in steps:
            before = now
            if name == "reopen":
                project.close()
                project = Project.open(folder)
            elif name == "undo":
                if done:
                    project.undo()
                    undone.append(now)
                    now = done.pop()
            elif name == "redo":
                assert (project.redo() is not None) == bool(undone)
                if undone:
                    done.append(now)
                    now = undone.pop()
            else:
                changes = deed(project, name, *values)
                now = state(project)
                if changes:
                    done.append(before)
                    undone.clear()
            assert state(project) == now
        with Project.open(folder, read_only=True) as fresh:  # what is patched in memory is what is on disk
            assert state(fresh) == now
            for column in ("label", "split", "flag", "excluded"):
                np.testing.assert_array_equal(getattr(fresh.images(), column), getattr(project.images(), column))
        while done:  # the classes must be there for the next example
            project.undo()
            done.pop()
    finally:
        project.close()


def deed(project, name, first, second):
    everyone, ids = project.classes(), project.images().id
    if name == "label":
        wanted = everyone[second % len(everyone)].id if second >= 0 else None
        return labels.assign(project, ids[sorted(set(first))].tolist(), wanted)
    if name == "flag":
        return labels.flag(project, ids[sorted(set(first))].tolist(), second)
    if name == "split":
        return splits.assign(project, ids[sorted(set(first))].tolist(), second)
    a, b = everyone[first % len(everyone)].id, everyone[second % len(everyone)].id
    return classes.merge(project, [a], b) if a != b else None
