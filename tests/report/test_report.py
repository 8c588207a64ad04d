"""The report in a real browser, and the way back of what somebody marks in it."""

import json
import re
import time

import numpy as np
import pytest

from dlgui.cli import main as cli
from dlgui.engine.evaluation import evaluate
from dlgui.engine.predictions import Predictions
from dlgui.errors import DlguiError
from dlgui.project.operations import (
    cards,
    classes,
    corrections,
    evaluations,
    exchange,
    labels,
    rejection,
    reports,
    runs,
    splits,
    training,
)
from dlgui.project.project import Project
from dlgui.report import page
from dlgui.report.page import Report, Sample

NASTY = '</script><script>document.title="broken"</script> & "x" <b>'


@pytest.fixture(scope="module")
def trained(small_folder, tmp_path_factory):
    """A project with a quick run, nasty names, and labels that the run must find wrong."""
    folder = tmp_path_factory.mktemp("report") / "small.dlproj"
    with Project.create(folder, small_folder) as project:
        splits.split(project, 50, 20)
        classes.rename(project, classes.find(project, "local").id, NASTY)
        training.train(project, training.Plan())
        table = project.images()
        test = [r for r in table.rows("test") if table.class_names[table.label[r]] == "nominal"]
        labels.assign(project, [int(table.id[r]) for r in test[:3]], classes.find(project, "global").id)
        labels.note(project, [int(table.id[test[0]])], "seen before")
    return folder


def test_nothing_outside_is_referenced_and_everything_is_escaped(trained, tmp_path):
    with Project.open(trained) as project:
        cards.set_intended_use(project, "Sorting <b>cloth</b>\nnot for steel")
        reports.write(project, runs.get(project), tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert NASTY not in text
    assert "<b>cloth" not in text
    assert "Sorting &lt;b&gt;cloth" in text
    assert text.count("<script") == 2
    for pattern in (r'(?:src|href)="(?!data:)', r"https?://", r"@import", r"url\((?!data:)"):
        assert not re.search(pattern, text), pattern
    for word in ("Model card", "Intended use", "Limits", "95 % interval", "Nothing leaves this computer"):
        assert word in text


def test_a_colleague_marks_labels_in_the_browser_and_they_come_in(trained, tmp_path, browser, capsys):
    with Project.open(trained) as project:
        run = runs.get(project)
        reports.write(project, run, tmp_path / "r.html")
        found = evaluations.predict(project, run)
        wrong = [(path, found.classes[t], found.classes[p]) for path, t, p in zip(
            found.paths, found.truth, found.predicted, strict=True) if t != p]
        names = project.images().class_names
    browser.open(tmp_path / "r.html")
    assert browser.run("return document.title") == "small · run-001 · classifier report"
    path, given, predicted = next(w for w in wrong if w[1] == "global")
    row, column = found.classes.index(predicted), found.classes.index(given)
    browser.click(f'td[data-row="{row}"][data-column="{column}"]')
    paths = browser.run("return [...document.querySelectorAll('.sample')].map(s => s.dataset.path)")
    assert sorted(paths) == sorted(w[0] for w in wrong if w[1:] == (given, predicted))
    assert browser.run("return [...document.querySelectorAll('.sample img')].every(i => i.complete && i.naturalWidth)")
    assert NASTY in browser.run("return document.getElementById('images').innerText + "
                                "[...document.querySelectorAll('.sample option')].map(o => o.text).join('|')")
    browser.click("#wrong")
    assert browser.run("return document.querySelectorAll('.sample').length") == len(wrong)
    assert browser.run("return document.querySelectorAll('.chosen').length") == 0
    browser.click(f'td[data-row="{row}"][data-column="{column}"]')
    assert browser.run("return document.querySelectorAll('.chosen').length") == 2, "in both matrices"
    assert browser.run("return document.getElementById('basket').hidden") is True
    browser.run("""const box = [...document.querySelectorAll('.sample')].find(s => s.dataset.path === arguments[0]);
                   const select = box.querySelector('select'), input = box.querySelector('input');
                   select.value = String(arguments[1]); select.dispatchEvent(new Event('change'));
                   input.value = 'not "global",\\nlook'; input.dispatchEvent(new Event('input'));""",
                path, names.index("nominal"))
    assert browser.run("return document.getElementById('count').textContent") == "1 label marked"
    browser.open(tmp_path / "r.html")  # a reload loses nothing
    assert browser.run("return document.getElementById('count').textContent") == "1 label marked"
    browser.click("#save")
    saved = tmp_path / "downloads" / "corrections.json"
    for _ in range(100):
        if saved.exists():
            break
        time.sleep(0.1)
    document = json.loads(saved.read_text(encoding="utf-8"))
    assert (document["format"], document["run"]) == ("dlgui-corrections", "run-001")
    assert [(c["path"], c["given"], c["proposed"]) for c in document["corrections"]] == [(path, "global", "nominal")]
    assert len(document["corrections"][0]["content_hash"]) == 32
    assert browser.complaints() == []

    assert cli.main(["corrections", str(trained), str(saved), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accepted"] == 0
    assert cli.main(["corrections", str(trained), str(saved), "--accept"]) == 0
    with Project.open(trained) as project:
        table = project.images()
        place = table.path.index(path)
        assert table.class_names[table.label[place]] == "nominal"
        assert table.note[place].endswith('not "global",\nlook') or table.note[place].endswith('not "global",look')
        assert project.undo().kind == "accept corrections"
        assert project.images().class_names[project.images().label[place]] == "global"


def test_the_card_has_the_figures_of_the_evaluation(trained, tmp_path, capsys):
    with Project.open(trained) as project:
        cards.set_intended_use(project, "Sorting <b>*cloth*</b>\nnot for steel")
    card = tmp_path / "card.md"
    assert cli.main(["report", str(trained), "--out", str(tmp_path / "r.html"), "--card", str(card), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["card"] == str(card)
    text = card.read_text(encoding="utf-8")
    assert cli.main(["evaluate", str(trained), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert f"Top-1 error on test: {100 * found['top1_error']:.2f} %" in text
    assert f"Recall of nominal: {100 * found['recall']['nominal']:.2f} %" in text
    assert f"precision {100 * found['precision']['nominal']:.2f} %" in text
    assert f"calibration error: {100 * found['expected_calibration_error']:.2f} %" in text
    assert "Every image gets one of the classes" in text
    assert r"- Sorting \<b>\*cloth\*\</b>" in text
    assert "Labels came from the names of the folders; people gave or confirmed 3 of them since." in text


def test_the_card_tells_the_rule_of_its_model(trained):
    with Project.open(trained) as project:
        run = runs.get(project)
        evidence = rejection.gather(project, run)
        rejection.store(project, run, rejection.rule(evidence, evidence.costs, 0.05))
        text = reports.card_of(project, run).to_markdown()
        project.undo()
        assert "Every image gets one" in reports.card_of(project, run).to_markdown()
    assert "are held back as not sure; images unlike those of the training are called unknown." in text


def test_the_card_knows_where_labels_came_from(project, tmp_path):
    exchange.export_dataset(project, "csv", tmp_path / "out")
    made, _ = exchange.create_from_dataset(tmp_path / "made.dlproj", tmp_path / "out")
    with made, Project.create(tmp_path / "bare.dlproj", project.image_root, "none") as bare:
        assert [cards.label_source(p) for p in (project, made, bare)] == [
            "the names of the folders", "a data set", cards.BY_HAND]


def test_a_card_of_many_classes_names_the_worst(project):
    run = runs.create(project, network="efficientnet_lite0", method="quick", parameters={}, seed=1, device="cpu",
                      classes=made(60).evaluation.classes)
    lines = cards.card(project, run, made(60, 25).evaluation, "test").to_markdown()
    assert lines.count("Recall of") == cards.LISTED
    assert "Recall of \\<i>class\\</i> 000: 50.00 %" in lines
    assert "60 of 60 classes; their figures are rough" in lines


def made(classes, wrong=0):
    """A report on two images of each of so many classes, of which the first `wrong` classes have one taken for the
    last."""
    names = [f"<i>class</i> {i:03d}" for i in range(classes)]
    truth = np.repeat(np.arange(classes), 2)
    confidences = np.eye(classes, dtype=np.float32)[truth]
    for i in range(wrong):
        confidences[2 * i] = np.eye(classes, dtype=np.float32)[-1]
    found = evaluate(Predictions(names, confidences, truth, [f"{i}.png" for i in range(len(truth))]))
    picture = page.picture(np.zeros((8, 8, 3), np.uint8))
    samples = [Sample(p, None, int(t), int(g), 1.0, picture) for p, t, g in zip(
        found.predictions.paths, truth, found.predictions.predicted, strict=True)]
    run = {"id": "run-001", "name": "", "method": "quick", "network": "n", "created": "today", "best_epoch": 1}
    return Report("many", run, "test", "now", found, [], [], {}, [], [], samples=samples, class_names=names)


def test_many_classes_are_a_map_and_a_list_of_confusions(tmp_path, browser):
    text = page.render(made(200, 30))
    assert len(text) < 1_500_000
    assert "<i>class" not in text
    assert text.count('<button class="link"') == page.LISTED
    (tmp_path / "many.html").write_text(text, encoding="utf-8")
    browser.open(tmp_path / "many.html")
    title = "return document.getElementById('cellTitle').textContent"
    browser.click('.map [data-row="40"]')
    assert browser.run(title) == "2 images of <i>class</i> 040, recognized"
    browser.click(".confusions li:nth-child(2) button")
    assert browser.run(title) == "1 image of <i>class</i> 001 taken for <i>class</i> 199"
    assert browser.run("return document.querySelector('.map .chosen').dataset.column") == "1"
    assert browser.run("return document.getElementById('images').getBoundingClientRect().top < innerHeight"), "led to"
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.complaints() == []


@pytest.mark.parametrize("classes", [2, 12, 40])
def test_fewer_have_names_and_figures(classes):
    text = page.render(made(classes, 1))
    assert text.count('<table class="matrix') == (2 if classes <= page.FEW else 1)
    assert text.count("Most frequent confusions") == (classes > page.FEW)
    assert 'class="map"' not in text.partition("</style>")[2]


def test_long_names_lose_their_middle_in_the_matrix_alone():
    report = made(3)
    report.evaluation.classes[0] = "a name that begins like many others and differs at the very end: A"
    text = page.render(report)
    assert ">a name that begins l…at the very end: A</th>" in text
    assert f"<td>{report.evaluation.classes[0]}</td>" in text


def test_proposals_are_held_against_today(project, tmp_path):
    table = project.images()
    given = table.label_names()

    def marked(place, proposed, **more):
        return {"path": table.path[place], "content_hash": table.content_hash[place], "given": given[place],
                "proposed": proposed, "comment": "", **more}

    rows = [marked(0, "local", comment="why"), marked(1, None), marked(2, "global"), marked(3, "unheard of"),
            marked(4, "local", given="nominal"), marked(5, "local", content_hash="0" * 32),
            marked(6, "local", path="moved/elsewhere.png"), marked(7, "local", path="gone.png", content_hash=None)]
    file = tmp_path / "c.json"
    file.write_text(json.dumps({"format": "dlgui-corrections", "version": 1, "corrections": rows}))
    found = corrections.read(project, file)
    assert [bool(p.problem) for p in found] == [False, False, True, True, True, True, False, True]
    assert found[6].path == table.path[6]
    corrections.accept(project, [p for p in found if not p.problem])
    after = project.images()
    assert [after.label_names()[i] for i in (0, 1, 6)] == ["local", None, "local"]
    assert after.note[0] == "why"
    project.undo()
    assert project.images().label_names() == given
    other = {"format": "dlgui-corrections", "version": 1, "project": "other", "corrections": [
        {"path": "x/1.png", "content_hash": "0" * 32, "proposed": None}]}
    for document, reason in ((other, "of a report of other; none of its images is in small"),
                             ({**other, "corrections": []}, "no label is marked in it")):
        file.write_text(json.dumps(document))
        with pytest.raises(DlguiError, match=reason):
            corrections.read(project, file)
    for text in ("", "[]", '{"format": "x"}', '{"format": "dlgui-corrections", "version": 9}',
                 '{"format": "dlgui-corrections", "version": 1, "corrections": [1]}',
                 '{"format": "dlgui-corrections", "version": 1, "corrections": [{"path": 1, "proposed": ""}]}'):
        file.write_text(text)
        with pytest.raises(DlguiError, match=r"c\.json"):
            corrections.read(project, file)
