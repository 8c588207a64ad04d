"""Advice on real images: sizes compared on the same images, and curves of every class."""

import pytest

from dlgui.engine.progress import Cancelled, Progress
from dlgui.errors import DlguiError
from dlgui.project.operations import advice, splits
from dlgui.project.operations.training import Plan


def test_input_sizes_are_compared_on_the_same_unseen_images(project):
    splits.split(project)
    told = []
    found = advice.input_size(project, Plan(), sizes=[48, 96], count=45, listener=told.append)
    assert told == found.results
    assert [r.size for r in found.results] == [48, 96]
    assert {r.images for r in found.results} == {45}
    for r in found.results:
        low, high = r.error_interval
        assert low <= r.wrong / r.images <= high
        assert r.images_per_second > 0
    assert found.best == min(found.results, key=lambda r: (r.wrong, -r.images_per_second)).size
    assert found.proposed in (48, 96)
    if found.proposed == found.best:
        assert found.difference == 0


def test_candidates_lie_between_what_the_network_and_the_images_have(project):
    splits.split(project)
    sizes = advice.candidate_sizes(project, Plan())
    assert 250 in sizes  # what would be taken
    assert sizes == sorted(set(sizes))
    assert 2 <= len(sizes) <= 5
    assert max(sizes) <= 256
    with pytest.raises(DlguiError, match="224"):
        advice.candidate_sizes(project, Plan(network="vit_b_16"))


def test_the_data_forecast_knows_every_class_and_leaves_the_test_split_alone(project):
    splits.split(project)
    table = project.images()
    found = advice.data_forecast(project, Plan(image_size=48), 50)
    assert found.images == len(table.rows("train")) + len(table.rows("validation"))
    assert {c.name for c in found.classes} | set(found.left_out) == {"global", "local", "nominal"}
    for c in found.classes:
        assert 0 <= c.forecast.then <= 1
        assert c.forecast.then_interval[0] <= c.forecast.then_interval[1]
        assert c.forecast.verdict in ("helps", "saturated", "unknown")
        assert c.today == sum(table.label_names(table.rows("train"))[i] == c.name
                              for i in range(len(table.rows("train"))))


def test_advice_needs_a_split_and_can_be_cancelled(project):
    with pytest.raises(DlguiError, match="split"):
        advice.data_forecast(project, Plan(image_size=48))
    splits.split(project)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        advice.input_size(project, Plan(), progress)
