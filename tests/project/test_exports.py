"""Exports of a project's run from the command line: the price is named first, the card goes along, the report tells."""

import json
import zipfile

import pytest

from dlgui.cli import main as cli
from dlgui.project.operations import cards, certificates, exports, reports, runs, splits, training
from dlgui.project.project import Project


@pytest.fixture(scope="module")
def trained(small_folder, tmp_path_factory):
    """A project folder with a quick run."""
    folder = tmp_path_factory.mktemp("exports") / "small.dlproj"
    with Project.create(folder, small_folder) as project:
        splits.split(project)
        training.train(project, training.Plan(image_size=64))
        cards.set_intended_use(project, "Finding flaws in cloth")
    return folder


def test_int8_names_its_price_and_is_saved_only_if_that_is_accepted(trained, tmp_path, capsys):
    arguments = ["export", str(trained), "--format", "onnx", "--int8", "--out", str(tmp_path / "m.onnx")]
    assert cli.main([*arguments, "--accept-loss", "-1"]) == 1
    printed = capsys.readouterr()
    assert "validation images" in printed.out
    assert "--accept-loss" in printed.err
    assert not list(tmp_path.iterdir())
    assert cli.main([*arguments, "--accept-loss", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["certificate"]["precision"] == "int8"
    assert found["certificate"]["cost"]["validation_images"] > 5
    assert {"agreement", "max_difference", "images", "files"} <= set(found)
    with Project.open(trained) as project:
        name, certificate = certificates.all_of(runs.get(project))[-1]
        assert (name, certificate.to_dict()) == ("m.onnx", found["certificate"])
        page = reports.make(project, runs.get(project))
    assert "Exported files" in page
    assert "m.onnx" in page
    assert cli.main(["export", str(trained), "--format", "openvino", "--int8", "--out", str(tmp_path / "m.xml")]) == 1


def test_the_card_goes_along(trained, tmp_path):
    with Project.open(trained, read_only=True) as project:
        run = runs.get(project)
        exports.save(project, run, exports.prepare(project, run, "dlclassifier"), tmp_path / "m.dlclassifier")
        compared = exports.images_to_compare(project, 6)
    assert len(compared) == 6
    with zipfile.ZipFile(tmp_path / "m.dlclassifier") as archive:
        card = archive.read("card.md").decode()
    for word in ("Finding flaws in cloth", "## Limits", "95 % interval", "Recall of nominal", "## Data"):
        assert word in card
