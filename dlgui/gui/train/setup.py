"""The left side of the Train tab: what shall be trained, and how."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from dlgui.gui.commands import Command
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.train.form import HyperparameterForm
from dlgui.project.changes import Changes
from dlgui.project.operations.training import Plan


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
        self.form = HyperparameterForm()
        scroll = QScrollArea()
        scroll.setObjectName("formScroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def plan(self) -> Plan | None:
        """What the form says; None where a field is wrong, which is then shown and explained there."""
        return self.form.plan()

    def refresh(self) -> None:
        """Follows the project that is open."""

    def apply_changes(self, changes: Changes) -> None:
        """Follows a commit."""

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return []

    def scenes(self) -> list[Scene]:
        """Pictures of this part."""
        return []
