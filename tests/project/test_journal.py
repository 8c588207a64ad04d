"""The history as a program, run in a second process, gives what was had before."""

import ast
import re
import runpy
import shutil
import subprocess
import sys

import numpy as np
import pytest

from dlgui.engine.evaluation import evaluate
from dlgui.engine.model_file import read_model
from dlgui.project.operations import (
    archive,
    classes,
    corrections,
    costs,
    evaluations,
    exchange,
    exports,
    images,
    journal,
    labels,
    rejection,
    repairs,
    reports,
    runs,
    scripts,
    splits,
    training,
)
from dlgui.project.project import Project

FINE = {"epochs": 1, "batch_size": 16}


def edit(project):
    """Everything that a person does before training, with second thoughts."""
    splits.split(project, 50, 25, together="none")
    table = project.images()
    ids = table.id.tolist()
    corrections.accept(project, [corrections.Proposal(table.path[70], ids[70], None, None, "global", 'a "scratch"')])
    labels.assign(project, ids[:3], classes.find(project, "local").id)
    labels.assign(project, ids[3:5], None)
    labels.exclude(project, ids[30:33])
    labels.note(project, ids[:2], 'say "no",\nor é')
    labels.flag(project, ids[5:9])
    labels.assign(project, ids[40:60], classes.find(project, "global").id)
    project.undo()
    classes.add(project, "odd 'one'")
    labels.assign(project, ids[60:66], classes.find(project, "odd 'one'").id)
    classes.rename(project, classes.find(project, "odd 'one'").id, "strange")
    classes.reorder(project, [c.id for c in reversed(project.classes())])
    test = [int(table.id[r]) for r in table.rows("test")]
    splits.assign(project, test[:2], "train")
    splits.assign(project, ids[10:12], None)
    classes.merge(project, [classes.find(project, "strange").id], classes.find(project, "nominal").id)
    labels.flag(project, ids[6:7], False)
    project.undo()
    project.redo()


def matrix_of(project, run):
    found = evaluate(evaluations.predict(project, run))
    return found.top1_error, found.confusion_matrix, found


def in_a_second_process(file, *arguments):
    done = subprocess.run([sys.executable, str(file), *map(str, arguments)], capture_output=True, text=True,
                          check=False, cwd=file.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("method", ["quick", "finetune"])
def test_the_exported_script_gives_the_same_evaluation_exactly(project, tmp_path, method):
    edit(project)
    plan = training.Plan(method=method, image_size=64, device="cpu", settings=FINE if method == "finetune" else {})
    run = training.train(project, plan)
    error, matrix, found = matrix_of(project, run)
    order = np.argsort(found.classes)  # the old procedure sorts the classes
    ids = project.images().id.tolist()
    labels.exclude(project, ids[:1])  # what comes after the training changes nothing about it
    project.undo()
    scripts.write(project, tmp_path / "history.py", run)
    printed = in_a_second_process(tmp_path / "history.py")
    assert float(re.search(r"top1_error ([\d.]+)", printed)[1]) == pytest.approx(error, abs=5e-7)
    numbers = re.findall(r"\d+", printed[printed.index("top1_error"):].split("\n", 1)[1])
    assert [int(n) for n in numbers[-matrix.size:]] == matrix[np.ix_(order, order)].ravel().tolist()


def test_the_journal_as_a_script_makes_the_same_project(project, tmp_path):
    edit(project)
    run = training.train(project, training.Plan(image_size=64, device="cpu"))
    _, matrix, found = matrix_of(project, run)
    evaluations.record(project, run, "test", found.to_json())
    every = journal.entries(project)
    assert [e.kind for e in every][:3] == ["create", "split", "accept corrections"]
    assert "together='none'" in every[1].line
    assert sum(e.state != "done" for e in every) == 1
    assert not any(e.line.startswith("#") for e in every)
    assert max(len(e.short) for e in every if e.kind != "train") < 250
    (tmp_path / "steps.py").write_text(journal.script(project), encoding="utf-8")
    assert "# undone: project.label(" in (tmp_path / "steps.py").read_text(encoding="utf-8")
    in_a_second_process(tmp_path / "steps.py", tmp_path / "again.dlproj")
    with Project.open(tmp_path / "again.dlproj") as again:
        a, b = project.images(), again.images()
        assert b.path == a.path
        assert b.label_names() == a.label_names()
        assert b.note == a.note
        for column in ("split", "flag", "excluded"):
            np.testing.assert_array_equal(getattr(b, column), getattr(a, column))
        assert [(c.name, c.colour, c.shortcut) for c in again.classes()] == [
            (c.name, c.colour, c.shortcut) for c in project.classes()]
        _, other, _ = matrix_of(again, runs.get(again))
        np.testing.assert_array_equal(other, matrix)
        assert [e.kind for e in journal.entries(again)] == [e.kind for e in every if e.state == "done"]


def test_runs_costs_rules_and_moved_images_have_their_lines(project, tmp_path, monkeypatch):
    plan = training.Plan(image_size=64, device="cpu")
    splits.split(project, 30, 20)
    moved = tmp_path / "moved"
    shutil.copytree(project.image_root, moved)
    images.relocate(project, moved)
    repairs.unite_splits(project, [project.images().path[:2]])
    splits.lock_test(project, True)
    fine = training.Plan(method="finetune", image_size=64, device="cpu", settings={"epochs": 2, "batch_size": 16})
    begun = training.start(project, fine)
    events = training.execute(project, begun)
    next(e for e in events if type(e).__name__ == "EpochDone")
    events.close()
    begun = runs.get(project, begun.id)
    assert begun.state == "paused"
    for _ in training.execute(project, training.resume(project, begun)):
        pass
    run = training.train(project, plan)
    runs.note(project, run, 'the "best",\nso far')
    runs.delete(project, begun)
    costs.put(project, costs.Costs(2.0, 0.5, {("global", "local"): 9.0}))
    evidence = rejection.gather(project, run)
    rejection.store(project, run, rejection.rule(evidence, evidence.costs, 0.2))
    every = journal.entries(project)
    assert not [e.line for e in every if e.line.startswith("#")]
    assert {e.kind for e in every} >= {"relocate", "unite splits", "lock test split", "resume", "note run",
                                       "delete run", "set costs", "store rule"}

    def ran(script):
        (tmp_path / "steps.py").write_text(script, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["steps.py", str(tmp_path / "again.dlproj")])
        runpy.run_path(str(tmp_path / "steps.py"))

    ran(journal.script(project))
    with Project.open(tmp_path / "again.dlproj") as again:
        assert again.image_root == moved
        other, = runs.all_runs(again)
        assert (other.id, other.note) == (run.id, 'the "best",\nso far')
        assert costs.get(again) == costs.get(project)
        assert splits.test_is_locked(again)
        np.testing.assert_array_equal(again.images().split, project.images().split)
        assert read_model(other.model).rejection.to_dict() == read_model(run.model).rejection.to_dict()
        last = journal.script(again, journal.entries(again)[-1:])
    ran(last)  # on a project that is there


def test_exports_have_lines_and_are_done_again_only_if_chosen(project, tmp_path, monkeypatch):
    splits.split(project, 50, 25)
    run = training.train(project, training.Plan(image_size=64, device="cpu"))
    labels.flag(project, project.images().id[:1].tolist())
    project.undo()
    out = tmp_path / 'a "b" \'c\' 猫\n'
    out.mkdir()
    exports.save(project, run, exports.prepare(project, run, "dlclassifier"), out / "m.dlclassifier")
    reports.write(project, run, out / "r.html", worst=1)
    reports.write_card(project, run, out / "card.md")
    scripts.write(project, out / "s.py", run)
    exchange.export_dataset(project, "csv", out / "data", "none")
    archive.pack(project, out / "p.zip")
    assert project.redo() is not None, "an export is no new deed"
    made = [e for e in journal.entries(project) if e.kind.startswith("export") or e.kind == "pack"]
    assert [e.line.partition("(")[0] for e in made] == [f"project.{name}" for name in (
        "export_model", "export_report", "export_card", "export_script", "export_data", "pack")]
    whole = journal.script(project)
    assert whole.count("\n# not again: project.") == 6
    compile(whole, "steps.py", "exec")
    shutil.rmtree(out)
    out.mkdir()
    folder = project.folder
    (tmp_path / "steps.py").write_text(journal.script(project, made), encoding="utf-8")
    project.close()
    monkeypatch.setattr(sys, "argv", ["steps.py", str(folder)])
    runpy.run_path(str(tmp_path / "steps.py"))
    assert {f.name for f in out.iterdir()} >= {"m.dlclassifier", "r.html", "card.md", "s.py", "data", "p.zip"}


@pytest.mark.parametrize("kind", ["csv", "imagefolder"])
def test_imports_of_data_sets_are_done_again(project, tmp_path, monkeypatch, kind):
    splits.split(project)
    exchange.export_dataset(project, kind, tmp_path / "out")
    first = project.images().path[0]
    (tmp_path / "some.txt").write_text(f"image,label\n{first},local\n", encoding="utf-8")
    exchange.import_dataset(project, tmp_path / "some.txt", "csv")
    made, _ = exchange.create_from_dataset(tmp_path / "made.dlproj", tmp_path / "out")
    for number, one in enumerate((project, made)):
        (tmp_path / "steps.py").write_text(journal.script(one), encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["steps.py", str(tmp_path / f"again{number}.dlproj")])
        runpy.run_path(str(tmp_path / "steps.py"))
        with Project.open(tmp_path / f"again{number}.dlproj") as again:
            assert again.images().label_names() == one.images().label_names()
            np.testing.assert_array_equal(again.images().split, one.images().split)
    made.close()


def test_what_is_known_is_not_read_again(project):
    splits.split(project)
    known = journal.entries(project)
    project.undo()
    labels.flag(project, project.images().id[:1].tolist())
    found = journal.entries(project, known=known)
    assert [(e.kind, e.state) for e in found] == [("create", "done"), ("split", "dropped"), ("flag", "done")]
    assert found[0] is known[0]
    assert found == journal.entries(project)
    assert journal.entries(project, 1, known=known) == found[-1:]


@pytest.mark.parametrize("name", [
    "it's", 'say "no"', "back\\slash", "new\nline\r", "猫 é \u2028 \x1b[0m", "{x} %s", "'\"'"])
def test_names_are_escaped(name):
    for given in ({f"{name}/1.png": name}, {f"{name}/1.png": name, "2.png": None}):
        for text in (journal.line("label", {"labels": given}), journal.line("label", {"labels": given}, short=True)):
            assert text.isprintable()
            said = [ast.literal_eval(argument) for argument in ast.parse(text).body[0].value.args]
            assert (dict.fromkeys(said[0], said[1]) if len(said) == 2 else said[0]) == given


def test_a_script_of_a_project_with_an_odd_name_and_history(project, tmp_path):
    splits.split(project, 50, 25)
    labels.note(project, project.images().id[:1].tolist(), 'three """ quotes\nand \\N{a} line \u2028 end"')
    run = training.train(project, training.Plan(image_size=64, device="cpu"))
    folder = tmp_path / 'odd """ \\N{x} \n name.dlproj'
    project.close()
    shutil.move(project.folder, folder)
    with Project.open(folder) as moved:
        scripts.write(moved, tmp_path / 's"""\\.py', runs.get(moved, run.id))
    text = (tmp_path / 's"""\\.py').read_text(encoding="utf-8")
    module = ast.parse(text)
    assert "three ''' quotes and /N{a} line end" in ast.get_docstring(module)


def test_lines_of_earlier_versions_become_comments():
    assert journal.line("flag", {"count": 3, "flag": True}) == "# flag: count 3, flag True"
    assert journal.line("unheard of", {}) == "# unheard of"
    assert journal.line("label", {"labels": {"a/b.png": None}}) == "project.label(['a/b.png'], None)"
    many = {"labels": {f"{i}.png": "x" if i else "y" for i in range(9)}}
    assert journal.line("label", many, short=True) == "project.label({'0.png': 'y', '1.png': 'x', … 7 more})"
