"""Listing and labeling 100,000 files (halcon.md's suffixes, label from the last folder), beside pathlib's rglob.

python benchmarks/import.py [FILES]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from common import heading, timed

from dlgui.engine.labels import read_listing


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    heading(f"listing and labeling {count} files in 100 folders")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for i in range(100):
            (root / f"class_{i:02d}").mkdir()
        for i in range(count):
            os.close(os.open(f"{folder}/class_{i % 100:02d}/image_{i:06d}.jpg", os.O_CREAT | os.O_WRONLY))
        ours, spread = timed(lambda: read_listing(root), 3)
        peer, _ = timed(lambda: sorted((p.relative_to(root).as_posix(), p.parent.name) for p in root.rglob("*.jpg")), 3)
    print(f"dlgui          {ours:.2f} s (spread {spread:.2f})")
    print(f"pathlib.rglob  {peer:.2f} s")
    print(f"\npathlib : dlgui = {peer / ours:.1f}")


if __name__ == "__main__":
    main()
