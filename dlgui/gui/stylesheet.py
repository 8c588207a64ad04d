"""The style sheet of the application, made from the colours of a theme."""

from __future__ import annotations

from dataclasses import dataclass

from dlgui import resources


@dataclass(frozen=True)
class Colours:
    """The colours of a theme, `#rrggbb`, and its name."""

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
    faint: str
    accent_hover: str
    name: str


ROLES = {"window": "window", "panel": "base", "raised": "alternate-base", "ink": "window-text",
         "soft": "placeholder-text", "line": "mid", "accent": "highlight", "on_accent": "highlighted-text",
         "right": "link", "wrong": "bright-text", "warning": "shadow", "faint": "midlight",
         "accent_hover": "link-visited"}
"""The role of the palette that holds each colour, as style sheets name it."""

MARKED = "#2b7de0"
"""Behind the white check mark, which no sheet can colour; seen well in both themes, as are the arrows."""


def sheet() -> str:
    """The style sheet of the whole application. It is the same in every theme: what takes a quarter of a second, and
    cannot be done in pieces, is to replace it."""
    c = Colours(**{name: f"palette({role})" for name, role in ROLES.items()}, name="")
    return (_frames(c) + _buttons(c) + _fields(c) + _marks(c) + _lists(c) + _bars(c)
            + "".join(f'QLabel[{name}="true"] {{ {rule} }}\n' for name, rule in (
                ("soft", f"color: {c.soft};"), ("title", "font-size: 26px; font-weight: 700;"),
                ("figure", "font-size: 20px; font-weight: 700;"), ("heading", "font-size: 15px; font-weight: 700;"),
                ("head", "font-weight: 600;"),
                ("warning", f"color: {c.warning};"), ("wrong", f"color: {c.wrong};"))))


def _mark(name: str) -> str:
    """A small drawing for the style sheet."""
    return f'url("{resources.path(f"icons/{name}.svg").as_posix()}")'


def _frames(c: Colours) -> str:
    return f"""
    QWidget {{ color: {c.ink}; }}
    QMainWindow, QDialog {{ background: {c.window}; }}
    QToolTip {{ background: {c.panel}; color: {c.ink}; border: 1px solid {c.line}; padding: 5px 7px; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {c.line}; }}
    QTabBar::tab {{ background: transparent; color: {c.soft}; padding: 10px 22px; font-weight: 600;
                   border-bottom: 3px solid transparent; }}
    QTabBar::tab:selected {{ color: {c.ink}; border-bottom: 3px solid {c.accent}; }}
    QTabBar::tab:hover {{ color: {c.ink}; }}
    QTabBar::tab:focus {{ background: {c.raised}; }}
    QGroupBox {{ font-weight: 600; border: 1px solid {c.line}; border-radius: 8px; margin: 0;
                padding: 30px 6px 6px 6px; background: {c.panel}; }}
    QGroupBox::title {{ subcontrol-origin: border; subcontrol-position: top left; padding: 10px 12px 0 12px;
                       color: {c.ink}; background: transparent; }}
    QFrame[card="true"] {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: 8px; }}
    QFrame[card="true"]:hover {{ border-color: {c.accent}; }}
    QFrame[chosen="true"] {{ border: 2px solid {c.accent}; }}
    QSplitter::handle {{ background: transparent; }}
    QSplitter::handle:hover {{ background: {c.line}; }}
    QScrollArea {{ border: none; background: transparent; }}
    QScrollArea > QWidget > QWidget {{ background: transparent; }}
    QDockWidget {{ font-weight: 600; }}
    QDockWidget::title {{ background: {c.window}; border-top: 1px solid {c.line}; padding: 6px 10px; }}
    QStatusBar {{ background: {c.window}; border-top: 1px solid {c.line}; }}
    QStatusBar::item {{ border: none; }}
    """


def _buttons(c: Colours) -> str:
    return f"""
    QPushButton {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: 6px; padding: 6px 14px;
                  min-height: 18px; }}
    QPushButton:hover {{ border-color: {c.accent}; background: {c.raised}; }}
    QPushButton:pressed {{ background: {c.line}; }}
    QPushButton:checked {{ background: {c.raised}; border-color: {c.accent}; font-weight: 600; }}
    QPushButton:disabled {{ color: {c.faint}; background: transparent; }}
    QPushButton:focus {{ border: 1px solid {c.accent}; }}
    QPushButton[tight="true"] {{ padding-left: 6px; padding-right: 6px; }}
    QPushButton[primary="true"] {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent};
                                  font-weight: 600; }}
    QPushButton[primary="true"]:hover {{ background: {c.accent_hover}; border-color: {c.accent_hover}; }}
    QPushButton[primary="true"]:focus {{ border: 2px solid {c.ink}; padding: 5px 13px; }}
    QPushButton[primary="true"]:disabled {{ background: {c.raised}; color: {c.faint}; border-color: {c.line}; }}
    QToolBar {{ background: transparent; border: none; spacing: 2px; padding: 0 6px; margin: 0; }}
    QToolBar::separator {{ background: {c.line}; width: 1px; margin: 6px 5px; }}
    QToolButton {{ border: 1px solid transparent; border-radius: 6px; padding: 4px; background: transparent; }}
    QToolBar QToolButton {{ min-width: 22px; min-height: 22px; }}
    QToolButton:hover {{ background: {c.raised}; }}
    QToolButton:pressed {{ background: {c.line}; }}
    QToolButton:checked {{ background: {c.raised}; border-color: {c.accent}; }}
    QToolButton[segment="true"] {{ background: {c.raised}; border: 1px solid {c.line}; border-radius: 0;
        padding: 5px 14px; }}
    QToolButton[segment="true"]:checked {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent};
        font-weight: 600; }}
    QToolButton:focus {{ border-color: {c.accent}; }}
    QToolButton:disabled {{ color: {c.faint}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QToolButton[popup="true"] {{ background: {c.panel}; border: 1px solid {c.line}; min-height: 18px;
                                padding: 6px 17px 6px 6px; }}
    QToolButton[popup="true"]:hover {{ border-color: {c.accent}; background: {c.raised}; }}
    QToolButton[popup="true"]:focus {{ border-color: {c.accent}; }}
    QToolButton[popup="true"]:disabled {{ background: transparent; }}
    QToolButton[popup="true"]::menu-indicator {{ image: {_mark('down')}; width: 10px; height: 10px;
        subcontrol-origin: padding; subcontrol-position: center right; right: 4px; }}
    """


def _fields(c: Colours) -> str:
    return f"""
    QLineEdit, QAbstractSpinBox, QComboBox {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: 6px;
        padding: 4px 8px; min-height: 20px; selection-background-color: {c.accent};
        selection-color: {c.on_accent}; }}
    QPlainTextEdit, QTextEdit {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: 6px; padding: 4px;
        selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
    QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {{ border-color: {c.soft}; }}
    QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus {{ border-color: {c.accent}; }}
    QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {c.faint};
        background: {c.window}; }}
    QAbstractSpinBox[wrong="true"] {{ border-color: {c.wrong}; }}
    QAbstractSpinBox {{ padding: 4px 22px 4px 8px; }}
    QAbstractSpinBox QLineEdit, QComboBox QLineEdit {{ border: none; padding: 0; min-height: 0;
        background: transparent; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border; width: 20px;
        border: none; background: transparent; margin: 1px; }}
    QAbstractSpinBox::up-button {{ subcontrol-position: top right; border-top-right-radius: 5px; }}
    QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; border-bottom-right-radius: 5px; }}
    QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {c.raised}; }}
    QAbstractSpinBox::up-button:pressed, QAbstractSpinBox::down-button:pressed {{ background: {c.line}; }}
    QAbstractSpinBox::up-arrow {{ image: {_mark('up')}; width: 10px; height: 10px; }}
    QAbstractSpinBox::down-arrow {{ image: {_mark('down')}; width: 10px; height: 10px; }}
    QComboBox {{ padding-right: 2px; }}
    QComboBox::drop-down {{ subcontrol-origin: border; subcontrol-position: center right; width: 24px;
        border: none; background: transparent; }}
    QComboBox::down-arrow {{ image: {_mark('down')}; width: 10px; height: 10px; }}
    QComboBox QAbstractItemView {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: 0;
        padding: 3px; outline: none; selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
    QComboBox QAbstractItemView::item {{ min-height: 26px; padding: 0 6px; }}
    """


def _marks(c: Colours) -> str:
    return f"""
    QCheckBox, QRadioButton {{ spacing: 8px; }}
    QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator {{ width: 15px; height: 15px;
        border: 1px solid {c.faint}; background: {c.panel}; }}
    QCheckBox::indicator, QAbstractItemView::indicator {{ border-radius: 4px; }}
    QRadioButton::indicator {{ border-radius: 8px; }}
    QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {c.accent}; }}
    QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border: 2px solid {c.accent}; width: 13px;
        height: 13px; }}
    QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{ background: {MARKED};
        border-color: {MARKED}; image: {_mark('check')}; }}
    QRadioButton::indicator:checked {{ background: {c.panel}; border: 5px solid {c.accent}; width: 7px;
        height: 7px; }}
    QCheckBox::indicator:disabled {{ background: {c.window}; border-color: {c.line}; }}
    QSlider {{ min-height: 20px; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {c.line}; }}
    QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {c.accent}; }}
    QSlider::sub-page:horizontal:disabled {{ background: {c.line}; }}
    QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 8px;
        background: {c.panel}; border: 1px solid {c.soft}; }}
    QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ border-color: {c.accent}; }}
    QProgressBar {{ background: {c.line}; border: none; border-radius: 3px; max-height: 6px; text-align: center; }}
    QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
    """


def _lists(c: Colours) -> str:
    return f"""
    QListView, QTableView, QTreeView {{ background: {c.panel}; border: 1px solid {c.line}; border-radius: 6px;
        gridline-color: {c.line}; outline: none; selection-background-color: {c.accent};
        selection-color: {c.on_accent}; }}
    QListView:focus, QTableView:focus, QTreeView:focus {{ border: 1px solid {c.accent}; }}
    QListWidget::item {{ padding: 6px 8px; border-radius: 4px; }}
    QListWidget::item:hover {{ background: {c.raised}; }}
    QListWidget::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QTableView::item {{ padding: 4px; }}
    QHeaderView {{ background: {c.window}; }}
    QHeaderView::section {{ background: {c.window}; color: {c.soft}; border: none;
        border-bottom: 1px solid {c.line}; padding: 6px 8px; font-weight: 600; }}
    QTableCornerButton::section {{ background: {c.window}; border: none; }}
    """


def _bars(c: Colours) -> str:
    return f"""
    QScrollBar {{ background: transparent; border: none; margin: 0; }}
    QScrollBar:vertical {{ width: 12px; }}
    QScrollBar:horizontal {{ height: 12px; }}
    QScrollBar::handle {{ background: {c.faint}; border-radius: 4px; margin: 2px; }}
    QScrollBar::handle:vertical {{ min-height: 36px; }}
    QScrollBar::handle:horizontal {{ min-width: 36px; }}
    QScrollBar::handle:hover {{ background: {c.soft}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QMenuBar, QMenu {{ background: {c.window}; }}
    QMenuBar {{ border: none; }}
    QTabBar {{ qproperty-drawBase: 0; }}
    QMenuBar::item {{ padding: 5px 10px; background: transparent; }}
    QMenu {{ border: 1px solid {c.line}; padding: 4px; }}
    QMenu::item {{ padding: 6px 28px 6px 10px; border-radius: 4px; }}
    QMenu::icon {{ padding-left: 8px; }}
    QMenu::separator {{ height: 1px; background: {c.line}; margin: 4px 8px; }}
    QMenu::item:selected, QMenuBar::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QMenu::item:disabled {{ color: {c.faint}; }}
    """
