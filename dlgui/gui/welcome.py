"""The first page: recent projects, new, open, demo."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from dlgui.gui import icons, session
from dlgui.gui.widgets import button


class WelcomePage(QWidget):
    """Offers what one may start with.

    Signals:
        new, open, demo: the user wants that.
        recent: path of a recent project.
    """

    new = Signal()
    open = Signal()
    demo = Signal()
    recent = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcomePage")
        title, text = QLabel(self.tr("dlgui")), QLabel(self.tr(
            "Label images, train a classifier, find out why it errs.\nEverything stays on this computer."))
        title.setProperty("title", True)
        text.setProperty("soft", True)
        self.list = QListWidget()
        self.list.setObjectName("recentProjects")
        self.list.setAccessibleName(self.tr("Recent projects"))
        self.list.setToolTip(self.tr("Double click or Enter opens a project"))
        self.list.itemActivated.connect(lambda item: self.recent.emit(item.data(Qt.ItemDataRole.UserRole)))
        buttons = QHBoxLayout()
        for name, caption, tip, signal, primary, drawing in (
                ("welcomeNew", self.tr("New project…"), self.tr("From a folder of images or a CSV"), self.new, True,
                 "new"),
                ("welcomeOpen", self.tr("Open project…"), self.tr("A .dlproj folder"), self.open, False, "open"),
                ("welcomeDemo", self.tr("Try the demo"), self.tr("2,000 images of textile with defects"), self.demo,
                 False, "demo")):
            made = button(name, caption, tip, signal.emit, primary)
            icons.dress(made, drawing)
            buttons.addWidget(made)
        buttons.addStretch()
        hint = QLabel(self.tr("Or drop a folder of images, a CSV or a project on this window."))
        hint.setProperty("soft", True)
        column = QVBoxLayout()
        for widget in (title, text):
            column.addWidget(widget)
        column.addSpacing(16)
        column.addLayout(buttons)
        column.addWidget(hint)
        column.addSpacing(16)
        self.head = QLabel(self.tr("Recent projects"))
        column.addWidget(self.head)
        column.addWidget(self.list, 1)
        column.addStretch(0)  # takes the room where there is no list
        row = QHBoxLayout(self)
        row.addStretch(1)
        row.addLayout(column, 3)
        row.addStretch(1)
        row.setContentsMargins(24, 48, 24, 48)
        self.refresh()

    def refresh(self) -> None:
        """Shows the recent projects that are still there."""
        self.list.clear()
        for folder in session.recent():
            item = QListWidgetItem(f"{folder.stem}\n{folder.parent}")
            item.setData(Qt.ItemDataRole.UserRole, str(folder))
            self.list.addItem(item)
        self.list.setVisible(self.list.count() > 0)
        self.head.setText(self.tr("Recent projects") if self.list.count() else "")
