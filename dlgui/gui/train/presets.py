"""The dialog of presets: take, keep, share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine import parameters
from dlgui.errors import DlguiError
from dlgui.gui.widgets import button, named, on_choice
from dlgui.project.operations import presets
from dlgui.project.operations.plans import Plan

_OURS = Qt.ItemDataRole.UserRole + 1


class PresetDialog(QDialog):
    """Lists the presets.

    Args:
        current: gives the plan that the form shows; raises `DlguiError` where a field is wrong.

    Signals:
        chosen: a `Plan` that the form shall show.
    """

    chosen = Signal(object)

    def __init__(self, current: Callable[[], Plan], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presetDialog")
        self.setWindowTitle(self.tr("Presets"))
        self.resize(620, 480)
        self._current = current
        self.list = named(QListWidget(), "presetList", self.tr("Presets; a double click or Enter takes one"))
        self.list.currentItemChanged.connect(lambda *_: self._follow())
        on_choice(self.list, self.use)
        self.about = QLabel()
        self.about.setObjectName("presetAbout")
        self.about.setWordWrap(True)
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.about.setMinimumHeight(4 * self.about.fontMetrics().lineSpacing())
        self.problem = QLabel()
        self.problem.setObjectName("presetProblem")
        self.problem.setWordWrap(True)
        self.problem.setProperty("wrong", True)
        self.name = named(QLineEdit(), "presetName", self.tr("Name under which the form's parameters are kept"))
        self.name.setPlaceholderText(self.tr("name for the parameters as they are now"))
        self.keep = button("savePresetButton", self.tr("Keep"), self.tr(
            "Keeps the parameters of the form under this name, for all projects"), self.save)
        self.name.returnPressed.connect(self.save)
        self.name.textChanged.connect(lambda _: self._name_action())
        self.take = button("usePresetButton", self.tr("Use"), self.tr("Shows the preset in the form"), self.use, True)
        self.remove = button("deletePresetButton", self.tr("Delete"), self.tr("Removes the preset that is selected"),
                             self.delete)
        self.back = button("bringBackPresetButton", self.tr("Bring back"), self.tr(
            "Keeps the preset again that was deleted last"), self.bring_back)
        self.back.hide()
        self._deleted: tuple[str, Plan] | None = None
        self.write = button("writePresetButton", self.tr("Write to a file…"), self.tr(
            "Writes the selected preset as a file for others"), lambda: self._ask_write())
        self.bring = button("readPresetButton", self.tr("Read from a file…"), self.tr(
            "Takes over a preset that somebody else wrote"), lambda: self._ask_read())
        self._build()
        self.refresh()

    def _build(self) -> None:
        keeping, row = QHBoxLayout(), QHBoxLayout()
        keeping.addWidget(self.name, 1)
        keeping.addWidget(self.keep)
        for widget in (self.bring, self.write, self.remove, self.back):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(button("closePresetsButton", self.tr("Close"), self.tr("Leaves the form as it is"), self.reject))
        row.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.about)
        layout.addWidget(self.problem)
        layout.addLayout(keeping)
        layout.addLayout(row)

    def refresh(self, chosen: str = "") -> None:
        """Lists what there is."""
        self.list.clear()
        for own, names in ((False, list(presets.OURS)), (True, presets.names())):
            for name in names:
                item = QListWidgetItem(name if own else self.tr("{name}  (comes with dlgui)").format(
                    name=self.tr(name)))
                item.setData(Qt.ItemDataRole.UserRole, name)
                item.setData(_OURS, not own)
                self.list.addItem(item)
                if name == chosen and own:
                    self.list.setCurrentItem(item)
        if self.list.currentItem() is None:
            self.list.setCurrentRow(0)
        self._name_action()

    def _name_action(self) -> None:
        there = self.name.text().strip() in presets.names()
        self.keep.setText(self.tr("Replace") if there else self.tr("Keep"))

    def selected(self) -> Plan | None:
        """The plan of the selected preset; None where it cannot be read, which is said."""
        item = self.list.currentItem()
        if item is None:
            return None
        name = str(item.data(Qt.ItemDataRole.UserRole))
        return self._try(lambda: presets.OURS[name] if item.data(_OURS) else presets.load(name))

    def _try(self, work: Callable[[], Plan]) -> Plan | None:
        self._complain("")
        try:
            return work()
        except DlguiError as problem:
            self._complain(str(problem))
            return None

    def _complain(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _follow(self) -> None:
        plan = self.selected()
        item = self.list.currentItem()
        self.remove.setEnabled(item is not None and not item.data(_OURS))
        self.take.setEnabled(plan is not None)
        self.write.setEnabled(plan is not None)
        self.about.setText("" if plan is None else describe(plan, self.tr))

    def use(self) -> None:
        """Hands the selected preset to the form."""
        plan = self.selected()
        if plan is not None:
            self.chosen.emit(plan)
            self.accept()

    def save(self) -> None:
        """Keeps the form's parameters under the name."""
        name = self.name.text().strip()
        if self._try(lambda: _saved(name, self._current())) is not None:
            self.name.clear()
            self.refresh(name)

    def delete(self) -> None:
        """Removes the selected preset."""
        item, plan = self.list.currentItem(), self.selected()
        if item is None or item.data(_OURS):
            return
        name = str(item.data(Qt.ItemDataRole.UserRole))
        presets.delete(name)
        if plan is not None:  # one that cannot be read cannot come back either
            self._deleted = name, plan
        self.back.setVisible(plan is not None)
        self.refresh()

    def bring_back(self) -> None:
        """Keeps the preset again that was deleted last."""
        if self._deleted is not None:
            name, plan = presets.free_name(self._deleted[0]), self._deleted[1]
            if self._try(lambda: _saved(name, plan)) is not None:
                self._deleted = None
                self.back.hide()
                self.refresh(name)

    def export(self, path: Path) -> None:
        """Writes the selected preset to a file and says where it is."""
        plan = self.selected()
        if plan is not None and self._try(lambda: _written(path, plan)) is not None:
            self.about.setText(self.tr("Written to {path}; others read it with “Read from a file…”.").format(path=path))

    def take_over(self, path: Path) -> None:
        """Keeps a preset of a file under the file's name, with a number where that is taken."""
        name = presets.free_name(path.name.removesuffix(presets.SUFFIX).removesuffix(".json"))
        if self._try(lambda: _saved(name, presets.read(path))) is not None:
            self.refresh(name)

    def _ask_write(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Write preset"), f"my{presets.SUFFIX}", "JSON (*.json)")
        if path:
            self.export(Path(path))

    def _ask_read(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Read preset"), "", "JSON (*.json)")
        if path:
            self.take_over(Path(path))


def _saved(name: str, plan: Plan) -> Plan:
    presets.save(name, plan)
    return plan


def _written(path: Path, plan: Plan) -> Plan:
    presets.write(path, plan)
    return plan


def describe(plan: Plan, translate: Callable[[str], str]) -> str:
    """What a plan changes, in words."""
    parts = [f"{translate('Method')}: {plan.method}", f"{translate('Network')}: {plan.network}"]
    if plan.image_size:
        parts.append(f"{translate('Image size')}: {plan.image_size} px")
    for name, value in {**plan.preprocessing, **plan.settings}.items():
        parameter = parameters.BY_NAME.get(name)
        if parameter is not None:
            unit = f" {parameter.unit}" if parameter.unit else ""
            parts.append(f"{translate(parameter.title)}: {translate(parameter.shown(value))}{unit}")
    return "  ·  ".join(parts)
