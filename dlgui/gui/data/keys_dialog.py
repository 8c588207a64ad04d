"""Every key of the Data tab on one page."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from dlgui.project.project import ClassInfo


class KeysDialog(QDialog):
    """Keys left, classes with theirs right."""

    def __init__(self, classes: list[ClassInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("keysDialog")
        self.setWindowTitle(self.tr("Keys of the Data tab"))
        self.resize(720, 560)
        label, move, page = self.tr("Label"), self.tr("Move and select"), self.tr("Suggest")
        sections: dict[str, list[tuple[str, str]]] = {
            label: [(self.tr("0 … 9, letters"), self.tr("the class with that key; number pad too")),
                    ("/", self.tr("find a class by a part of its name, or make a new one")),
                    (self.tr("Delete"), self.tr("take the label away")),
                    ("F", self.tr("flag, or take the flag away")),
                    ("N", self.tr("write a note")),
                    ("X", self.tr("exclude from training and evaluation, or take back in")),
                    (self.tr("drag"), self.tr("selected images onto a class")),
                    ("Alt+Up, Alt+Down", self.tr("move the class that is chosen in the list")),
                    ("Ctrl+Z", self.tr("undo, also after a restart; Ctrl+Shift+Z: redo"))],
            move: [("A, D", self.tr("image before, next image")),
                   (self.tr("arrows"), self.tr("move in the grid; with Shift select")),
                   ("Ctrl+A", self.tr("select everything shown")),
                   (self.tr("drag"), self.tr("from an image that is not selected: a frame that selects"))],
            page: [("Enter", self.tr("accept the suggestion; on a page of one class: label all but the marked")),
                   ("Shift+Enter", self.tr("accept the whole page")),
                   (self.tr("Space, click"), self.tr("mark an image as not belonging to the page"))]}
        text = "".join(f"<h3>{title}</h3><table cellpadding='3'>" + "".join(
            f"<tr><td width='120'><b>{html.escape(key)}</b></td><td>{html.escape(what)}</td></tr>"
            for key, what in rows) + "</table>" for title, rows in sections.items())
        own = "".join(f"<tr><td><b>{html.escape((c.shortcut or '–').upper())}</b>&nbsp;&nbsp;</td>"
                      f"<td><span style='color:{c.colour}'>■</span> {html.escape(c.name)}</td></tr>" for c in classes)
        columns = QHBoxLayout()
        for content, stretch in ((text, 3), (self.tr("<h3>Classes</h3><p>Right click on a class in the list changes "
                                                     "its key.</p>") + f"<table cellpadding='3'>{own}</table>", 2)):
            words = QLabel(content)
            words.setWordWrap(True)
            words.setMargin(8)
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
            scroll = QScrollArea()
            scroll.setWidgetResizable(True)
            scroll.setWidget(words)
            columns.addWidget(scroll, stretch)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(columns, 1)
        layout.addWidget(buttons)
