"""The main window: welcome page or the four tabs, with menus, toolbar, status bar and log around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyqtgraph  # noqa: F401 - touches every type of Qt, which must happen in the window's thread: see `Making`
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QGraphicsView, QLineEdit, QMainWindow, QMessageBox, QStackedWidget

from dlgui.errors import DlguiError
from dlgui.gui import icons, problems, remedies, shell_scenes, theme, window_state
from dlgui.gui.commands import Command, CommandBook
from dlgui.gui.deliver.exports import Exports
from dlgui.gui.deliver.journal_panel import JournalPanel
from dlgui.gui.garbage import Collector
from dlgui.gui.grid_model import DRAGGED
from dlgui.gui.history import HistoryActions
from dlgui.gui.log_panel import LogPanel
from dlgui.gui.making import Making
from dlgui.gui.palette import CommandPalette
from dlgui.gui.pieces import Pieces
from dlgui.gui.projects import ProjectDesk
from dlgui.gui.recent_menu import RecentMenu
from dlgui.gui.scenes import Scene
from dlgui.gui.session import Session
from dlgui.gui.status import JobStatus
from dlgui.gui.steady_tabs import SteadyTabs
from dlgui.gui.thumbnails import Thumbnails
from dlgui.gui.toolbar import MainToolBar
from dlgui.gui.welcome import WelcomePage
from dlgui.project.changes import Changes
from dlgui.project.project import Project

MESSAGE = 12000
"""Milliseconds that a sentence stays in the status bar."""

NEEDED = ("dlgui.gui.data.tab", "dlgui.gui.train.tab", "dlgui.gui.evaluate.tab", "dlgui.gui.apply.tab")
"""What the tabs import."""


class MainWindow(QMainWindow):
    """Everything the user sees. All state is in the session's project."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self.setMinimumSize(1024, 700)
        self.setWindowTitle("dlgui")
        self.session, self.pictures, self.garbage = Session(self), Thumbnails(self), Collector(self)
        self.welcome = WelcomePage()
        self.tabs = SteadyTabs()
        self.tabs.setObjectName("workflowTabs")
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("Workflow"))
        self.pages = QStackedWidget()
        for page in (self.welcome, self.tabs):
            self.pages.addWidget(page)
        self.setCentralWidget(self.pages)
        self.status = JobStatus(self.session.jobs)
        self.statusBar().addPermanentWidget(self.status)
        self.log, self.journal = LogPanel(self.session.jobs, self), JournalPanel(self.session, self)
        for dock in (self.log, self.journal):
            self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
            dock.hide()
        self.tabifyDockWidget(self.log, self.journal)
        self.projects = ProjectDesk(self.session, self.tell, self)
        self.exports = Exports(self.session, lambda: self.train_tab.selected_run(), self.tell, self.pictures, self)
        self.commands = CommandBook(self)
        for commands in (self.projects.commands(), self.exports.commands(), self._commands()):
            self.commands.add(commands)
        self.commands.add_menu(RecentMenu(self.session, self), "file", "actionOpenProject")
        self._refreshing = Pieces(self)
        self.making = Making(NEEDED, self._make_tabs, self)
        self.session.ready.clear()
        self._connect()
        actions = self.commands.actions()
        self.history = HistoryActions(self.session, actions["actionUndo"], actions["actionRedo"], self)
        window_state.restore(self)

    def _connect(self) -> None:
        self.welcome.new.connect(lambda: self.projects.new())
        self.welcome.open.connect(lambda: self.projects.open_dialog())
        self.welcome.demo.connect(lambda: self.projects.demo())
        self.welcome.recent.connect(lambda path: self.session.open_soon(Path(path)))
        self.making.done.connect(self.session.ready.set)
        self.session.opened.connect(self._opened)
        self.session.hurry.connect(self._refreshing.finish)
        self.session.changed.connect(self._changed)
        self.session.problem.connect(self.show_problem)
        self.session.recent_changed.connect(self.welcome.refresh)
        self.projects.show_paths.connect(self._show_paths)
        theme.notifier().changed.connect(self._dress)

    # --- tabs

    def _make_tabs(self) -> Iterator[None]:
        """The tabs, a piece at a time, while the welcome page is looked at; the first project waits for them."""
        from dlgui.gui.apply.tab import ApplyTab
        from dlgui.gui.data.tab import DataTab
        from dlgui.gui.evaluate.tab import EvaluateTab
        from dlgui.gui.train.tab import TrainTab

        self.data_tab, self.train_tab = DataTab(self.session, self.pictures), TrainTab(self.session, self.pictures)
        self.evaluate_tab = EvaluateTab(self.session, self.pictures)
        self.apply_tab = ApplyTab(self.session, self.pictures)
        for tab, name in ((self.data_tab, self.tr("1  Data")), (self.train_tab, self.tr("2  Train")),
                          (self.evaluate_tab, self.tr("3  Evaluate")), (self.apply_tab, self.tr("4  Apply"))):
            self.tabs.addTab(tab, name)
            yield from tab.build()
            yield
            self.commands.add(tab.commands())
            yield
        self.toolbar = MainToolBar(self.commands.actions(), self)
        self.tabs.setCornerWidget(self.toolbar, Qt.Corner.TopRightCorner)
        for part in (*self.findChildren(QLineEdit), *self.findChildren(QGraphicsView)):
            part.setAcceptDrops(False)  # what is dropped anywhere is the window's
        self.train_tab.show_me.connect(lambda: self.tabs.setCurrentWidget(self.train_tab))
        self.train_tab.images_wanted.connect(self._show_paths)
        self.train_tab.says.connect(self.tell)
        self.evaluate_tab.stuck.connect(lambda mend: self.evaluate_tab.offer(remedies.offer_for(mend, self)))
        self.tabs.currentChanged.connect(lambda _: self._changed_tab())
        yield
        window_state.restore_parts(self)

    def all_tabs(self) -> list[Any]:
        """The tabs, once they are made; each has `build`, `refresh`, `apply_changes`, `commands` and `scenes`."""
        return [self.tabs.widget(i) for i in range(self.tabs.count())] if self.making.finished else []

    def _changed_tab(self) -> None:
        self._refreshing.finish()
        if self.tabs.currentWidget() is self.evaluate_tab and self.evaluate_tab.evaluation is None:
            self.evaluate_tab.refresh()

    def scenes(self) -> list[Scene]:
        """Pictures of what belongs to the whole window."""
        return shell_scenes.scenes(self)

    # --- actions

    def _commands(self) -> list[Command]:
        def tab(i: int) -> Callable[[], None]:
            return lambda: self.tabs.setCurrentIndex(i)

        def dress(choice: str) -> Callable[[], None]:
            return lambda: theme.switch(choice)

        tabs = ((self.tr("Data"), "images"), (self.tr("Train"), "train"), (self.tr("Evaluate"), "evaluate"),
                (self.tr("Apply"), "apply"))
        return [
            Command("actionQuit", "file", self.tr("Quit"), self.close, "Ctrl+Q", False, True, icon="quit"),
            Command("actionUndo", "edit", self.tr("Undo"), self.session.undo, "Ctrl+Z", icon="undo"),
            Command("actionRedo", "edit", self.tr("Redo"), self.session.redo, "Ctrl+Shift+Z", icon="redo"),
            Command("actionCommandPalette", "edit", self.tr("Find a command…"), self.show_palette, "Ctrl+K", False,
                    True, icon="search"),
            Command("actionCheckData", "data", self.tr("Check data…"), self.check_data, "Ctrl+H", icon="health"),
            *(Command(f"actionTab{i + 1}", "view", name, tab(i), f"Ctrl+{i + 1}", icon=icon)
              for i, (name, icon) in enumerate(tabs)),
            Command("actionShowLog", "view", self.tr("Log"), self.toggle_log, "Ctrl+Shift+L", False, True, icon="log"),
            Command("actionShowJournal", "view", self.tr("Journal"), self.toggle_journal, "Ctrl+Shift+J", False,
                    icon="script"),
            Command("actionSwitchTheme", "view", self.tr("Light or dark"), lambda: theme.switch(theme.next_choice()),
                    "Ctrl+Shift+D", False, True, icon="theme"),
            *(Command(f"actionTheme{choice.title()}", "view", text, dress(choice), f"Ctrl+U, {choice[0].upper()}",
                      False)
              for choice, text in (("system", self.tr("Theme of the system")), ("light", self.tr("Light theme")),
                                   ("dark", self.tr("Dark theme")))),
            Command("actionAbout", "help", self.tr("About dlgui"), self.about, "F1", False, icon="help")]

    def actions_by_name(self) -> dict[str, QAction]:
        """Every action by its objectName."""
        return self.commands.actions()

    # --- project

    def _opened(self, project: Project | None) -> None:
        if project is not None:
            self.making.finish()
            self.pages.setCurrentWidget(self.tabs)
            self.setWindowTitle(f"{project.name}{self.tr(' (read-only)') if project.read_only else ''} – dlgui")
            if project.read_only:
                self.tell(self.tr("Read-only: another window has this project open, or its folder is protected."))
        else:
            self.welcome.refresh()
            self.pages.setCurrentWidget(self.welcome)
            self.setWindowTitle("dlgui")
        self.commands.project_is_open(project is not None)
        self._refreshing.start(self._refresh_tabs())
        if project is None:
            self._refreshing.finish()
        if project is not None and self.tabs.currentWidget() is self.data_tab:
            self.data_tab.grid.setFocus()  # the keys that label work at once
        self.projects.opened(project)

    def _refresh_tabs(self) -> Iterator[None]:
        """What is seen first, then the others."""
        for tab in sorted(self.all_tabs(), key=lambda tab: tab is not self.tabs.currentWidget()):
            tab.refresh()
            yield

    def _changed(self, changes: Changes) -> None:
        for tab in self.all_tabs():
            tab.apply_changes(changes)

    def create_project(self, folder: Path, images: Path, source: str) -> None:
        """Makes a project off the window's thread and opens it."""
        self.projects.create(folder, images, source)

    def check_data(self) -> None:
        """Looks for what is wrong with the data and lists it."""
        from dlgui.gui.data.health_dialog import HealthDialog

        if self.session.project is not None:
            dialog = HealthDialog(self.session, self.pictures, None, self)
            dialog.show_paths.connect(self._show_paths)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.show()

    def _show_paths(self, paths: list[str]) -> None:
        from dlgui.gui.filters import Filter

        self.tabs.setCurrentIndex(0)
        self.data_tab.clear_filter()
        self.data_tab.show_only(Filter(only=frozenset(paths)))
        if len(paths) == 1:
            self.data_tab.grid.select([0])

    # --- window

    def tell(self, text: str) -> None:
        """Shows a sentence in the status bar for a while."""
        self.statusBar().showMessage(text, MESSAGE)

    def show_palette(self) -> None:
        """All actions by name."""
        CommandPalette(list(self.actions_by_name().values()), self).exec()

    def toggle_log(self) -> None:
        """Shows the log, or hides it."""
        self.log.setVisible(not self.log.isVisible())

    def toggle_journal(self) -> None:
        """Shows the journal, or hides it."""
        self.journal.setVisible(not self.journal.isVisible())
        self.journal.raise_()

    def _dress(self) -> None:
        icons.redress(self)
        self.update()

    def about(self) -> None:
        """Version and licence."""
        import dlgui

        QMessageBox.about(self, "dlgui", self.tr(
            "dlgui {version}\nLabel images, train a classifier, find out why it errs.\n\nApache-2.0; third-party "
            "notices are in resources/third-party-notices.md.").format(version=dlgui.__version__))

    def show_problem(self, problem: BaseException) -> None:
        """One sentence with what can be done about it; a bug with a report that can be copied."""
        offers = remedies.offers(problem, self) if isinstance(problem, DlguiError) else []
        problems.show(problem, self, self.log.lines(), offers)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and not event.mimeData().hasFormat(DRAGGED):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        if not self.exports.dropped(event.mimeData()):
            self.projects.dropped(event.mimeData())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self.making.start)  # after the welcome page is painted

    def closeEvent(self, event: QCloseEvent) -> None:
        self.making.close()
        window_state.save(self)
        self.session.close()
        self.pictures.close()
        self.garbage.close()
        self.log.close_log()
        super().closeEvent(event)
