"""Undo and redo say what they would do."""

import pytest

from dlgui.project.operations import classes, labels, splits


@pytest.fixture
def texts(opened):
    actions = opened.actions_by_name()
    return lambda: (actions["actionUndo"].text(), actions["actionRedo"].text())


def test_the_next_step_is_named_also_after_a_restart(opened, texts):
    project, actions = opened.session.project, opened.actions_by_name()
    assert texts() == ("Undo", "Redo")
    assert not actions["actionUndo"].isEnabled()
    ids = project.images().id.tolist()
    first = project.classes()[0].id
    for deed, words in ((lambda: labels.assign(project, ids[30:33], first), "label 3 images as global"),
                        (lambda: labels.assign(project, ids[:1], None), "unlabel 1 image"),
                        (lambda: labels.assign_many(project, {ids[1]: None, ids[40]: first}), "label 2 images"),
                        (lambda: labels.flag(project, ids[:1]), "flags of 1 image"),
                        (lambda: labels.exclude(project, ids[:4]), "exclusion of 4 images"),
                        (lambda: labels.note(project, ids[:2], "x"), "note on 2 images"),
                        (lambda: splits.assign(project, ids[:2], "test"), "2 images to test"),
                        (lambda: classes.rename(project, first, "whole"), "rename global to whole"),
                        (lambda: classes.set_shortcut(project, first, "w"), "key of whole"),
                        (lambda: classes.add(project, "{odd}"), "new class {odd}"),
                        (lambda: splits.split(project, 70, 15, 1, overwrite=True), "split"),
                        (lambda: classes.merge(project, [first], project.classes()[1].id), "merge whole into local")):
        deed()
        assert texts() == (f"Undo: {words}", "Redo")
    actions["actionUndo"].trigger()
    assert texts() == ("Undo: split", "Redo: merge whole into local")
    folder = project.folder
    opened.session.close()
    assert not actions["actionUndo"].isEnabled()
    assert opened.session.open(folder)
    assert texts() == ("Undo: split", "Redo: merge whole into local")
    assert "Ctrl+Z" in actions["actionUndo"].toolTip()
    assert actions["actionRedo"].isEnabled()
