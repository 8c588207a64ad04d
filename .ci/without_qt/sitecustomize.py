"""Makes every import of Qt fail, as where it is not installed."""

import sys
from importlib.abc import MetaPathFinder


class WithoutQt(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "pyqtgraph"):
            raise ModuleNotFoundError(f"No module named {name!r} (taken away by .ci/without_qt)")


sys.meta_path.insert(0, WithoutQt())
