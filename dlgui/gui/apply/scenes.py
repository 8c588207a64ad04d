"""Pictures of the Apply tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlgui.gui.scenes import Scene

if TYPE_CHECKING:
    from dlgui.gui.apply.tab import ApplyTab


def scenes(tab: ApplyTab) -> list[Scene]:
    """The states worth looking at."""
    def some() -> None:
        project = tab.session.project
        if project is not None:
            table = project.images()
            tab.classify([str(project.image_root / path) for path in table.path[::max(len(table) // 40, 1)][:40]])

    def as_table() -> None:
        tab.results.show_page(1)
        tab.results.select([2])

    return [Scene("apply-empty"), Scene("apply", some),
            Scene("apply-table", as_table, lambda: tab.results.show_page(0))]
