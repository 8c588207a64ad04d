"""Percentages, seed and grouping of the split; what each class would get is shown while they change."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from dlgui.errors import DlguiError
from dlgui.gui.data.split_bars import SplitBars
from dlgui.gui.session import Session
from dlgui.gui.widgets import Form, beside, button, named
from dlgui.gui.words import percent
from dlgui.project.operations import leak_price, splits
from dlgui.project.operations.leak_price import LeakPrice
from dlgui.project.operations.splits import SplitPlan, SplitResult
from dlgui.project.project import ImageTable

WAIT = 120
"""Milliseconds after a change before the split is computed that it would give."""

SOON = 3000
"""Up to so many images are divided at once."""

LIVE = 20_000
"""Up to so many images the panel also looks ahead after a label; beyond only when its settings change."""

NARROW = 62
"""Pixels that a percentage needs; the fields share what there is."""

SENTENCES = 6
"""So many warnings are written out."""


class SplitPanel(QGroupBox):
    """Divides the labeled images into training, validation and test.

    Signals:
        answered: a widget that now says what was asked for.
    """

    answered = Signal(QWidget)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Split"))
        self.setObjectName("splitPanel")
        self.setAccessibleName(self.tr("Split"))
        self.session = session
        self._shown: ImageTable | None = None
        self.train = self._percent("splitTrain", 70, self.tr("Training, percent"))
        self.validation = self._percent("splitValidation", 15, self.tr("Validation, percent"))
        self.rest = QLabel()
        self.seed = named(QSpinBox(), "splitSeed", self.tr("Equal seeds give equal splits"))
        self.seed.setRange(0, 2 ** 31 - 1)
        self.seed.setValue(42)
        self.together = named(QComboBox(), "splitTogether", self.tr("Duplicates that must not straddle subsets"))
        for value, text in (("exact", self.tr("duplicates")), ("near", self.tr("near duplicates too")),
                            ("none", self.tr("no duplicates"))):
            self.together.addItem(text, value)
        self.grouping = named(QComboBox(), "splitGroupBy", self.tr("Images of one object stay in one subset"))
        for value, text in (("", self.tr("no grouping")), ("group", self.tr("column of the CSV")),
                            ("pattern", self.tr("pattern in the path"))):
            self.grouping.addItem(text, value)
        self.group = named(QLineEdit(), "splitGroup", self.tr(
            "Regular expression on the path; what it matches (or its first group) names the object, e.g. part_(\\d+)"))
        self.group.setPlaceholderText(self.tr("e.g. part_(\\d+)"))
        self.overwrite = named(QCheckBox(self.tr("Replace split")), "splitOverwrite", self.tr(
            "Replaces the split that is there; otherwise only images without a split get one"))
        self.lock = named(QCheckBox(self.tr("Lock test split")), "splitLock", self.tr(
            "No image enters or leaves the test split, so that results stay comparable"))
        self.button = button("splitButton", self.tr("Split"), self.tr(
            "Divide the labeled images: stratified, what belongs together stays together"), self.split, True)
        self.state, self.note, self.price = QLabel(), QLabel(), QLabel()
        self.bars = SplitBars()
        self.cost = button("leakPriceButton", self.tr("What do leaks cost?"), self.tr(
            "Trains quickly with and without the training images that are duplicates of test images, and compares"),
            self.ask_price)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT)
        self._wait.timeout.connect(self._look)
        self._build()
        self._connect()
        self._show_rest()

    def _build(self) -> None:
        self.rest.setProperty("soft", True)
        self.state.setProperty("soft", True)
        self.note.setProperty("warning", True)
        for text in (self.state, self.note, self.price):
            text.setWordWrap(True)
            text.setTextFormat(Qt.TextFormat.PlainText)  # a class may be called anything
        shares = QGridLayout()
        for column, (title, widget) in enumerate(((self.tr("Training %"), self.train),
                                                  (self.tr("Validation %"), self.validation),
                                                  (self.tr("Test %"), self.rest), (self.tr("Seed"), self.seed))):
            shares.addWidget(QLabel(title), 0, column)
            shares.addWidget(widget, 1, column)
            widget.setMinimumWidth(NARROW)
            shares.setColumnStretch(column, 1)
        form = Form()
        for title, widget in ((self.tr("Together"), self.together), (self.tr("Objects"), self.grouping),
                              ("", self.group)):
            form.addRow(title, widget)
        self._form = form
        layout = QVBoxLayout(self)
        for rows in (shares, form):
            layout.addLayout(rows)
        layout.addLayout(beside(self.overwrite, self.lock))
        layout.addLayout(beside(self.button, self.cost))
        for part in (self.price, self.note, self.state, self.bars):
            layout.addWidget(part)
        layout.addStretch()
        form.setRowVisible(self.group, False)
        for hidden in (self.price, self.note):
            hidden.hide()

    def _connect(self) -> None:
        for box in (self.train, self.validation, self.seed):
            box.valueChanged.connect(lambda _: self._changed())
        self.together.currentIndexChanged.connect(lambda _: self._changed())
        self.grouping.currentIndexChanged.connect(lambda _: self._changed())
        self.group.textChanged.connect(lambda _: self._changed())
        self.overwrite.toggled.connect(lambda _: self._changed())
        self.lock.clicked.connect(self._lock)

    def _lock(self, on: bool) -> None:
        self.session.do(splits.lock_test, on)
        self._wait.start()

    def _percent(self, name: str, value: int, text: str) -> QSpinBox:
        box = named(QSpinBox(), name, text)
        box.setRange(0, 100)
        box.setValue(value)
        return box

    def _changed(self) -> None:
        self._form.setRowVisible(self.group, self.grouping.currentData() == "pattern")
        self._show_rest()
        self._wait.start()

    def _show_rest(self) -> None:
        rest = 100 - self.train.value() - self.validation.value()
        self.rest.setText(f"{rest}" if rest >= 0 else "–")
        writable = self.session.project is not None and not self.session.project.read_only
        self.button.setEnabled(rest >= 0 and writable)
        self.lock.setEnabled(writable)

    def _group_by(self) -> str | None:
        if self.grouping.currentData() == "pattern":
            return self.group.text().strip() or None
        return self.grouping.currentData() or None

    def _arguments(self) -> tuple[float, float, int, str | None, bool, str]:
        return (float(self.train.value()), float(self.validation.value()), self.seed.value(), self._group_by(),
                self.overwrite.isChecked(), self.together.currentData())

    def split(self) -> None:
        """Splits and says what could not be met; off the window's thread where there are many images."""
        project, arguments = self.session.project, self._arguments()
        if project is None:
            return
        if len(project.images()) <= SOON:
            self._divided(self.session.do(splits.split, *arguments))
        else:
            self.session.jobs.start("split", self.tr("splitting"), lambda job: splits.split(project, *arguments),
                                    done=self._divided)

    def _divided(self, result: SplitResult | None) -> None:
        if result is not None:
            self._warn(result.warnings)

    def refresh(self) -> None:
        """Shows the split as it is; what another would give follows."""
        project = self.session.project
        table = project.images() if project is not None else None
        self._show_rest()
        locked = project is not None and splits.test_is_locked(project)
        if table is self._shown and locked == self.lock.isChecked():
            return
        with QSignalBlocker(self.lock):
            self.lock.setChecked(locked)
        self._shown = table
        self.session.jobs.drop("split preview")
        self._price("")
        if project is None or table is None:
            self.bars.show_counts({})
            return
        self._as_it_is(table)
        if len(table) <= LIVE:
            self._wait.start()

    def _as_it_is(self, table: ImageTable) -> None:
        self.bars.show_counts(splits.counts(table))
        rows = table.rows("all")
        missing = int((table.split[rows] < 0).sum())
        if not len(rows):
            self.state.setText(self.tr("No image has a label yet."))
        elif missing:
            self.state.setText(self.tr("As it is; {n} labeled images have no split.").format(n=f"{missing:,}"))
        else:
            self.state.setText(self.tr("As it is; every labeled image has a split."))

    def _look(self) -> None:
        """Computes what the split would give, off the window's thread."""
        project, table = self.session.project, self._shown
        if project is None or table is None:
            return
        if self.train.value() + self.validation.value() > 100:
            self._warn([self.tr("Training and validation are more than 100 % together.")])
            return
        arguments = self._arguments()
        self._warn([])
        if not arguments[4] and bool((table.split[table.rows("all")] >= 0).all()):
            self._as_it_is(table)
            return
        self.session.jobs.start("split preview", self.tr("computing the split"),
                                lambda job: splits.plan(project, *arguments), quiet=True, done=self._planned,
                                failed=self._failed)

    def _planned(self, plan: SplitPlan) -> None:
        self.bars.show_counts(plan.per_class)
        self.state.setText(self.tr("What Split would give now:"))
        self._warn(plan.warnings)

    def _failed(self, problem: DlguiError) -> None:
        if self._shown is not None:
            self._as_it_is(self._shown)
        self._warn([f"{problem.why}; {problem.remedy}"])

    def _warn(self, sentences: list[str]) -> None:
        shown = sentences[:SENTENCES]
        if len(sentences) > SENTENCES:
            shown.append(self.tr("and {n} more").format(n=len(sentences) - SENTENCES))
        self.note.setText("\n".join(shown))
        self.note.setVisible(bool(shown))

    def ask_price(self) -> None:
        """Trains with and without the leaks."""
        project = self.session.project
        if project is not None:
            self._price(self.tr("training twice…"))
            self.session.jobs.start("leak price", self.tr("what leaks cost"),
                                    lambda job: leak_price.leak_price(project, job.progress), done=self._priced,
                                    failed=lambda problem: self._price(f"{problem}"), cancelled=lambda: self._price(""))

    def _price(self, text: str) -> None:
        self.price.setText(text)
        self.price.setVisible(bool(text))
        if text:
            self.answered.emit(self.price)

    def _priced(self, found: LeakPrice) -> None:
        if not found.leaked:
            self._price(self.tr("No training image is a duplicate of a test image: nothing leaks. "
                                       "Top-1 error of a quick run: {e}").format(e=percent(1 - found.with_leaks)))
            return
        self._price(self.tr(
            "{n:,} training images are duplicates of {m:,} of the {t:,} test images. Accuracy of a quick run: {w} with "
            "them, {o} without: they flatter it by {p} points.").format(
                n=found.leaked, m=found.affected, t=found.test, w=percent(found.with_leaks),
                o=percent(found.without_leaks), p=f"{100 * found.price:.2f}"))
