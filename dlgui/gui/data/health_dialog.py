"""Data health: what was found, and a click that shows the images."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget


class HealthDialog(QDialog):
    """Lists the findings.

    Signals:
        show_paths: the images of a finding shall be shown.
    """

    show_paths = Signal(list)

    def __init__(self, found: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("healthDialog")
        self.setWindowTitle(self.tr("Data health"))
        self.resize(560, 420)
        self.list = QListWidget()
        self.list.setObjectName("healthList")
        self.list.setAccessibleName(self.tr("Findings"))
        self.list.setToolTip(self.tr("Double click shows the images"))
        self.list.itemActivated.connect(lambda item: self.show_paths.emit(item.data(Qt.ItemDataRole.UserRole)))
        titles = {"unreadable": self.tr("{n} images that cannot be read"),
                  "conflicts": self.tr("{n} sets of duplicates with different labels"),
                  "leaks": self.tr("{n} sets of identical images in different splits"),
                  "near_leaks": self.tr("{n} sets of nearly identical images in different splits"),
                  "exact_duplicates": self.tr("{n} sets of identical images"),
                  "near_duplicates": self.tr("{n} sets of nearly identical images"),
                  "label_issues": self.tr("{n} labels that look wrong to the last run")}
        for key, title in titles.items():
            if found[key]:
                item = QListWidgetItem(title.format(n=len(found[key])))
                item.setData(Qt.ItemDataRole.UserRole, _paths(found[key]))
                self.list.addItem(item)
        ratio = found["imbalance"].get("ratio") if isinstance(found["imbalance"], dict) else None
        note = QLabel(self.tr("Double click a finding to see its images in the grid.") if self.list.count()
                      else self.tr("No problem was found."))
        note.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.addWidget(note)
        layout.addWidget(self.list, 1)
        if ratio:
            layout.addWidget(QLabel(self.tr("The largest class has {r:.1f} times the images of the smallest.").format(
                r=float(ratio))))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def _paths(items: list[Any]) -> list[str]:
    paths: list[str] = []
    for item in items:
        paths += item if isinstance(item, list) else [item["path"]]
    return paths
