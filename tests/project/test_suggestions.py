"""Suggestions and map of a project."""

import numpy as np

from dlgui.project.operations import classes, labels
from dlgui.project.operations.maps import image_map
from dlgui.project.operations.suggestions import similar, suggest


def test_suggestions_start_at_two_labels_a_class_and_are_mostly_right(project):
    table = project.images()
    truth = dict(zip(table.id.tolist(), table.label.tolist(), strict=True))
    order = {k: table.id[table.label == k].tolist() for k in range(3)}
    labels.assign(project, [i for k in range(3) for i in order[k][1:]], None)
    found = suggest(project)
    assert (found.learned, len(found.ids), found.total) == (None, 0, 69)
    assert found.waiting == {"global": 1, "local": 1, "nominal": 1}
    ids = [c.id for c in project.classes()]
    labels.assign_many(project, {i: ids[k] for k in (0, 2) for i in order[k][1:2]})
    found = suggest(project)
    assert (found.classes.tolist(), found.waiting) == ([0, 2], {"local": 1})
    labels.assign_many(project, {i: ids[k] for k in range(3) for i in order[k][1:6]})
    found = suggest(project, found)
    assert (found.learned.labeled, len(found.ids), found.waiting) == (18, 54, {})
    right = [found.of(int(i))[0] == truth[int(i)] for i in found.ids]
    assert np.mean(right) > 0.7
    assert found.of(order[0][0]) is None
    labels.exclude(project, found.ids[:5].tolist())
    assert len(suggest(project, found).ids) == len(found.ids) - 5


def test_a_part_of_many_images_is_considered_at_a_time(project, monkeypatch):
    from dlgui.project.operations import suggestions

    monkeypatch.setattr(suggestions, "POOL", 20)
    table = project.images()
    labels.assign(project, table.id[::2].tolist(), None)
    found = suggest(project)
    assert (len(found.ids), found.total) == (20, 36)
    labels.assign(project, found.ids[:6].tolist(), classes.find(project, "local").id)
    again = suggest(project, found)
    assert set(found.ids[6:].tolist()) < set(again.ids.tolist())
    groups = similar(project, 8)
    assert sorted(np.concatenate(groups).tolist()) == sorted(again.ids.tolist())


def test_nothing_is_unlabeled_or_nothing_is_there(project):
    assert similar(project, 50) == []
    assert len(suggest(project).ids) == 0
    labels.exclude(project, project.images().id.tolist())
    assert suggest(project).learned is None
    assert image_map(project).places.shape == (0, 2)


def test_the_map_is_kept_until_the_images_change(project):
    first = image_map(project)
    assert len(list((project.cache_folder / "maps").iterdir())) == 1
    heard = []
    again = image_map(project, told=heard.append)
    np.testing.assert_array_equal(again.places, first.places)
    assert heard == []
    labels.exclude(project, first.ids[:30].tolist())
    assert len(image_map(project, told=heard.append).ids) == 42
    assert heard
    for file in (project.cache_folder / "maps").iterdir():
        file.write_bytes(b"spoilt")
    assert image_map(project).places.shape == (42, 2)
