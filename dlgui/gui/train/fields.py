"""Fields of a form, made from the table of parameters: each explains itself, and what is wrong with what was typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine.parameters import Parameter
from dlgui.errors import DlguiError
from dlgui.gui.widgets import Choice, named

LONG = 14
"""Letters of a choice's longest word above which its box stands below its title."""


class NumberField(QAbstractSpinBox):
    """A number with its unit; takes any text and says through `problem` what is wrong with it.

    Signals:
        valueChanged: the new value, where it is one.
        edited: whatever was typed.
    """

    valueChanged = Signal(object)
    edited = Signal()

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parameter, self._value = parameter, parameter.default
        self.problem: DlguiError | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().setTextMargins(6, 0, 0, 0)
        self.lineEdit().textEdited.connect(self._typed)
        self.editingFinished.connect(self._tidy)
        self._show()

    def value(self) -> Any:
        """The last value that was one."""
        return self._value

    def setValue(self, value: Any) -> None:
        """Shows a value; one that is not allowed is shown and explained as if it had been typed."""
        try:
            self._take(self._parameter.check(value))
        except DlguiError as problem:
            self.problem = problem
            self.lineEdit().setText(str(value))
            self.edited.emit()
            return
        self._show()

    def _typed(self, text: str) -> None:
        unit = self._parameter.unit
        try:
            self._take(self._parameter.parse(text.removesuffix(unit) if unit else text))
        except DlguiError as problem:
            self.problem = problem
            self.edited.emit()

    def _take(self, value: Any) -> None:
        changed, self._value, self.problem = value != self._value, value, None
        self.edited.emit()
        if changed:
            self.valueChanged.emit(value)

    def _show(self) -> None:
        p = self._parameter
        word = p.off is not None and self._value == p.off[0]
        self.lineEdit().setText(p.shown(self._value) + (f" {p.unit}" if p.unit and not word else ""))

    def _tidy(self) -> None:
        if self.problem is None:
            self._show()

    def stepBy(self, steps: int) -> None:
        p = self._parameter
        if p.off is not None and steps < 0 and self._value == p.low and p.off[0] != p.low:
            self.setValue(p.off[0])
        elif p.off is not None and self._value == p.off[0] and p.off[0] != p.low:
            self.setValue(p.stepped(p.off[0], steps) if isinstance(p.off[0], str) else p.low)
        else:
            self.setValue(p.stepped(self._value, steps))
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:  # scrolling the form must not change it
            event.ignore()


class CalmChoice(Choice):
    """A choice that scrolling over it does not change."""

    def __init__(self, letters: int, parent: QWidget | None = None) -> None:
        super().__init__(letters, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def showPopup(self) -> None:
        view = self.view()  # its list shows words whole that the box has no room for
        view.setMinimumWidth(view.sizeHintForColumn(0) + 2 * view.frameWidth() + 8)
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Field(QWidget):
    """One row of a form: title, editor, a way back to the default, and a line for what is wrong.

    Signals:
        changed: its name, after its value or its problem changed.
        touched: its parameter, when the user comes to it.
    """

    changed = Signal(str)
    touched = Signal(object)

    def __init__(self, parameter: Parameter, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self._foreign: DlguiError | None = None
        self.title = QLabel(self.tr(parameter.title))
        self.title.setWordWrap(True)
        self.editor = self._make()
        tip = explanation(parameter, self.tr)
        name = prefix + "".join(part.title() for part in parameter.name.split("_")) + "Box"
        named(self.editor, name[0].lower() + name[1:], tip)
        self.editor.setAccessibleName(self.title.text())
        self.title.setToolTip(tip)
        self.title.setBuddy(self.editor)
        self.reset = named(QToolButton(), self.editor.objectName() + "Reset",
                           self.tr("Back to the default: {value}").format(value=parameter.shown(parameter.default)))
        self.reset.setText("↺")
        self.reset.setAutoRaise(True)
        self.reset.clicked.connect(lambda: self.set_value(self.parameter.default))
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.error = QLabel()
        self.error.setObjectName(self.editor.objectName() + "Problem")
        self.error.setWordWrap(True)
        self.error.setProperty("wrong", True)
        self.editor.installEventFilter(self)
        self.title.installEventFilter(self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 6)
        below = max((len(word) for _, word in parameter.choices), default=0) > LONG  # words that need the whole width
        for widget in (self.title, self.editor):
            widget.setMinimumWidth(1)  # the columns of all rows shall share their widths
        grid.addWidget(self.title, 0, 0, 1, 3 if below else 1)
        grid.addWidget(self.editor, below, 0 if below else 1, 1, 2 if below else 1)
        grid.addWidget(self.reset, below, 2)
        grid.addWidget(self.error, 2, 0, 1, 3)
        self._follow()

    def _make(self) -> QWidget:
        p = self.parameter
        if p.kind == "choice":
            box = CalmChoice(10)
            for value, word in p.choices:
                box.addItem(self.tr(word), value)
            box.setCurrentIndex([value for value, _ in p.choices].index(p.default))
            box.currentIndexChanged.connect(lambda _: self._altered())
            return box
        if p.kind == "switch":
            switch = QCheckBox(self.tr("on"))
            switch.setChecked(p.default)
            switch.toggled.connect(lambda _: self._altered())
            return switch
        number = NumberField(p)
        number.edited.connect(self._altered)
        return number

    def value(self) -> Any:
        """Its value (the last good one where `problem` says that what was typed is none)."""
        if isinstance(self.editor, QComboBox):
            return self.editor.currentData()
        if isinstance(self.editor, QCheckBox):
            return self.editor.isChecked()
        assert isinstance(self.editor, NumberField)
        return self.editor.value()

    def set_value(self, value: Any) -> None:
        """Shows a value."""
        if isinstance(self.editor, QComboBox):
            self.editor.setCurrentIndex([v for v, _ in self.parameter.choices].index(self.parameter.check(value)))
        elif isinstance(self.editor, QCheckBox):
            self.editor.setChecked(bool(value))
        elif isinstance(self.editor, NumberField) and (value != self.editor.value() or self.editor.problem):
            self.editor.setValue(value)

    @property
    def problem(self) -> DlguiError | None:
        """What is wrong with it: of itself, or together with others."""
        own = self.editor.problem if isinstance(self.editor, NumberField) else None
        return own or self._foreign

    def complain(self, problem: DlguiError | None) -> None:
        """Sets what is wrong with it together with other fields."""
        if problem is not self._foreign:
            self._foreign = problem
            self._follow()

    def _altered(self) -> None:
        self._follow()
        self.changed.emit(self.parameter.name)

    def _follow(self) -> None:
        problem = self.problem
        self.error.setText(f"{problem.why}; {problem.remedy}" if problem else "")
        self.error.setVisible(problem is not None)
        self.reset.setVisible(self.value() != self.parameter.default or problem is not None)
        if self.editor.property("wrong") != bool(problem):
            self.editor.setProperty("wrong", bool(problem))
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.Enter):
            self.touched.emit(self.parameter)
        return super().eventFilter(watched, event)


class FieldGrid(QWidget):
    """Rows of fields.

    Signals:
        changed: name of the field that changed.
        touched: parameter that the user is at.
    """

    changed = Signal(str)
    touched = Signal(object)

    def __init__(self, parameters: Iterable[Parameter], prefix: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        for parameter in parameters:
            field = self.fields[parameter.name] = Field(parameter, prefix)
            field.changed.connect(self.changed)
            field.touched.connect(self.touched)
            column.addWidget(field)

    def show_only(self, wanted: Callable[[Parameter], bool]) -> int:
        """Shows the fields that are wanted; how many those are."""
        count = 0
        for field in self.fields.values():
            shown = wanted(field.parameter)
            field.setVisible(shown)
            count += shown
        return count


def explanation(p: Parameter, translate: Callable[[str], str]) -> str:
    """What a parameter is, what raising it does, its range and default: a few lines of plain text."""
    unit = f" {p.unit}" if p.unit else ""
    lines = [translate(p.about), translate(p.raising)]
    if p.kind in ("whole", "number"):
        word = p.off is not None and p.default == p.off[0]
        lines.append(translate("Range: {range}. Default: {default}.").format(
            range=p.range_with(p.unit), default=p.shown(p.default) + ("" if word else unit)))
    else:
        lines.append(translate("Default: {default}.").format(default=translate(p.shown(p.default))))
    name = p.name if not p.operator_name else f"{p.name}, {p.operator_name}"
    lines.append(translate("In scripts and on the command line: {name}").format(name=name))
    return "\n".join(lines)


def set_values(fields: dict[str, Field], values: dict[str, Any]) -> None:
    """Shows values in the fields that there are."""
    for name, value in values.items():
        if name in fields:
            fields[name].set_value(value)

