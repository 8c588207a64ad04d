"""The advisers and the repetition of a run in the real window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from dlgui.engine.learning_curve import Forecast
from dlgui.gui.train import advice_words
from dlgui.project.operations import advice, labels, runs
from dlgui.project.operations.advice import ClassForecast, SizeAdvice, SizeResult
from dlgui.project.operations.repeats import Difference, Repetition
from dlgui.project.operations.training import Plan


def named(parent, name):
    found = parent.findChild(QWidget, name)
    assert found is not None, name
    return found


@pytest.fixture
def setup(opened):
    opened.actions_by_name()["actionSplit"].trigger()
    opened.tabs.setCurrentIndex(1)
    return opened.train_tab.setup


def test_advice_on_size_is_given_and_taken(opened, setup, qtbot, idle, monkeypatch):
    monkeypatch.setattr(advice, "SIZES", (48, 64))
    setup.form.image_size.setValue(64)
    dialog = setup.advise()
    qtbot.mouseClick(named(dialog, "inputSizeStartButton"), Qt.MouseButton.LeftButton)
    idle(opened, 120)
    table = named(dialog, "inputSizeTable")
    assert [table.item(row, 0).text() for row in range(table.rowCount())] == ["48 px", "64 px"]
    assert "Fewest errors at" in named(dialog, "inputSizeAnswer").text()
    assert "interval" in named(dialog, "inputSizeAnswer").text()
    named(dialog, "takeSizeButton").click()
    assert setup.form.image_size.value() in (48, 64)
    dialog.close()


def test_the_data_forecast_answers_for_every_class(opened, setup, qtbot, idle):
    setup.form.image_size.setValue(48)
    dialog = setup.advise()
    dialog.pages.setCurrentWidget(dialog.data)
    named(dialog, "moreImagesBox").setValue(20)
    qtbot.mouseClick(named(dialog, "dataForecastStartButton"), Qt.MouseButton.LeftButton)
    idle(opened, 120)
    table = named(dialog, "dataForecastTable")
    assert {table.item(row, 0).text() for row in range(table.rowCount())} == {"global", "local", "nominal"}
    assert "cross-validation" in named(dialog, "dataForecastAnswer").text()
    dialog.data.run()
    qtbot.mouseClick(named(dialog, "dataForecastStopButton"), Qt.MouseButton.LeftButton)
    idle(opened)
    assert named(dialog, "dataForecastStartButton").isEnabled()
    dialog.close()
    assert opened.problems == []


def test_a_run_is_repeated_to_the_last_bit(opened, setup, qtbot, idle):
    dialog = setup.repeat_run()
    assert not named(dialog, "repeatButton").isEnabled()
    assert "train one first" in named(dialog, "sealText").text()
    dialog.close()
    setup.form.image_size.setValue(48)
    opened.train_tab.start_training()
    idle(opened, 120)
    dialog = setup.repeat_run()
    assert "Seal " in named(dialog, "sealText").text()
    qtbot.mouseClick(named(dialog, "repeatButton"), Qt.MouseButton.LeftButton)
    idle(opened, 120)
    assert "to the last bit" in named(dialog, "repeatAnswer").text()
    first, again = runs.all_runs(opened.session.project)
    assert (first.state, again.state) == ("done", "done")
    assert again.test_top1_error == first.test_top1_error is not None

    # after a label has changed nothing is trained, and the label is named
    project = opened.session.project
    table = project.images()
    before = table.label_names()[0]
    other = next(info for info in project.classes() if info.name != before)
    labels.assign(project, [int(table.id[0])], other.id)
    qtbot.mouseClick(named(dialog, "repeatButton"), Qt.MouseButton.LeftButton)
    idle(opened)
    answer = named(dialog, "repeatAnswer").text()
    assert f"label of {table.path[0]} was {before}, is now {other.name}" in answer
    assert len(runs.all_runs(project)) == 2
    dialog.close()


def test_another_training_waits_for_a_repetition(opened, setup, qtbot, idle):
    opened.train_tab.start_plan(Plan(method="finetune", image_size=32, device="cpu", settings={
        "epochs": 3, "batch_size": 8}))
    idle(opened, 120)
    tab, project = opened.train_tab, opened.session.project
    tab.repeat_run()
    dialog = named(opened, "repeatDialog")
    qtbot.mouseClick(named(dialog, "repeatButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(runs.all_runs(project)) == 2, timeout=60000)
    assert not named(opened, "resumeBar").isVisible()
    repeating = opened.session.jobs.running("training")
    tab.start_training()
    if repeating is not None and opened.session.jobs.running("training") is repeating:
        assert "is being repeated" in named(opened, "trainingStatus").text()
    dialog.close()
    qtbot.waitUntil(lambda: runs.all_runs(project)[1].state != "running", timeout=60000)
    idle(opened, 120)
    assert opened.problems == []


def words(text):
    return text


def test_words_about_sizes_tell_what_is_chance():
    results = [SizeResult(96, 200, 12, (0.03, 0.1), 100.0), SizeResult(224, 200, 10, (0.03, 0.09), 20.0)]
    text = advice_words.of_sizes(SizeAdvice(results, 224, 96, 0.01, (-0.01, 0.018), 0.6), words)
    assert "10 of 200" in text
    assert "96 px is 5.0 times as fast and at most 1.8 points worse" in text
    assert "may be chance" in text
    text = advice_words.of_sizes(SizeAdvice(results, 224, 224, 0.0, (-0.01, 0.01), 1.0), words)
    assert "use 224 px" in text


@pytest.mark.parametrize(("forecast", "expected"), [
    (Forecast(100, 12, 0.12, 0.08, (0.05, 0.1), 0.04, (0.01, 0.06), "helps"),
     "error 12.0 % → about 8.0 % (5.0 … 10.0 %)"),
    (Forecast(100, 12, 0.12, 0.118, (0.1, 0.13), 0.002, (0.0, 0.004), "saturated"), "at most 0.4 points"),
    (Forecast(6, 1, 0.2, 0.1, (0.0, 0.3), 0.1, (0.0, 0.3), "unknown"), "only 6 images"),
    (Forecast(60, 0, 0.0, 0.0, (0.0, 0.0), 0.0, (0.0, 0.0), "unknown"), "none of 60"),
    (Forecast(60, 2.5, 0.04, 0.02, (0.0, 0.1), 0.02, (0.0, 0.05), "unknown"), "between 0.0 and 5.0 points")])
def test_words_about_a_class_have_figures(forecast, expected):
    assert expected in advice_words.of_class(ClassForecast("crack", 80, None, forecast), 50, words)


def test_words_about_a_repetition_name_the_first_difference(opened, setup, idle):
    opened.train_tab.start_training()
    idle(opened, 120)
    run = runs.get(opened.session.project)
    other = Difference("environment", "versions, numpy", "1.0", "2.0")
    text = advice_words.of_repetition(Repetition(run, run, Difference("result", "history 3, loss", "0.1", "0.2"), other,
                                                 "x"), words)
    assert "history 3, loss was 0.1, is now 0.2" in text
    assert "versions, numpy was 1.0" in text
    text = advice_words.of_repetition(Repetition(run, None, Difference("data", "label of a.png", "x", "y"), None, "x"),
                                      words)
    assert "Nothing was trained" in text
    assert "label of a.png was x, is now y" in text
