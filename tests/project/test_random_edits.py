"""Random sequences of edit, undo, redo, reopen and kill against a plain model."""

import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlgui.project.operations import classes, history, labels, splits
from dlgui.project.project import Project

IMAGES = st.lists(st.integers(0, 71), min_size=1, max_size=5)
CLASS = st.integers(0, 3)
STEP = st.one_of(
    st.tuples(st.just("label"), IMAGES, st.integers(-1, 2)),
    st.tuples(st.just("page"), st.dictionaries(st.integers(0, 71), st.integers(-1, 2), max_size=8)),
    st.tuples(st.just("flag"), IMAGES, st.booleans()),
    st.tuples(st.just("exclude"), IMAGES, st.booleans()),
    st.tuples(st.just("note"), IMAGES, st.text(max_size=8)),
    st.tuples(st.just("split"), IMAGES, st.sampled_from(["train", "test", None])),
    st.tuples(st.just("merge"), CLASS, CLASS),
    st.tuples(st.just("delete"), CLASS),
    st.tuples(st.just("add"), st.sampled_from(["new", "another"])),
    st.tuples(st.just("rename"), CLASS, st.sampled_from(["new", "renamed", "ß/\"'"])),
    st.tuples(st.just("recolour"), CLASS, st.sampled_from(["#000000", "#ffffff"])),
    st.tuples(st.just("key"), CLASS, st.sampled_from(["1", "2", "q", None])),
    st.tuples(st.just("reorder"), st.randoms(use_true_random=False)),
    st.tuples(st.sampled_from(["undo", "redo", "reopen", "kill", "kill while writing"])))


def state(project):
    table = project.images()
    return (table.label_names(), table.split.tolist(), table.flag.tolist(), table.excluded.tolist(), table.note,
            [(c.id, c.name, c.colour, c.shortcut) for c in project.classes()])


@pytest.fixture(scope="module")
def folder(small_folder, tmp_path_factory):
    made = tmp_path_factory.mktemp("random") / "p"
    Project.create(made, small_folder).close()
    return made


class Killed(Exception):
    """The process ends here."""


def copied(folder, name):
    """What a process that is killed now leaves: the database and its log as they are on disk."""
    left = folder.with_name(name)
    shutil.rmtree(left, ignore_errors=True)
    left.mkdir()
    for file in folder.glob("project.sqlite*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, left)
    return left


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, max_size=16))
def test_undo_and_redo_walk_through_the_states(folder, steps):
    project = Project.open(copied(folder, "now"))
    kills = 0
    try:
        done, undone = [], []
        now = start = state(project)
        for name, *values in steps:
            before = now
            if name == "reopen":
                project.close()
                project = Project.open(project.folder)
            elif name.startswith("kill"):
                kills += 1
                left = killed(project, f"killed{kills}", name != "kill")
                project.close()
                project = Project.open(left)
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
            assert (history.next_undo(project) is not None) == bool(done)
            assert (history.next_redo(project) is not None) == bool(undone)
        with Project.open(project.folder, read_only=True) as fresh:  # what is patched in memory is what is on disk
            assert state(fresh) == now
            for column in ("label", "split", "flag", "excluded"):
                np.testing.assert_array_equal(getattr(fresh.images(), column), getattr(project.images(), column))
        while done:
            project.undo()
            assert state(project) == done.pop()
        assert state(project) == start
    finally:
        project.close()


def killed(project, name, writing):
    """The folder that is left by a kill between two deeds, or in the middle of one."""
    if not writing:
        return copied(project.folder, name)
    with suppress(Killed), project.store.transact("label") as t:
        t.update("images", project.images().id.tolist(), {"class_id": None, "note": "half done"})
        left = copied(project.folder, name)
        raise Killed
    return left


def deed(project, name, *values):
    everyone, ids = project.classes(), project.images().id

    def chosen(index):
        return everyone[index % len(everyone)].id if everyone and index >= 0 else None

    first, second = (*values, None, None)[:2]
    if name in ("label", "flag", "exclude", "note", "split"):
        images = ids[sorted(set(first))].tolist()
        operation = {"label": labels.assign, "flag": labels.flag, "exclude": labels.exclude, "note": labels.note,
                     "split": splits.assign}[name]
        return operation(project, images, chosen(second) if name == "label" else second)
    if name == "page":
        return labels.assign_many(project, {int(ids[i]): chosen(k) for i, k in first.items()})
    names = [c.name for c in everyone]
    if name == "add":
        return classes.add(project, first) if first not in names else None
    if name == "reorder":
        return classes.reorder(project, first.sample([c.id for c in everyone], len(everyone)))
    if not everyone:
        return None
    if name == "rename":
        return classes.rename(project, chosen(first), second) if second not in names else None
    if name == "merge":
        return classes.merge(project, [chosen(first)], chosen(second)) if chosen(first) != chosen(second) else None
    return {"delete": classes.delete, "recolour": classes.recolour, "key": classes.set_shortcut}[name](
        project, chosen(first), *values[1:])


LABELER = """
import sys
from dlgui.project.operations import labels
from dlgui.project.project import Project
project = Project.open(sys.argv[1])
ids, classes = project.images().id.tolist(), [c.id for c in project.classes()]
for n in range(len(ids)):
    labels.assign(project, [ids[n]], classes[n % len(classes)])
    print(n, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_labeler_loses_nothing_that_it_was_told_is_done(folder):
    left, told = copied(folder, "labeled"), 40
    with subprocess.Popen([sys.executable, "-c", LABELER, str(left)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True, cwd=Path(__file__).parents[2]) as worker:
        assert [int(worker.stdout.readline()) for _ in range(told)] == list(range(told))
        worker.send_signal(signal.SIGKILL)
    with Project.open(left) as project, Project.open(folder, read_only=True) as original:
        assert project.images().label[:told].tolist() == [n % 3 for n in range(told)]
        while project.undo() is not None:
            pass
        assert state(project) == state(original)
