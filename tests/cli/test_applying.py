"""`dlgui apply` and `reject` as other programs call them."""

import csv
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from dlgui.cli import main as cli
from dlgui.engine.model_file import read_model, write_model
from dlgui.project.operations import evaluations, history, rejection, runs, splits, training
from dlgui.project.project import Project


@pytest.fixture(scope="module")
def trained(small_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "p.dlproj"
    with Project.create(folder, small_folder) as project:
        splits.split(project, 60, 20)
        training.train(project, training.Plan())
    return folder


def dlgui(*arguments):
    return subprocess.run([sys.executable, "-m", "dlgui", *map(str, arguments)], capture_output=True, text=True,
                          check=False)


def test_a_second_process_obeys_the_rule_without_torch(trained, small_folder, tmp_path, capsys):
    images = sorted((small_folder / "local").iterdir())[:2]
    strange = tmp_path / "strange.png"
    from PIL import Image

    Image.fromarray(np.random.default_rng(0).integers(0, 255, (250, 250, 3)).astype(np.uint8)).save(strange)
    assert cli.main(["apply", str(trained), str(images[0]), "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)["results"][0]
    assert plain["decision"] == "accepted", "without a rule everything is"
    assert cli.main(["reject", str(trained), "--false-alarms", "5", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert len(made["rejection"]["thresholds"]) == 3
    assert 0 < made["coverage"] <= 1
    code = ("import sys; from dlgui.cli.main import main; status = main(sys.argv[1:]);"
            "print([m for m in ('torch', 'timm', 'PySide6', 'scipy') if m in sys.modules], file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code, "apply", str(trained), *map(str, images), str(strange), "--csv",
                           str(tmp_path / "o.csv"), "--json"], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]", "an answer must not wait for a training library"
    found = json.loads(done.stdout)
    assert set(found["results"][0]) == {"path", "predicted", "confidence", "confidences", "decision", "novelty"}
    assert found["results"][0]["confidences"] == pytest.approx(plain["confidences"], abs=1e-6)
    assert found["results"][2]["decision"] == "unknown"
    with (tmp_path / "o.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["decision"] for r in rows] == [r["decision"] for r in found["results"]]
    done = dlgui("apply", trained, strange)
    assert "unknown" in done.stdout
    assert dlgui("reject", trained, "--remove").returncode == 0
    assert json.loads(dlgui("apply", trained, strange, "--json").stdout)["results"][0]["decision"] == "accepted"


@pytest.mark.parametrize("method", ["quick", "finetune"])
def test_a_model_that_was_used_before_is_ready(trained, small_folder, tmp_path, method):
    """One answer takes a quarter of a second because nothing is imported that it does not need."""
    image, model = next((small_folder / "local").iterdir()), tmp_path / "m.dlclassifier"
    with Project.open(trained, read_only=True) as project:
        classifier = read_model(runs.get(project).model)
    if method == "finetune":  # its backbone is nobody else's
        weights = {key: value * np.float32(1.01) for key, value in classifier.backbone_weights().items()}
        classifier.set_weights(weights, classifier.head, frozen=False)
    write_model(classifier, model)
    code = ("import sys; from dlgui.cli.main import main; status = main(sys.argv[1:]);"
            "print([m for m in ('torch', 'timm', 'onnx', 'sqlite3', 'numpy.ma', 'email') if m in sys.modules])")
    first, second = (subprocess.run([sys.executable, "-c", code, "apply", str(model), str(image)], capture_output=True,
                                    text=True, check=True).stdout.splitlines() for _ in range(2))
    assert second[-1] == "[]"
    assert second[:-1] == first[:-1]


def test_apply_reads_zip_archives(trained, small_folder, tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.write(next((small_folder / "local").iterdir()), "deep/one.jpg")
        archive.writestr("bad.png", b"no image")
        archive.writestr("../out.png", b"no image")
    assert cli.main(["apply", str(trained), str(tmp_path / "some.zip"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [r["path"] for r in found["results"]] == [f"{tmp_path.as_posix()}/some.zip/deep/one.jpg"]
    assert [f["path"].rpartition("/")[2] for f in found["failed"]] == ["bad.png", "out.png"]
    (tmp_path / "torn.zip").write_bytes((tmp_path / "some.zip").read_bytes()[:500])
    assert cli.main(["apply", str(trained), str(tmp_path / "torn.zip"), str(tmp_path / "some.zip"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["results"]) == 1, "an archive that cannot be read does not keep the others from it"
    assert "not a zip archive" in found["failed"][1]["reason"]


def test_storing_a_rule_keeps_what_is_known(trained):
    with Project.open(trained) as project:
        from dlgui.engine.rejection import Costs

        run = runs.get(project)
        before = evaluations.known(project, run)
        evidence = rejection.gather(project, run)
        rule = rejection.rule(evidence, Costs.uniform(3), None, [0.5, 0.6, 0.7])
        rejection.store(project, run, rule)
        after = evaluations.known(project, run)
        assert (before[1] == after[1]).all()
        assert (before[1] >= 0).any()
        assert rejection.gather(project, run).rule.thresholds == (0.5, 0.6, 0.7)
        rejection.store(project, run, None)


def test_storing_a_rule_is_a_step_of_undo(trained):
    with Project.open(trained) as project:
        run = runs.get(project)
        evidence = rejection.gather(project, run)
        first = rejection.rule(evidence, evidence.costs, None, [0.5, 0.6, 0.7])
        second = rejection.rule(evidence, evidence.costs, 0.1, [0.1, 0.2, 0.3])
        assert rejection.store(project, run, first)
        assert history.next_undo(project).large
        rejection.store(project, run, second)
        assert not rejection.store(project, run, second), "the same rule again is no step"
        known = evaluations.known(project, run)[1]
        project.undo()
        assert in_force(run).to_dict() == first.to_dict()
        project.undo()
        assert in_force(run) is None
    with Project.open(trained) as project:  # redo survives a restart
        project.redo()
        project.redo()
        assert in_force(run).to_dict() == second.to_dict()
        assert {n: a.tolist() for n, a in in_force(run).novelty.arrays().items()} == {
            n: a.tolist() for n, a in second.novelty.arrays().items()}
        assert (evaluations.known(project, run)[1] == known).all()
        content = run.model.read_bytes()
        trained_on = read_model(run.model)
        trained_on.set_head(*trained_on.head, 3.0)  # a rule holds only for the weights that it was made for
        write_model(trained_on, run.model)
        project.undo()
        assert in_force(run) is None
        project.redo()
        run.model.write_bytes(content)
        rejection.store(project, run, None)


def in_force(run):
    return read_model(run.model).rejection


def test_the_costs_of_the_project_are_where_it_begins(trained):
    with Project.open(trained) as project:
        from dlgui.project.operations import costs

        costs.put(project, costs.Costs(2.0, 0.5, {("global", "nominal"): 9.0}))
        evidence = rejection.gather(project, runs.get(project))
        names = evidence.run.classes
        assert evidence.costs.not_sure == 0.5
        assert evidence.costs.wrong[names.index("global"), names.index("nominal")] == 9
        assert evidence.costs.wrong[names.index("nominal"), names.index("global")] == 2
        costs.put(project, costs.Costs())


def test_wrong_wishes_become_a_sentence(trained, tmp_path, small_folder, capsys):
    for arguments, said in ((["reject", trained, "--wrong", "-1"], "cost"),
                            (["reject", trained, "--false-alarms", "200"], "false-alarm"),
                            (["reject", trained, "--run", "nobody"], "nobody"),
                            (["reject", tmp_path], "not a dlgui project")):
        assert cli.main([str(a) for a in arguments]) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert said in error
