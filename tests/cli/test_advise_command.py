"""`dlgui advise` and `dlgui repeat`."""

import json

import pytest

from dlgui.cli import main as cli
from dlgui.project.operations import advice, splits, training
from dlgui.project.operations.training import Plan


@pytest.fixture
def folder(project):
    """A split project with one quick run, closed."""
    splits.split(project)
    training.train(project, Plan(image_size=48))
    project.close()
    return str(project.folder)


def test_a_run_is_repeated(folder, capsys):
    assert cli.main(["repeat", folder, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["run"], found["again"], found["same"], found["difference"]) == ("run-001", "run-002", True, None)
    assert len(found["seal"]) == 32
    assert cli.main(["repeat", folder, "--run", "run-001"]) == 0
    assert "to the last bit" in capsys.readouterr().out


def test_advice_has_figures_and_intervals(folder, capsys, monkeypatch):
    monkeypatch.setattr(advice, "SIZES", (64,))
    assert cli.main(["advise", folder, "--image-size", "48", "--more", "20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [r["size"] for r in found["input_size"]["results"]] == [48, 64]
    assert found["data"]["more"] == 20
    assert {c["class"] for c in found["data"]["classes"]} == {"global", "local", "nominal"}
    assert all(len(c["gain_interval"]) == 2 for c in found["data"]["classes"])
