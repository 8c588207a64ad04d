"""The parameters of the next training."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from dlgui.engine import networks
from dlgui.engine.augmentation import MIRRORS, MODERN
from dlgui.engine.settings import POLICIES, TrainingSettings
from dlgui.gui.widgets import named
from dlgui.project.operations.training import Plan

_DEVICES = ("auto", "cpu", "cuda", "mps")


class HyperparameterForm(QWidget):
    """What the user chooses; `plan` gives it to the engine."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hyperparameterForm")
        self.setAccessibleName(self.tr("Training parameters"))
        default = TrainingSettings()
        h = default.hyperparameters
        self.method = self._combo("methodBox", [(self.tr("quick: seconds, frozen network"), "quick"),
                                                (self.tr("finetune: the whole network"), "finetune")],
                                  self.tr("How to train"))
        self.network = self._combo("networkBox", [(n, n) for n in networks.names()], self.tr("Pretrained network"))
        self.device = self._combo("deviceBox", [(d, d) for d in _DEVICES], self.tr("Where to compute"))
        self.image_size = self._whole("imageSizeBox", 0, 0, 4096, self.tr("Side of the input in pixels"))
        self.image_size.setSpecialValueText(self.tr("automatic"))
        self.seed = self._whole("seedBox", 42, 0, 2 ** 31 - 1, self.tr("Equal seeds give equal trainings"))
        self.epochs = self._whole("epochsBox", default.epochs, 1, 10000, self.tr("Passes over the training split"))
        self.batch_size = self._whole("batchSizeBox", h.batch_size, 1, 4096, self.tr("Images an update"))
        self.learning_rate = self._number("learningRateBox", h.learning_rate, 1e-7, 10.0, 6,
                                          self.tr("Weight of a new gradient"))
        self.momentum = self._number("momentumBox", h.momentum, 0, 0.9999, 3, self.tr("Share of the last update kept"))
        self.weight_prior = self._number("weightPriorBox", h.weight_prior, 0, 100, 6, self.tr("Regularization"))
        self.policy = self._combo("policyBox", [(p, p) for p in POLICIES], self.tr("How the learning rate changes"))
        self.early_stopping = self._whole("earlyStoppingBox", 0, 0, 10000,
                                          self.tr("Epochs without a better validation error before training ends"))
        self.early_stopping.setSpecialValueText(self.tr("never"))
        self.mirror = self._combo("mirrorBox", [(m, m) for m in MIRRORS],
                                  self.tr("Augmentation: flip rows (r), columns (c) or both"))
        self.rotate = self._whole("rotateBox", 0, 0, 180, self.tr("Augmentation: turn by up to so many degrees"))
        self.brightness = self._whole("brightnessBox", 0, 0, 255, self.tr("Augmentation: brightness, ± gray values"))
        self.modern = self._combo("modernBox", [(m, m) for m in MODERN], self.tr("Augmentation policy for all images"))
        self.balanced = QCheckBox(self.tr("Weight classes by their frequency"))
        self.balanced.setObjectName("balancedBox")
        self.balanced.setToolTip(self.tr("Rare classes count more in the loss"))
        self.balanced.setAccessibleName(self.tr("Weight classes by their frequency"))
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.about.setProperty("soft", True)
        self._build()
        self.method.currentIndexChanged.connect(self._follow)
        self.network.currentIndexChanged.connect(self._follow)
        self._follow()

    def _build(self) -> None:
        general = QFormLayout()
        rows: list[tuple[str, QWidget]] = [(self.tr("Method"), self.method), (self.tr("Network"), self.network),
                             (self.tr("Image size"), self.image_size), (self.tr("Device"), self.device),
                             (self.tr("Seed"), self.seed)]
        for text, widget in rows:
            general.addRow(text, widget)
        self.fine = QGroupBox(self.tr("Fine-tuning"))
        detail = QFormLayout(self.fine)
        rows = [
                (self.tr("Epochs"), self.epochs), (self.tr("Batch size"), self.batch_size),
                (self.tr("Learning rate"), self.learning_rate), (self.tr("Policy"), self.policy),
                (self.tr("Momentum"), self.momentum), (self.tr("Weight prior"), self.weight_prior),
                (self.tr("Early stopping"), self.early_stopping), (self.tr("Mirror"), self.mirror),
                (self.tr("Rotate ±"), self.rotate), (self.tr("Brightness ±"), self.brightness),
                (self.tr("Policy of augmentation"), self.modern)]
        for text, widget in rows:
            detail.addRow(text, widget)
        detail.addRow(self.balanced)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(general)
        layout.addWidget(self.about)
        layout.addWidget(self.fine)
        layout.addStretch()

    def _combo(self, name: str, entries: list[tuple[str, str]], text: str) -> QComboBox:
        box = QComboBox()
        for shown, value in entries:
            box.addItem(shown, value)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(12)
        return named(box, name, text)

    def _whole(self, name: str, value: int, low: int, high: int, text: str) -> QSpinBox:
        box = QSpinBox()
        box.setRange(low, high)
        box.setValue(value)
        return named(box, name, text)

    def _number(self, name: str, value: float, low: float, high: float, decimals: int, text: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setDecimals(decimals)
        box.setRange(low, high)
        box.setSingleStep(max(value / 10, 10.0 ** -decimals))
        box.setValue(value)
        return named(box, name, text)

    def _follow(self) -> None:
        self.fine.setVisible(self.method.currentData() == "finetune")
        info = networks.info(self.network.currentData())
        offline = self.tr("works offline") if info.source == "lite" else self.tr("weights are fetched once")
        self.about.setText(f"{info.description} {info.width} × {info.height} px, {offline}, {info.licence}.")

    def plan(self) -> Plan:
        """The plan for the engine."""
        settings: dict[str, Any] = {}
        if self.method.currentData() == "finetune":
            settings = {
                "epochs": self.epochs.value(), "batch_size": self.batch_size.value(),
                "learning_rate": self.learning_rate.value(), "momentum": self.momentum.value(),
                "weight_prior": self.weight_prior.value(), "policy": self.policy.currentData(),
                "early_stopping": self.early_stopping.value(), "mirror": self.mirror.currentData(),
                "rotate_range": self.rotate.value(), "brightness_variation": self.brightness.value(),
                "modern": self.modern.currentData(),
                "class_balance": "balanced" if self.balanced.isChecked() else "none"}
        return Plan(network=self.network.currentData(), method=self.method.currentData(),
                    image_size=self.image_size.value() or None, seed=self.seed.value(),
                    device=self.device.currentData(), settings=settings)
