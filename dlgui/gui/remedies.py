"""What the window can do about an error that a person must mend: buttons for the dialog that says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from dlgui.errors import DlguiError
from dlgui.gui.offer import Offer

if TYPE_CHECKING:
    from dlgui.gui.main_window import MainWindow


def offers(problem: DlguiError, window: MainWindow) -> list[Offer]:
    """What can be done about a problem, the likeliest first."""
    found = [_known(window)[problem.mend]] if problem.mend in _known(window) and (
        window.session.project is not None or problem.mend == "choose project") else []
    folder = _folder(problem.what)
    if folder is not None:
        found.append(Offer("problemShowFolder", window.tr("Open the folder"), window.tr(
            "Show {folder} in the file manager").format(folder=folder),
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))))
    found.append(Offer("problemCopy", window.tr("Copy"), window.tr("Put these sentences on the clipboard"),
                       lambda: QGuiApplication.clipboard().setText(str(problem))))
    return found


def offer_for(mend: str, window: MainWindow) -> Offer | None:
    """The button for one kind of remedy, `DlguiError.mend`; None where nothing can be offered."""
    return _known(window).get(mend)


def _known(window: MainWindow) -> dict[str, Offer]:
    def show(index: int, act: Callable[[], object] = lambda: None) -> Callable[[], object]:
        def shown() -> None:
            window.tabs.setCurrentIndex(index)
            act()

        return shown

    def unlabeled() -> None:
        from dlgui.gui.filters import Filter

        window.data_tab.switch.choose("grid")
        window.data_tab.show_only(Filter(state="unlabeled"))
        window.data_tab.grid.setFocus()

    return {
        "find images": Offer("problemFindImages", window.tr("Find the images…"), window.tr(
            "Say where the image folder is now"), window.projects.relocate),
        "look again": Offer("problemLookAgain", window.tr("Look at the folder again"), window.tr(
            "Find the images that are new, gone or changed; labels are kept"), window.projects.rescan),
        "split": Offer("problemSplit", window.tr("Go to the split"), window.tr("Show the split panel"),
                       show(0, lambda: window.data_tab.split_panel.button.setFocus())),
        "label": Offer("problemLabel", window.tr("Label images"), window.tr("Show the images without a label"),
                       show(0, unlabeled)),
        "train": Offer("problemTrain", window.tr("Go to training"), window.tr("Show the Train tab"), show(1)),
        "smaller rate": Offer("problemSmallerRate", window.tr("Go on with a tenth of the rate"), window.tr(
            "Go on with a tenth of the learning rate from the last state before the loss ran away"),
            show(1, lambda: window.train_tab.take_smaller_rate())),
        "open again": Offer("problemOpenAgain", window.tr("Try again"), window.tr(
            "Open the project again, in case that it may be written now"), window.session.open_again),
        "choose project": Offer("problemChooseProject", window.tr("Open another project…"), window.tr(
            "Choose the folder of a project"), window.projects.open_dialog)}


def _folder(what: str) -> Path | None:
    """The folder of a file that is at fault, where it is there."""
    try:
        path = Path(what)
        if not path.is_absolute():
            return None
        return next((p for p in (path, path.parent) if p.is_dir()), None)
    except (OSError, ValueError):  # what is at fault is no path
        return None
