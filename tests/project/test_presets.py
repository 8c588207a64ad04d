"""Presets: kept, shared, and checked when they come back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgui.engine import parameters
from dlgui.engine.settings import TrainingSettings
from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.operations import presets
from dlgui.project.operations.training import Plan


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(presets, "folder", lambda: tmp_path / "presets")


def test_a_plan_comes_back_as_it_was():
    plan = Plan(method="finetune", network="resnet18", image_size=96, settings={"epochs": 3, "mirror": "rc"},
                preprocessing={"contrast_normalization": True})
    presets.save("Mine & yours", plan)
    assert presets.names() == ["Mine & yours"]
    assert presets.load("Mine & yours") == plan
    presets.delete("Mine & yours")
    assert presets.names() == []


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "x" * 81, "a:b", "new\nline"])
def test_names_that_cannot_be_files_are_refused(name):
    with pytest.raises(InvalidValue):
        presets.save(name, Plan())


def test_ours_are_all_valid():
    for plan in presets.OURS.values():
        TrainingSettings.from_dict(plan.settings)
        parameters.joined_values({"image_size": plan.image_size, "seed": plan.seed, "pretrained": plan.pretrained},
                                 plan.settings, plan.preprocessing)


@pytest.mark.parametrize(("change", "reason"), [
    ({"format": "other"}, "not a preset"), ({"version": 9}, "another dlgui"), ({"plan": 3}, "plan"),
    ({"plan": {"method": "magic"}}, "method"), ({"plan": {"settings": {"epochs": -1}}}, "epochs"),
    ({"plan": {"settings": {"unheard": 1}}}, "unheard"), ({"plan": {"network": "no such net"}}, "network"),
    ({"plan": {"settings": {"learning_rate": "fast"}}}, "fast"), ({"plan": {"image_size": "big"}}, "big"),
    ({"plan": {"preprocessing": {"resize": "melt"}}}, "melt"), ({"plan": {"settings": [1]}}, "settings"),
    ({"plan": {"seed": -1}}, "-1"), ({"plan": {"device": 5}}, "device")])
def test_what_is_wrong_with_a_file_is_named(tmp_path, change, reason):
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"format": presets.FORMAT, "version": 1, "plan": {}, **change}))
    with pytest.raises(DlguiError) as told:
        presets.read(path)
    assert reason in str(told.value)
    assert str(path) in str(told.value)


@given(st.binary(max_size=60) | st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5),
                                             lambda x: st.lists(x, max_size=3) | st.dictionaries(
                                                 st.sampled_from(["format", "version", "plan", "settings", "x"]), x,
                                                 max_size=4), max_leaves=8).map(lambda v: json.dumps(v).encode()))
def test_any_file_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "any.json"
    path.write_bytes(content)
    with pytest.raises(DlguiError):
        presets.read(path)
