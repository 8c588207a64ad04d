"""The parameters of the next training, made from the table of parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine import devices, networks, parameters
from dlgui.engine.parameters import Parameter
from dlgui.errors import DlguiError
from dlgui.gui.train.class_weights import ClassWeights
from dlgui.gui.train.fields import CalmChoice, Field, FieldGrid, set_values
from dlgui.gui.widgets import button, named
from dlgui.project.operations.choosing import CANDIDATES
from dlgui.project.operations.plans import AUTO, Plan


class HyperparameterForm(QWidget):
    """What the user chooses; `plan` gives it to the engine.

    Every parameter is an attribute by its name (`epochs`, `image_size`, …): the editor of its field.

    Signals:
        changed: something was changed.
        touched: the `Parameter` that the user is at.
        networks_wanted, rate_wanted, preview_wanted, presets_wanted, advice_wanted: a button for these was pressed.
    """

    changed = Signal()
    touched = Signal(object)
    networks_wanted = Signal()
    rate_wanted = Signal()
    preview_wanted = Signal()
    presets_wanted = Signal()
    advice_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hyperparameterForm")
        self.setAccessibleName(self.tr("Training parameters"))
        self._quiet = False
        self.method = self._combo("methodBox", self.tr("How to train: quick leaves the network as it is, fine-tuning "
                                                       "trains all of it"))
        for text, value in ((self.tr("Quick: seconds"), "quick"), (self.tr("Fine-tune: minutes and more"), "finetune")):
            self.method.addItem(text, value)
        self.network = self._combo("networkBox", self.tr("The pretrained network to start from"))
        self.network.addItem(self.tr("auto: the best"), AUTO)
        self._fill_networks()
        self.network.setCurrentIndex(self.network.findData(Plan.network))
        self.device = self._combo("deviceBox", self.tr("What computes the training"))
        self.device.addItem(self.tr("automatic"), "auto")
        self.device.addItem("cpu", "cpu")
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.about.setProperty("soft", True)
        self.all = named(QCheckBox(self.tr("Show all parameters")), "allParametersBox", self.tr(
            "Otherwise only those that matter most, and those that were changed"))
        self.all.setChecked(QSettings().value("allParameters", "false") == "true")
        self.weights = ClassWeights()
        self.sections: dict[str, QGroupBox] = {}
        self._grids: dict[str, FieldGrid] = {}
        self.fields: dict[str, Field] = {}

    def build(self) -> Iterator[None]:
        """Makes the parts, a piece at a time, each at its place."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._build_top(layout)
        titles = (self.tr("Image"), self.tr("Learning"), self.tr("Classes"), self.tr("Augmentation"))
        for section, title in zip(parameters.SECTIONS, titles, strict=True):
            yield
            group = self.sections[section] = QGroupBox(title)
            layout.addWidget(group)
            self._fill(section, QVBoxLayout(group))
        layout.addStretch()
        for name, field in self.fields.items():
            setattr(self, name, field.editor)
        for box in (self.method, self.network, self.device):
            box.currentIndexChanged.connect(lambda _: self._altered())
        self.all.toggled.connect(self._show_all)
        self.weights.changed.connect(self._altered)
        self._follow()

    # --- building

    def _combo(self, name: str, text: str) -> QComboBox:
        return named(CalmChoice(12), name, text)

    def _build_top(self, layout: QVBoxLayout) -> None:
        top = QGridLayout()
        layout.addLayout(top)
        top.setHorizontalSpacing(8)
        top.setColumnStretch(1, 1)
        compare = button("compareNetworksButton", self.tr("Compare…"), self.tr(
            "All networks: size, speed on this computer, accuracy on ImageNet, weights, licence"),
            self.networks_wanted.emit)
        rows: tuple[tuple[str, QWidget], ...] = ((self.tr("Method"), self.method), (self.tr("Network"), self.network),
                                                 (self.tr("Device"), self.device))
        for row, (text, widget) in enumerate(rows):
            label = QLabel(text)
            label.setBuddy(widget)
            top.addWidget(label, row, 0)
            top.addWidget(widget, row, 1, 1, 1 if widget is self.network else 2)
        top.addWidget(compare, 1, 2)
        layout.addWidget(self.about)
        bar = QHBoxLayout()
        bar.addWidget(self.all)
        bar.addStretch()
        bar.addWidget(button("presetsButton", self.tr("Presets…"), self.tr(
            "Keep these parameters under a name, take others, share them as a file"), self.presets_wanted.emit))
        layout.addLayout(bar)

    def _fill(self, section: str, column: QVBoxLayout) -> None:
        grid = self._grids[section] = FieldGrid(p for p in parameters.TABLE if p.section == section)
        self.fields.update(grid.fields)
        grid.changed.connect(lambda _: self._altered())
        grid.touched.connect(self.touched)
        column.addWidget(grid)
        if section == "image":
            column.addWidget(button("adviseButton", self.tr("Ask for advice…"), self.tr(
                "Which input size is worth its time, and whether more images would help"), self.advice_wanted.emit))
        if section == "classes":
            column.addWidget(self.weights)
        if section == "learning":
            column.addWidget(button("findRateButton", self.tr("Find the learning rate…"), self.tr(
                "Tries rates from small to large on your images and proposes one"), self.rate_wanted.emit))
        if section == "augmentation":
            column.addWidget(button("previewAugmentationButton", self.tr("See it on my images…"), self.tr(
                "Live examples of your own images with these changes"), self.preview_wanted.emit))

    def _fill_networks(self) -> None:
        for name in networks.names():
            if self.network.findData(name) < 0:
                self.network.addItem(name, name)

    # --- what is shown

    def show_devices(self, found: Sequence[devices.Device]) -> None:
        """The devices that this computer has; `automatic` says which it would take."""
        chosen = self.device.currentData()
        self._quiet = True
        self.device.clear()
        self.device.addItem(self.tr("automatic: {name}").format(name=found[-1].title), "auto")
        for device in found:
            self.device.addItem(f"{device.name}: {device.title}", device.name)
        self.device.setCurrentIndex(max(self.device.findData(chosen), 0))
        self._quiet = False

    def show_classes(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Classes of the training split and their images."""
        self.weights.show_classes(names, counts)

    def choose_network(self, name: str) -> None:
        """Takes a network of the registry, or `AUTO`."""
        name = name if name == AUTO else networks.info(name).name
        self._fill_networks()
        self.network.setCurrentIndex(self.network.findData(name))

    def choose_method(self, method: str) -> None:
        """`quick` or `finetune`."""
        self.method.setCurrentIndex(self.method.findData(method))

    def show_plan(self, plan: Plan) -> None:
        """Shows a plan.

        Raises:
            InvalidValue: it holds what no field can show; nothing is changed then.
        """
        own = {"image_size": plan.image_size, "seed": plan.seed, "pretrained": plan.pretrained, "budget": plan.budget}
        values = parameters.joined_values(own, plan.settings, plan.preprocessing)
        weights = tuple(plan.settings.get("class_weights", ()))
        if weights:
            self.weights.set_weights(weights)
        if plan.network != AUTO:
            networks.info(plan.network)
        self._quiet = True
        self.choose_network(plan.network)
        self.choose_method(plan.method)
        if self.device.findData(plan.device) >= 0:
            self.device.setCurrentIndex(self.device.findData(plan.device))
        set_values(self.fields, values)
        self._quiet = False
        self._altered()

    def values(self) -> dict[str, Any]:
        """Name → value of every field."""
        return {name: field.value() for name, field in self.fields.items()}

    def set_values(self, values: dict[str, Any]) -> None:
        """Shows values in the fields."""
        set_values(self.fields, values)

    def _show_all(self, shown: bool) -> None:
        QSettings().setValue("allParameters", "true" if shown else "false")
        self._follow()

    def _altered(self) -> None:
        if not self._quiet:
            self._follow()
            self.changed.emit()

    def _follow(self) -> None:
        fine = self.method.currentData() == "finetune"
        every, auto = self.all.isChecked(), self.network.currentData() == AUTO

        def wanted(p: Parameter) -> bool:
            if (not fine and not p.both) or (p.name == "budget" and not auto):
                return False
            changed = self.fields[p.name].value() != p.default
            return every or p.simple or changed or self.fields[p.name].problem is not None
        for section, grid in self._grids.items():
            self.sections[section].setVisible(grid.show_only(wanted) > 0)
        balance = self.fields["class_balance"].value()
        self.weights.set_mode(balance)
        self.weights.setVisible(balance != "none")
        info = networks.info(CANDIDATES[0] if auto else self.network.currentData())
        self.about.setText(f"{self.tr(info.description)} {info.width} × {info.height} px, {info.licence}." if not auto
                           else self.tr("Tries {names} on the training images and takes the one that errs least on the "
                                        "validation images; the run says why.").format(names=", ".join(CANDIDATES)))
        together = parameters.problems(self.values(), info, self.method.currentData())
        for name, field in self.fields.items():
            field.complain(together.get(name))

    # --- what it says

    def problem(self) -> tuple[QWidget, DlguiError] | None:
        """The first field that is wrong, with why; None where a training can start."""
        fine = self.method.currentData() == "finetune"
        for field in self.fields.values():
            if field.problem is not None and (fine or field.parameter.both):
                return field.editor, field.problem
        wrong = self.weights.problem() if fine else None
        return (self.weights.table, wrong) if wrong is not None else None

    def plan(self) -> Plan:
        """The plan for the engine. Raises `DlguiError` where a field is wrong."""
        wrong = self.problem()
        if wrong is not None:
            raise wrong[1]
        return self.plan_of(self.values(), self.method.currentData())

    def plan_of(self, values: dict[str, Any], method: str) -> Plan:
        """A plan with these values, on the network and device that are chosen."""
        own, settings, preprocessing = parameters.split_values(values, method)
        if method == "finetune" and values["class_balance"] == "own":
            settings["class_weights"] = self.weights.weights()
        return Plan(network=self.network.currentData(), method=method, device=self.device.currentData(),
                    settings=settings, preprocessing=preprocessing, **own)


