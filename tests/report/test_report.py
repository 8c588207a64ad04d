"""The report in a real browser, and the way back of what somebody marks in it."""

import json
import re
import time

import pytest

from dlgui.cli import main as cli
from dlgui.errors import DlguiError
from dlgui.project.operations import cards, classes, corrections, evaluations, labels, reports, runs, splits, training
from dlgui.project.project import Project

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
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert NASTY not in page
    assert "<b>cloth" not in page
    assert "Sorting &lt;b&gt;cloth" in page
    assert page.count("<script") == 2
    for pattern in (r'(?:src|href)="(?!data:)', r"https?://", r"@import", r"url\((?!data:)"):
        assert not re.search(pattern, page), pattern
    for word in ("Model card", "Intended use", "Limits", "95 % interval", "Nothing leaves this computer"):
        assert word in page


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
    for text in ("", "[]", '{"format": "x"}', '{"format": "dlgui-corrections", "version": 9}',
                 '{"format": "dlgui-corrections", "version": 1, "corrections": [1]}',
                 '{"format": "dlgui-corrections", "version": 1, "corrections": [{"path": 1, "proposed": ""}]}'):
        file.write_text(text)
        with pytest.raises(DlguiError, match=r"c\.json"):
            corrections.read(project, file)
