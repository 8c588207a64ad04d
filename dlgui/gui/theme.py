"""Light and dark: one palette of named colours each, a Qt palette and one style sheet made from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True)
class Colours:
    """The colours of a theme, `#rrggbb`."""

    window: str
    panel: str
    raised: str
    ink: str
    soft: str
    line: str
    accent: str
    on_accent: str
    right: str
    wrong: str
    warning: str


LIGHT = Colours("#f4f6f8", "#ffffff", "#e9edf1", "#1b2733", "#56646f", "#d3dae1", "#0b63bd", "#ffffff", "#0b63bd",
                "#c62828", "#9a6700")
DARK = Colours("#16191d", "#1e2227", "#2a3037", "#e6eaee", "#9aa6b2", "#363d46", "#4c9ffe", "#0b1420", "#4c9ffe",
               "#ff6b60", "#e3b341")
CHOICES = ("system", "light", "dark")

_current = LIGHT


class Notifier(QObject):
    """Tells those who paint with colours of their own that the theme has changed (`changed`)."""

    changed = Signal()


@cache
def notifier() -> Notifier:
    """The one notifier."""
    return Notifier()


def colours() -> Colours:
    """The colours in use."""
    return _current


def chosen() -> str:
    """What the user chose: `system`, `light` or `dark`."""
    value = str(QSettings().value("theme", "system"))
    return value if value in CHOICES else "system"


def apply(choice: str | None = None) -> None:
    """Dresses the application; None takes what the user chose last."""
    global _current
    if choice is not None:
        QSettings().setValue("theme", choice)
    choice = choice or chosen()
    dark = choice == "dark" or (choice == "system"
                                and QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark)
    _current = DARK if dark else LIGHT
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.setStyle("Fusion")
    application.setPalette(_palette(_current))
    application.setStyleSheet(_sheet(_current))
    notifier().changed.emit()


def next_choice() -> str:
    """What the switch in the toolbar goes to: the other of light and dark."""
    return "light" if _current is DARK else "dark"


def _palette(c: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, colour in ((role.Window, c.window), (role.WindowText, c.ink), (role.Base, c.panel),
                         (role.AlternateBase, c.raised), (role.Text, c.ink), (role.Button, c.raised),
                         (role.ButtonText, c.ink), (role.Highlight, c.accent), (role.HighlightedText, c.on_accent),
                         (role.ToolTipBase, c.panel), (role.ToolTipText, c.ink), (role.PlaceholderText, c.soft),
                         (role.Link, c.accent), (role.Mid, c.line), (role.Dark, c.line), (role.Light, c.raised)):
        palette.setColor(name, QColor(colour))
    for name in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(c.soft))
    return palette


def _sheet(c: Colours) -> str:
    return f"""
    QWidget {{ color: {c.ink}; }}
    QMainWindow, QDialog {{ background: {c.window}; }}
    QToolTip {{ background: {c.panel}; color: {c.ink}; border: 1px solid {c.line}; padding: 4px; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {c.line}; }}
    QTabBar::tab {{ background: transparent; color: {c.soft}; padding: 9px 22px; font-weight: 600;
                   border-bottom: 3px solid transparent; }}
    QTabBar::tab:selected {{ color: {c.ink}; border-bottom: 3px solid {c.accent}; }}
    QTabBar::tab:hover {{ color: {c.ink}; }}
    QPushButton {{ background: {c.raised}; border: 1px solid {c.line}; border-radius: 5px; padding: 6px 14px; }}
    QPushButton:hover {{ border-color: {c.accent}; }}
    QPushButton:pressed {{ background: {c.line}; }}
    QPushButton:disabled {{ color: {c.soft}; background: transparent; }}
    QPushButton:focus, QListView:focus, QTableView:focus, QLineEdit:focus {{ border: 1px solid {c.accent}; }}
    QPushButton[primary="true"] {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent};
                                  font-weight: 600; }}
    QPushButton[primary="true"]:disabled {{ background: {c.raised}; color: {c.soft}; border-color: {c.line}; }}
    QComboBox, QSpinBox, QDoubleSpinBox {{ min-height: 24px; }}
    QLineEdit, QPlainTextEdit {{ background: {c.panel};
        border: 1px solid {c.line}; border-radius: 5px; padding: 5px 8px; selection-background-color: {c.accent};
        selection-color: {c.on_accent}; }}
    QComboBox QAbstractItemView {{ background: {c.panel}; border: 1px solid {c.line}; }}
    QListView, QTableView, QTreeView {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: 6px;
        gridline-color: {c.line}; outline: none; }}
    QListWidget::item {{ padding: 5px 6px; }}
    QListWidget::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QTableView::item {{ padding: 4px; }}
    QHeaderView::section {{ background: {c.window}; color: {c.soft}; border: none;
        border-bottom: 1px solid {c.line}; padding: 6px 8px; font-weight: 600; }}
    QGroupBox {{ font-weight: 600; border: 1px solid {c.line}; border-radius: 6px; margin-top: 12px;
                padding: 10px 8px 8px 8px; background: {c.panel}; }}
    QGroupBox::title {{ subcontrol-origin: margin; left: 10px; padding: 0 4px; color: {c.soft}; }}
    QProgressBar {{ background: {c.raised}; border: none; border-radius: 4px; height: 8px; text-align: center; }}
    QProgressBar::chunk {{ background: {c.accent}; border-radius: 4px; }}
    QStatusBar {{ background: {c.window}; border-top: 1px solid {c.line}; }}
    QToolBar {{ background: {c.window}; border: none; spacing: 4px; padding: 4px 8px; }}
    QToolButton {{ border: 1px solid transparent; border-radius: 5px; padding: 5px 9px; }}
    QToolButton:hover {{ background: {c.raised}; }}
    QMenuBar, QMenu {{ background: {c.window}; }}
    QMenu {{ border: 1px solid {c.line}; }}
    QMenu::item {{ padding: 5px 26px 5px 18px; }}
    QMenu::item:selected, QMenuBar::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QMenu::item:disabled {{ color: {c.soft}; }}
    QSplitter::handle {{ background: transparent; }}
    QScrollArea {{ border: none; background: transparent; }}
    QScrollArea > QWidget > QWidget {{ background: transparent; }}
    QLabel[soft="true"] {{ color: {c.soft}; }}
    QLabel[title="true"] {{ font-size: 22px; font-weight: 700; }}
    QLabel[figure="true"] {{ font-size: 20px; font-weight: 700; }}
    QLabel[warning="true"] {{ color: {c.warning}; }}
    """
