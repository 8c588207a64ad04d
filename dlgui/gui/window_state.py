"""What the window remembers: its place, docks, splitters and the size of the pictures."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow, QSlider, QSplitter


def restore(window: QMainWindow) -> None:
    """Place and docks as they were."""
    for name, put in (("geometry", window.restoreGeometry), ("docks", window.restoreState)):
        value = QSettings().value(name)
        if isinstance(value, QByteArray):
            put(value)


def restore_parts(window: QMainWindow) -> None:
    """Splitters and sliders as they were; once the tabs are there."""
    settings = QSettings()
    for splitter in _splitters(window):
        value = settings.value(f"splitter/{splitter.objectName()}")
        if isinstance(value, QByteArray):
            splitter.restoreState(value)
    for slider in _sliders(window):
        value = settings.value(f"slider/{slider.objectName()}")
        if value is not None and str(value).isdigit():
            slider.setValue(int(str(value)))


def save(window: QMainWindow) -> None:
    """Keeps all of it for the next start."""
    settings = QSettings()
    settings.setValue("geometry", window.saveGeometry())
    settings.setValue("docks", window.saveState())
    for splitter in _splitters(window):
        settings.setValue(f"splitter/{splitter.objectName()}", splitter.saveState())
    for slider in _sliders(window):
        settings.setValue(f"slider/{slider.objectName()}", slider.value())


def _splitters(window: QMainWindow) -> list[QSplitter]:
    return [s for s in window.findChildren(QSplitter) if s.objectName()]


def _sliders(window: QMainWindow) -> list[QSlider]:
    return [s for s in window.findChildren(QSlider) if s.objectName().lower().endswith("sizeslider")]
