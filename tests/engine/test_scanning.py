"""Scans find what is unreadable, equal, or nearly equal; the health checks name it."""

import shutil

import numpy as np
import pytest
from PIL import Image

from dlgui.engine import health
from dlgui.engine.images import read_image
from dlgui.engine.progress import Cancelled, Progress
from dlgui.engine.scanning import Scan, scan_images
from dlgui.errors import UnreadableImage


@pytest.fixture
def folder(textile, tmp_path):
    source = sorted((textile / "nominal").iterdir())[0]
    shutil.copy(source, tmp_path / ("a" + source.suffix))
    shutil.copy(source, tmp_path / ("b" + source.suffix))
    pixels = read_image(source)
    Image.fromarray(pixels).save(tmp_path / "c.bmp")
    Image.fromarray(np.clip(pixels.astype(int) + 1, 0, 255).astype(np.uint8)).save(tmp_path / "d.png")
    shutil.copy(sorted((textile / "global").iterdir())[0], tmp_path / "e.png")
    (tmp_path / "f.png").write_bytes(source.read_bytes()[:300])
    return tmp_path


def test_scan(folder):
    names = sorted(path.name for path in folder.iterdir())
    scans = list(scan_images(folder, names))
    assert [scan.path for scan in scans[:5]] == names[:5]
    assert isinstance(scans[5], UnreadableImage)
    assert "f.png" in str(scans[5])
    found = [scan for scan in scans if isinstance(scan, Scan)]
    assert health.duplicates([scan.content_hash for scan in found]) == [[0, 1]]
    assert health.duplicates([scan.pixel_hash for scan in found]) == [[0, 1, 2]]
    assert (found[0].width, found[0].height) == (250, 250)


def test_cancelling_ends_a_scan(folder):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        list(scan_images(folder, ["c.bmp"] * 100, progress))


def test_near_duplicates_are_few_on_real_textures(textile):
    paths = [f"nominal/{p.name}" for p in sorted((textile / "nominal").iterdir())[:150]]
    hashes = [scan.perceptual_hash for scan in scan_images(textile, paths)]
    assert sum(map(len, health.near_duplicates(hashes))) < 15


def test_near_duplicates_by_brute_force():
    rng = np.random.default_rng(0)
    base = rng.integers(0, 1 << 63, 300, dtype=np.uint64)
    near = base[:50] ^ (np.uint64(1) << rng.integers(0, 64, 50).astype(np.uint64))
    groups = health.near_duplicates([int(h) for h in np.concatenate([base, near])])
    assert {frozenset(g) for g in groups} == {frozenset((i, 300 + i)) for i in range(50)}


def test_leaks_and_conflicts():
    groups = [[0, 1], [2, 3]]
    assert health.leaks(groups, ["train", "test", "train", None]) == [[0, 1]]
    assert health.conflicts(groups, ["a", "a", "a", "b"]) == [[2, 3]]


def test_imbalance_warns_in_sentences():
    result = health.imbalance({"good": 500, "bad": 5})
    assert result["ratio"] == 100
    assert result["warnings"][0] == "class bad has only 5 images"
    assert result["of"] == ["bad", "bad"]
    assert health.imbalance({"a": 20, "b": 0})["warnings"][0] == "class b has no image"
    assert health.imbalance({"a": 20})["of"] == [None]


def test_wrong_labels_are_found_worst_first():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    confidences = np.full((300, 3), 0.1)
    confidences[np.arange(300), truth] = 0.8
    given = truth.copy()
    given[:9] = (truth[:9] + 1) % 3
    issues = health.label_issues(confidences, given)
    assert sorted(issue.index for issue in issues) == list(range(9))
    assert all(issue.suggested == truth[issue.index] for issue in issues)
