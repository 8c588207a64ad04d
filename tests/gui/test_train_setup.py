"""The left side of the Train tab in the real window: cards, form, networks, presets, augmentation, the rate test."""

import json

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QWidget

from dlgui.engine import parameters
from dlgui.project.operations import presets, runs
from dlgui.project.operations.info import info
from dlgui.project.operations.training import Plan


def named(parent, name):
    found = parent.findChild(QWidget, name)
    assert found is not None, name
    return found


@pytest.fixture
def setup(opened):
    opened.tabs.setCurrentIndex(1)
    return opened.train_tab.setup


def type_into(qtbot, editor, text):
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, text)


def test_one_click_on_a_card_splits_and_trains(opened, setup, qtbot, idle):
    assert "no split yet" in named(opened, "quickCardWhat").text()
    qtbot.mouseClick(named(opened, "quickStartButton"), Qt.MouseButton.LeftButton)
    idle(opened, 120)
    assert info(opened.session.project)["splits"]["none"] == 0
    assert runs.get(opened.session.project).method == "quick"
    qtbot.waitUntil(lambda: "Best so far" in named(opened, "quickCardLast").text())
    assert "72 images" in named(opened, "quickCardWhat").text()
    qtbot.waitUntil(lambda: "prepared already" in named(opened, "quickCardTime").text(), timeout=90000)
    assert opened.problems == []


def test_one_class_is_not_enough_and_the_cards_say_so(opened, setup):
    from dlgui.project.operations import labels

    project = opened.session.project
    table = project.images()
    labels.assign(project, [int(i) for i in table.id], project.classes()[0].id)
    assert "at least two classes" in named(opened, "quickCardWhat").text()
    assert not named(opened, "quickStartButton").isEnabled()
    project.undo()
    assert named(opened, "quickStartButton").isEnabled()


def test_cards_say_how_long_it_takes_here(opened, setup, qtbot, idle):
    opened.actions_by_name()["actionSplit"].trigger()
    for method in ("quick", "finetune"):
        qtbot.waitUntil(lambda method=method: "About" in named(opened, f"{method}CardTime").text(), timeout=120000)
    named(opened, "finetuneCard").chosen.emit()
    assert setup.form.method.currentData() == "finetune"
    assert named(opened, "finetuneCard").property("chosen")


def test_the_form_gives_the_defaults_and_what_was_changed(opened, setup):
    form = setup.form
    assert form.plan() == Plan()
    form.choose_method("finetune")
    assert form.plan() == Plan(method="finetune")
    form.learning_rate.setValue(0.002)
    form.set_values({"mirror": "rc", "contrast_normalization": True})
    plan = form.plan()
    assert dict(plan.settings) == {"learning_rate": 0.002, "mirror": "rc"}
    assert dict(plan.preprocessing) == {"contrast_normalization": True}
    form.choose_method("quick")
    assert dict(form.plan().settings) == {}


def test_every_field_has_its_range_and_its_explanation(opened, setup):
    for name, field in setup.form.fields.items():
        tip = field.editor.toolTip()
        assert parameters.BY_NAME[name].about in tip
        assert parameters.BY_NAME[name].raising in tip
        assert "Default" in tip
        assert name in tip
        assert getattr(setup.form, name) is field.editor


def test_a_wrong_value_is_explained_at_the_field_and_nothing_starts(opened, setup, qtbot):
    form = setup.form
    form.choose_method("finetune")
    type_into(qtbot, form.epochs, "-1")
    assert "from 1 to 10000" in named(opened, "epochsBoxProblem").text()
    assert named(opened, "epochsBoxProblem").isVisible()
    qtbot.mouseClick(named(opened, "startTrainingButton"), Qt.MouseButton.LeftButton)
    assert runs.all_runs(opened.session.project) == []
    type_into(qtbot, form.epochs, "12")
    assert not named(opened, "epochsBoxProblem").isVisible()
    assert form.plan().settings["epochs"] == 12
    qtbot.keyClick(form.epochs, Qt.Key.Key_Up)
    assert form.epochs.value() == 13
    named(opened, "epochsBoxReset").click()
    assert form.epochs.value() == 0  # follows from the number of images
    form.image_size.setValue(20)
    assert "at least 32" in named(opened, "imageSizeBoxProblem").text()
    assert opened.problems == []


def test_scrolling_over_the_form_changes_nothing(opened, setup, qtbot):
    form = setup.form
    form.choose_method("finetune")
    before = form.plan()
    for box in (form.method, form.network, form.device, form.mirror, form.epochs):
        box.clearFocus()
        at = QPointF(box.rect().center())
        QApplication.sendEvent(box, QWheelEvent(
            at, box.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False))
    assert form.plan() == before


def test_simple_and_expert_and_what_quick_needs(opened, setup):
    form = setup.form
    assert not form.epochs.isVisible()
    form.choose_method("finetune")
    assert form.epochs.isVisible()
    assert not form.momentum.isVisible()
    form.momentum.setValue(0.8)
    form.choose_method("quick")
    form.choose_method("finetune")
    assert form.momentum.isVisible()  # what was changed is never hidden
    form.all.setChecked(True)
    assert form.clip_norm.isVisible()
    assert form.domain.isVisible()


def test_class_weights_follow_the_counts_and_can_be_own(opened, setup, qtbot):
    opened.actions_by_name()["actionSplit"].trigger()
    form = setup.form
    form.choose_method("finetune")
    form.set_values({"class_balance": "balanced"})
    table = named(opened, "classWeightTable")
    assert table.isVisible()
    assert [table.item(row, 0).text() for row in range(3)] == ["global", "local", "nominal"]
    form.set_values({"class_balance": "own"})
    table.item(1, 2).setText("2.5")
    assert form.plan().settings["class_weights"][1] == 2.5
    table.item(1, 2).setText("much")
    assert "local" in named(opened, "classWeightProblem").text()
    assert setup.plan() is None
    qtbot.mouseClick(named(opened, "weightsFromCountsButton"), Qt.MouseButton.LeftButton)
    assert form.plan().settings["class_weights"] == (1.0, 1.0, 1.0)


def test_networks_are_compared_measured_and_taken(opened, setup, qtbot, idle):
    dialog = setup.compare_networks()
    table = named(dialog, "networkTable")
    names = [table.item(row, 0).text() for row in range(table.rowCount())]
    assert names[:2] == ["efficientnet_lite0", "efficientnet_lite1"]
    named(dialog, "networkSearch").setText("resnet")
    assert sum(not table.isRowHidden(row) for row in range(table.rowCount())) == 3
    named(dialog, "networkSearch").clear()
    table.selectRow(names.index("resnet18"))
    assert "resnet18" in named(dialog, "networkAbout").text()
    table.selectRow(0)
    qtbot.mouseClick(named(dialog, "measureNetworkButton"), Qt.MouseButton.LeftButton)
    idle(opened, 120)
    assert float(table.item(0, 4).text()) > 0
    table.selectRow(names.index("efficientnet_lite1"))
    qtbot.mouseClick(named(dialog, "useNetworkButton"), Qt.MouseButton.LeftButton)
    assert setup.form.plan().network == "efficientnet_lite1"


def test_a_search_for_networks_without_a_hit_takes_none(opened, setup, qtbot, idle):
    dialog = setup.compare_networks()
    search, table, use = (named(dialog, name) for name in ("networkSearch", "networkTable", "useNetworkButton"))
    qtbot.keyClicks(search, "resnet")
    assert table.item(table.currentRow(), 0).text() == "resnet18"
    qtbot.keyClicks(search, "<b>")
    assert "called “resnet&lt;b&gt;”" in named(dialog, "networkAbout").text()
    assert not use.isEnabled()
    assert not named(dialog, "measureNetworkButton").isEnabled()
    qtbot.keyClick(search, Qt.Key.Key_Return)  # asks timm, which has none either
    idle(opened)
    assert "is not allowed" in named(dialog, "networkAbout").text()
    assert not use.isEnabled()
    search.clear()
    assert use.isEnabled()
    dialog.close()
    assert setup.form.plan().network == "efficientnet_lite0"


def test_enter_takes_what_a_double_click_takes(opened, setup, qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    dialog = setup.compare_networks()
    search = named(dialog, "networkSearch")
    qtbot.waitUntil(dialog.isActiveWindow)
    qtbot.keyClicks(search, "lite2")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    qtbot.keyClick(named(dialog, "networkTable"), Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert setup.form.plan().network == "efficientnet_lite2"
    dialog = setup.show_presets()
    qtbot.waitUntil(dialog.isActiveWindow)
    choices = named(dialog, "presetList")
    choices.setFocus()
    choices.setCurrentRow(1)
    qtbot.keyClick(choices, Qt.Key.Key_Enter)
    assert not dialog.isVisible()
    assert setup.form.plan().method == "finetune"


def test_auto_tries_networks_and_says_which_it_took_and_why(opened, setup, qtbot, idle):
    form = setup.form
    assert not form.budget.isVisible()
    assert form.plan().network == "efficientnet_lite0"
    dialog = setup.compare_networks()
    qtbot.mouseClick(named(dialog, "autoNetworkButton"), Qt.MouseButton.LeftButton)
    assert form.network.currentData() == "auto"
    assert "efficientnet_lite2" in form.about.text()
    assert form.budget.isVisible()
    opened.actions_by_name()["actionSplit"].trigger()
    assert "suits them best" in named(opened, "finetuneCardWhat").text()
    qtbot.waitUntil(lambda: "up to 60 s more" in named(opened, "quickCardTime").text(), timeout=120000)
    type_into(qtbot, form.budget, "-1")
    assert "from 0" in named(opened, "budgetBoxProblem").text()
    type_into(qtbot, form.budget, "0")
    form.image_size.setValue(32)
    qtbot.mouseClick(named(opened, "startTrainingButton"), Qt.MouseButton.LeftButton)
    idle(opened, 120)
    run = runs.get(opened.session.project)
    assert run.network == "efficientnet_lite0"  # without time the smallest is taken
    assert "efficientnet_lite0 was chosen" in named(opened, "coachText").text()
    assert "no time left to try" in named(opened, "coachText").text()
    setup._take_plan(Plan(network="auto", budget=30.0))
    assert form.plan() == Plan(network="auto", budget=30.0)
    dialog = setup.preview_augmentation()
    idle(opened)
    assert len(named(dialog, "augmentationTiles").pictures) == 12
    dialog.close()
    form.choose_network("resnet18")
    assert not form.budget.isVisible()
    assert opened.problems == []


def test_devices_are_the_real_ones(opened, setup):
    from dlgui.engine import devices

    box = named(opened, "deviceBox")
    assert isinstance(box, QComboBox)
    assert [box.itemData(i) for i in range(box.count())] == ["auto", *(d.name for d in devices.available())]
    assert devices.available()[0].title in box.itemText(0)


def test_presets_are_kept_taken_and_shared(opened, setup, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(presets, "folder", lambda: tmp_path / "presets")
    form = setup.form
    form.choose_method("finetune")
    form.epochs.setValue(21)
    dialog = setup.show_presets()
    named(dialog, "presetName").setText("twenty-one")
    qtbot.mouseClick(named(dialog, "savePresetButton"), Qt.MouseButton.LeftButton)
    assert presets.names() == ["twenty-one"]
    dialog.export(tmp_path / "shared.json")
    assert json.loads((tmp_path / "shared.json").read_text())["plan"]["settings"] == {"epochs": 21}
    form.set_values(parameters.defaults())
    dialog.take_over(tmp_path / "shared.json")
    assert presets.names() == ["shared", "twenty-one"]
    qtbot.mouseClick(named(dialog, "usePresetButton"), Qt.MouseButton.LeftButton)
    assert form.epochs.value() == 21
    (tmp_path / "bad.json").write_text('{"format": "dlgui training preset", "version": 1, "plan": {"method": "x"}}')
    dialog = setup.show_presets()
    dialog.take_over(tmp_path / "bad.json")
    assert "method" in named(dialog, "presetProblem").text()

    # nothing is lost: a name that is taken gets a number, what was deleted comes back, replacing is announced
    dialog.take_over(tmp_path / "shared.json")
    assert presets.names() == ["shared", "shared 2", "twenty-one"]
    qtbot.mouseClick(named(dialog, "deletePresetButton"), Qt.MouseButton.LeftButton)
    assert presets.names() == ["shared", "twenty-one"]
    qtbot.mouseClick(named(dialog, "bringBackPresetButton"), Qt.MouseButton.LeftButton)
    assert presets.names() == ["shared", "shared 2", "twenty-one"]
    assert presets.load("shared 2").settings == {"epochs": 21}
    qtbot.keyClicks(named(dialog, "presetName"), "shared")
    assert named(dialog, "savePresetButton").text() == "Replace"
    assert setup.show_presets() is dialog
    dialog.close()


@pytest.mark.parametrize(("change", "said"), [
    (lambda d: d.update(version=2), ("version 2", "update dlgui")),
    (lambda d: d.update(format="another program"), ("not a preset", "dlgui training preset")),
    (lambda d: d["plan"].update(network="no such network"), ("no such network", "efficientnet_lite0")),
    (lambda d: d["plan"]["settings"].update(epochs=-3), ("epochs: -3", "from 0 to 10000")),
    (lambda d: d["plan"]["settings"].update(unknown=1), ("unknown", "use augmentation")),
    (lambda d: d["plan"].update(seed="x"), ("Seed: 'x'", "a whole number"))])
def test_a_preset_that_cannot_be_taken_says_which_why_and_what_helps(opened, setup, tmp_path, monkeypatch, change,
                                                                     said):
    monkeypatch.setattr(presets, "folder", lambda: tmp_path / "presets")
    presets.write(tmp_path / "theirs.json", Plan(method="finetune"))
    document = json.loads((tmp_path / "theirs.json").read_text())
    change(document)
    (tmp_path / "theirs.json").write_text(json.dumps(document))
    dialog = setup.show_presets()
    dialog.take_over(tmp_path / "theirs.json")
    for text in ("theirs.json", *said):
        assert text in named(dialog, "presetProblem").text()
    assert presets.names() == []
    dialog.close()
    assert opened.problems == []


def test_a_preset_for_other_classes_says_so(opened, setup):
    setup._take_plan(Plan(method="finetune", settings={"class_weights": [1, 2]}))
    assert "one a class" in str(opened.problems[-1])


def test_augmentation_is_shown_live_and_stays_in_the_form(opened, setup, qtbot, idle):
    dialog = setup.preview_augmentation()
    idle(opened)
    tiles = named(dialog, "augmentationTiles")
    assert len(tiles.pictures) == 12
    before = tiles.pictures[0].copy()
    for name, value in (("mirror", "c"), ("augmentation_percentage", 100), ("brightness_variation", 60)):
        dialog.grid.fields[name].set_value(value)
    idle(opened)
    assert tiles.pictures[0] != before
    assert "12 of 12" in named(dialog, "augmentationNote").text()
    assert setup.form.plan().settings["brightness_variation"] == 60
    thrown = tiles.pictures[0].copy()
    qtbot.mouseClick(named(dialog, "rerollButton"), Qt.MouseButton.LeftButton)
    idle(opened)
    assert tiles.pictures[0] != thrown
    named(dialog, "originalsBox").setChecked(True)
    assert tiles.pictures[0] == before
    setup.form.brightness_variation.setValue(10)
    assert dialog.grid.fields["brightness_variation"].value() == 10
    dialog.close()
    idle(opened)
    setup.form.brightness_variation.setValue(20)  # nobody is left who would follow
    assert opened.problems == []


def test_the_rate_test_draws_proposes_and_fills_in(opened, setup, qtbot, idle):
    opened.actions_by_name()["actionSplit"].trigger()
    setup.form.choose_method("finetune")
    setup.form.image_size.setValue(32)
    setup.form.batch_size.setValue(4)
    dialog = setup.find_rate()
    qtbot.mouseClick(named(dialog, "startRateTestButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(dialog.curve) > 2, timeout=90000)
    qtbot.mouseClick(named(dialog, "stopRateTestButton"), Qt.MouseButton.LeftButton)
    idle(opened)
    assert not named(dialog, "takeRateButton").isEnabled()
    assert setup.find_rate() is dialog
    qtbot.mouseClick(named(dialog, "startRateTestButton"), Qt.MouseButton.LeftButton)
    idle(opened, 120)
    assert dialog.rate is not None, named(dialog, "rateStatus").text()
    qtbot.mouseClick(named(dialog, "takeRateButton"), Qt.MouseButton.LeftButton)
    assert setup.form.learning_rate.value() == pytest.approx(dialog.rate, rel=0.06)
    assert runs.all_runs(opened.session.project) == []


def test_every_dialog_can_be_used_without_a_mouse(opened, setup, idle):
    for make in (setup.compare_networks, setup.show_presets, setup.preview_augmentation):
        dialog = make()
        for widget in [*dialog.findChildren(QAbstractButton), *dialog.findChildren(QLineEdit)]:
            if widget.objectName() and not widget.objectName().startswith("qt_"):
                assert widget.toolTip(), widget.objectName()
                assert widget.accessibleName(), widget.objectName()
        dialog.close()
    idle(opened)
