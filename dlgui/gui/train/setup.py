"""The left side of the Train tab: what shall be trained, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QLabel, QScrollArea, QVBoxLayout, QWidget

from dlgui.engine import devices, networks, parameters, speed
from dlgui.engine.parameters import Parameter
from dlgui.errors import DlguiError
from dlgui.gui.commands import Command
from dlgui.gui.jobs import Job
from dlgui.gui.project_dialog import open_one
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.train.advisers import AdviserDialog
from dlgui.gui.train.augmentation_view import AugmentationDialog
from dlgui.gui.train.cards import MethodCard
from dlgui.gui.train.fields import explanation
from dlgui.gui.train.form import HyperparameterForm
from dlgui.gui.train.networks import NetworkDialog
from dlgui.gui.train.presets import PresetDialog
from dlgui.gui.train.rate_test import RateDialog
from dlgui.gui.train.repeat import RepeatDialog
from dlgui.project.changes import Changes
from dlgui.project.operations import choosing, outlook, runs, splits
from dlgui.project.operations.outlook import Estimate, Outlook
from dlgui.project.operations.plans import AUTO, METHODS, Plan
from dlgui.project.operations.runs import Run
from dlgui.project.project import Project

DATA = {"images", "labels", "splits", "flags", "classes"}
"""Kinds of changes of what is trained on."""

LATER = 40
"""Milliseconds between the parts of the tab where a run changes all of them: to paint them at once would hold the
window, for both processors train."""

PAUSE = 150
"""Milliseconds without a change after which the time is estimated anew."""


class SetupPanel(QWidget):
    """Cards, network, device and the form of hyperparameters.

    Signals:
        wanted: a `Plan` that shall be trained now (a card's button).
    """

    wanted = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("setupPanel")
        self.session = session
        self.cards = {method: MethodCard(method, title) for method, title in zip(
            METHODS, (self.tr("Quick"), self.tr("Fine-tune")), strict=True)}
        self.help = QLabel()
        self.help.setObjectName("parameterHelp")
        self.help.setAccessibleName(self.tr("Explanation of the parameter"))
        self.help.setWordWrap(True)
        self.help.setProperty("soft", True)
        self.help.setText(self.tr("Point at a parameter to read what it does."))
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._clock = QTimer(self, singleShot=True, interval=PAUSE)
        self._clock.timeout.connect(self._estimate)
        self._soon = QTimer(self, singleShot=True, interval=LATER)
        self._soon.timeout.connect(self._follow)
        self._estimated: dict[str, Plan] = {}
        self._stale: set[str] = set()

    def build(self) -> Iterator[None]:
        """Makes the parts, a piece at a time, each at its place."""
        self.area, inside = QScrollArea(), QWidget()
        self.area.setObjectName("formScroll")
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.help)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 6, 0)
        for card in self.cards.values():
            column.addWidget(card)
        yield
        self.form = HyperparameterForm()
        column.addWidget(self.form, 1)
        yield from self.form.build()
        self._connect()
        self.form.show_devices(devices.available())

    def _connect(self) -> None:
        self.form.changed.connect(self._follow)
        self.form.touched.connect(self._explain)
        for card in self.cards.values():
            card.chosen.connect(lambda method=card.method: self.form.choose_method(method))
            card.started.connect(lambda method=card.method: self.start_with_defaults(method))
        self.form.networks_wanted.connect(self.compare_networks)
        self.form.rate_wanted.connect(self.find_rate)
        self.form.preview_wanted.connect(self.preview_augmentation)
        self.form.presets_wanted.connect(self.show_presets)
        self.form.advice_wanted.connect(self.advise)
        self.session.jobs.started.connect(self._make_way)
        self.session.jobs.ended.connect(self._ended)

    # --- what it says

    def plan(self) -> Plan | None:
        """What the form says; None where a field is wrong, which is then shown and explained there."""
        wrong = self.form.problem()
        if wrong is not None:
            widget, _ = wrong
            self.area.ensureWidgetVisible(widget, 0, 60)
            widget.setFocus()
            return None
        return self.form.plan() if self._ensure_split() else None

    def start_with_defaults(self, method: str) -> None:
        """Asks for a training with the defaults, on the chosen network and device."""
        if self._ensure_split():
            self.form.choose_method(method)
            self.wanted.emit(self._default_plan(method))

    def _default_plan(self, method: str) -> Plan:
        return self.form.plan_of(parameters.defaults(), method)

    def _ensure_split(self) -> bool:
        """Divides images that nobody has divided yet; whoever never trained a network need not know of it."""
        project = self.session.project
        if project is None:
            return False
        table = project.images()
        if len(table.rows("none")) and len(table.rows("none")) == len(table.rows("all")):
            return self.session.do(splits.split) is not None
        return True

    # --- following

    def hold(self, on: bool) -> None:
        """While a training runs, or nothing may be written, none can be started."""
        for card in self.cards.values():
            card.hold(on)

    def refresh(self) -> None:
        """Follows the project that is open."""
        self._stale.update(METHODS)
        self._follow()

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit."""
        if changes.kind != runs.GOES_ON and changes.kinds & (DATA | {"runs"}):
            self._stale.update(METHODS)
            if changes.kinds & DATA:
                self._follow()
            elif self.session.jobs.running("training") is None:  # else the cards follow when it has ended
                self._soon.start()

    def _ended(self, job: Job) -> None:
        if job.property("quiet"):
            return
        if self._stale:
            self._soon.start()
        self._clock.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow()

    def _follow(self) -> None:
        if not self.isVisible():  # the cards are for the eyes; a hidden tab counts nothing
            return
        project = self.session.project
        for method, card in self.cards.items():
            card.set_chosen(method == self.form.method.currentData())
            plan = self._default_plan(method)
            found = self._outlook(project, plan) if project is not None else None
            if card.show_outlook(self.tr("the network that suits them best") if plan.network == AUTO else
                                 networks.info(plan.network).name, found):
                self._estimated.pop(method, None)
            if found is not None and method == "quick":
                self.form.show_classes(found.classes, found.counts)
            if self._estimated.get(method) != plan:
                card.show_measuring()
            if self._estimated.get(method) != plan or method in self._stale:
                self._clock.start()

    def _outlook(self, project: Project, plan: Plan) -> Outlook | None:
        try:
            return outlook.outlook(project, plan)
        except DlguiError:
            return None

    def _explain(self, parameter: Parameter) -> None:
        self.help.setText(explanation(parameter, self.tr))
        lines = self.help.fontMetrics().lineSpacing()  # it grows but never shrinks: nothing jumps under the pointer
        self.help.setMinimumHeight(max(self.help.minimumHeight(), min(self.help.heightForWidth(self.help.width()),
                                                                      8 * lines)))

    # --- the time

    def _estimate(self) -> None:
        project = self.session.project
        if project is None or not self.isVisible():
            return
        plans = {method: self._default_plan(method) for method in METHODS}
        wanted = {method: plan for method, plan in plans.items()
                  if self._estimated.get(method) != plan or method in self._stale}
        if self.session.jobs.running("training") is not None:  # both would be slower, and the figure wrong
            for method, plan in wanted.items():
                if self._estimated.get(method) != plan:
                    self.cards[method].show_estimate(None, self.tr("The time is measured when the training has ended."))
        elif wanted:
            self._estimated.update(wanted)
            self._stale.clear()
            self.session.jobs.start("estimate", self.tr("measuring speed"), lambda job: _estimate(job, project, wanted),
                                    told=self._estimate_told, failed=lambda _: None, quiet=True)

    def _make_way(self, job: Job) -> None:
        """A training that begins needs the computer for itself; what was being measured is measured after it."""
        jobs = self.session.jobs
        if jobs.running("training") is job and jobs.running("estimate") is not None:
            jobs.drop("estimate")
            self._estimated.clear()

    def _estimate_told(self, told: tuple[str, Estimate | None, str]) -> None:
        method, found, reason = told
        self.cards[method].show_estimate(found, reason)

    # --- dialogs

    def compare_networks(self) -> QDialog:
        """All networks side by side."""
        return open_one(self, NetworkDialog, self._networks)

    def _networks(self) -> NetworkDialog:
        dialog = NetworkDialog(self.session, self.form.network.currentData(), self)
        dialog.chosen.connect(self.form.choose_network)
        return dialog

    def find_rate(self) -> QDialog | None:
        """The learning-rate range test with what the form says."""
        return open_one(self, RateDialog, self._rates) if self._fine_plan() is not None else None

    def _fine_plan(self) -> Plan | None:
        self.form.choose_method("finetune")
        return self.plan()

    def _rates(self) -> RateDialog:
        dialog = RateDialog(self.session, self._fine_plan, self)
        dialog.taken.connect(lambda rate: self.form.set_values({"learning_rate": rate}))
        return dialog

    def preview_augmentation(self) -> QDialog:
        """Live examples of augmentation."""
        self.form.choose_method("finetune")
        return open_one(self, AugmentationDialog, lambda: AugmentationDialog(self.session, self.form, self))

    def advise(self) -> QDialog | None:
        """Input size and data forecast, for what the form says."""
        return open_one(self, AdviserDialog, self._advisers) if self.plan() is not None else None

    def _assumed_plan(self) -> Plan | None:
        plan = self.plan()
        return choosing.assumed(plan) if plan is not None else None

    def _advisers(self) -> AdviserDialog:
        dialog = AdviserDialog(self.session, self._assumed_plan, self)
        dialog.size_taken.connect(lambda size: self.form.set_values({"image_size": size, "image_height": 0}))
        return dialog

    def repeat_run(self, chosen: Run | None = None) -> QDialog:
        """Trains a finished run again and compares; the chosen run is offered first."""
        return open_one(self, RepeatDialog, lambda: RepeatDialog(self.session, chosen, self))

    def show_presets(self) -> QDialog:
        """Parameters under names."""
        return open_one(self, PresetDialog, self._presets)

    def _presets(self) -> PresetDialog:
        dialog = PresetDialog(self.form.plan, self)
        dialog.chosen.connect(lambda plan: self._take_plan(plan))
        return dialog

    def _take_plan(self, plan: Plan) -> None:
        try:
            self.form.show_plan(plan)
        except DlguiError as problem:
            self.session.problem.emit(problem)

    def measure_again(self) -> None:
        """Forgets the speed of this computer and measures it anew, as when it was busy before."""
        speed.forget()
        self.refresh()

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return [Command("actionCompareNetworks", "train", self.tr("Compare networks…"), self.compare_networks,
                        "Ctrl+M, W", True, True),
                Command("actionFindRate", "train", self.tr("Find the learning rate…"), self.find_rate, "Ctrl+M, F"),
                Command("actionPreviewAugmentation", "train", self.tr("See augmentation on my images…"),
                        self.preview_augmentation, "Ctrl+M, A"),
                Command("actionPresets", "train", self.tr("Presets…"), self.show_presets, "Ctrl+M, E"),
                Command("actionAdvisers", "train", self.tr("Advice on input size and data…"), self.advise, "Ctrl+M, V"),
                Command("actionMeasureAgain", "train", self.tr("Measure this computer again"), self.measure_again,
                        "Ctrl+M, M")]

    def scenes(self) -> list[Scene]:
        """Pictures of this part."""
        return [Scene("train-finetune", self._all_fields, self._few_fields),
                Scene("train-networks", self.compare_networks), Scene("train-presets", self.show_presets),
                Scene("train-augmentation", self._augmented, self._few_fields),
                Scene("train-rate", self.find_rate, self._few_fields),
                Scene("train-input-size", self._asked(0)), Scene("train-forecast", self._asked(1)),
                Scene("train-repeat", self.repeat_run)]

    def _all_fields(self) -> None:
        self.form.choose_method("finetune")
        self.form.set_values({"class_balance": "balanced", "image_size": 7})
        self.area.verticalScrollBar().setValue(380)

    def _few_fields(self) -> None:
        self.form.set_values(parameters.defaults())
        self.form.choose_method("quick")

    def _asked(self, page: int) -> Callable[[], QDialog | None]:
        def prepare() -> QDialog | None:
            dialog = self.advise()
            if isinstance(dialog, AdviserDialog):
                dialog.pages.setCurrentIndex(page)
                (dialog.sizes, dialog.data)[page].run()
            return dialog
        return prepare

    def _augmented(self) -> QDialog:
        self.form.set_values({"mirror": "rc", "rotate_range": 20, "brightness_variation": 40, "hue": 0.2,
                              "augmentation_percentage": 100})
        return self.preview_augmentation()


def _estimate(job: Job, project: Project, plans: dict[str, Plan]) -> None:
    for method, plan in plans.items():
        try:
            job.tell((method, outlook.estimate(project, plan, job.progress), ""))
        except DlguiError as problem:
            job.tell((method, None, f"{problem.what}: {problem.why}; {problem.remedy}"))
