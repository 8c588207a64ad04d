"""What can be done: each command once, as an action with menu, shortcut and tooltip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from dlgui.gui import icons

MENUS = ("file", "edit", "data", "train", "evaluate", "apply", "view", "help")


@dataclass(frozen=True)
class Command:
    """One thing a person can do.

    Attributes:
        name: objectName of its action.
        menu: one of `MENUS`.
        text: in the menu and the palette; ends in `…` where a dialog follows.
        slot: called without arguments.
        keys: shortcut: one stroke, or for the less frequent two, of which the first is the same all over a tab.
        project: whether a project must be open.
        separated: whether a line stands above it in the menu.
        icon: name of a drawing in resources/icons, or empty.
    """

    name: str
    menu: str
    text: str
    slot: Callable[[], Any]
    keys: str
    project: bool = True
    separated: bool = False
    icon: str = ""


class CommandBook:
    """The actions of a window; the window and its tabs add theirs (a tab has a method `commands`)."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        titles = (window.tr("&File"), window.tr("&Edit"), window.tr("&Data"), window.tr("&Train"),
                  window.tr("E&valuate"), window.tr("&Apply"), window.tr("&View"), window.tr("&Help"))
        self._menus: dict[str, QMenu] = {}
        for name, title in zip(MENUS, titles, strict=True):
            self._menus[name] = window.menuBar().addMenu(title)
        self._actions: dict[str, QAction] = {}
        self._open = False

    def add(self, commands: Iterable[Command]) -> None:
        """Makes an action of each command."""
        for command in commands:
            action = QAction(command.text, self._window)
            action.setObjectName(command.name)
            if command.icon:
                icons.dress(action, command.icon)
            action.setShortcut(QKeySequence(command.keys))
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(command.text.replace("&", "").rstrip("…") + f" ({keys})")
            action.setProperty("project", command.project)
            action.setEnabled(self._open or not command.project)
            action.triggered.connect(lambda *_, slot=command.slot: slot())
            menu = self._menus[command.menu]
            if command.separated:
                menu.addSeparator()
            menu.addAction(action)
            self._window.addAction(action)
            self._actions[command.name] = action

    def add_menu(self, menu: QMenu, name: str, after: str) -> None:
        """Puts a menu of its own into the menu `name`, below the action `after`."""
        entries = self._menus[name].actions()
        place = entries.index(self._actions[after]) + 1
        if place < len(entries):
            self._menus[name].insertMenu(entries[place], menu)
        else:
            self._menus[name].addMenu(menu)

    def actions(self) -> dict[str, QAction]:
        """Every action by its objectName."""
        return dict(self._actions)

    def project_is_open(self, is_open: bool) -> None:
        """Enables what needs a project, or disables it."""
        self._open = is_open
        for action in self._actions.values():
            if action.property("project"):
                action.setEnabled(is_open)
