"""A page of the Evaluate tab's left side."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QWidget

from dlgui.gui.commands import Command
from dlgui.gui.evaluate.inspection import Inspection
from dlgui.gui.scenes import Scene


class Page(QWidget):
    """One view of the inspection; a click in it chooses images.

    A page listens to the inspection's signals and does its work only while `active`, so that a hidden page costs
    nothing: `activate` tells it that it is seen now.
    """

    name = ""
    """Ends the objectName of its button."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection = inspection
        self.active = False
        self._waiting: Callable[[], object] | None = None

    def build(self) -> Iterator[None]:
        """Makes what takes long, a piece at a time; called once, when the page has its place."""
        return iter(())

    def when_ready(self, act: Callable[[], object]) -> None:
        """Calls `act` as soon as what the page computes is there (see `ready`)."""
        self._waiting = act
        self.refresh()

    def ready(self) -> None:
        """A page calls this when it has shown what it computed."""
        act, self._waiting = self._waiting, None
        if act is not None:
            act()

    def title(self) -> str:
        """On its button."""
        raise NotImplementedError

    def tip(self) -> str:
        """Tooltip of its button."""
        raise NotImplementedError

    def activate(self, active: bool) -> None:
        """The page is seen now, or no longer."""
        self.active = active
        if active:
            self.refresh()

    def refresh(self) -> None:
        """Shows the inspection as it is."""

    def commands(self) -> list[Command]:
        """What the menus offer here."""
        return []

    def scenes(self) -> list[Scene]:
        """Pictures of this page; it is active when they are taken."""
        return []
