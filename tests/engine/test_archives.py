"""Zip archives are read with suspicion."""

import io
import stat
import zipfile

import numpy as np
import pytest
from PIL import Image

from dlgui.engine.archives import unpack_images
from dlgui.errors import DlguiError


def png(value=0):
    buffer = io.BytesIO()
    Image.fromarray(np.full((20, 20, 3), value, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def packed(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def test_images_come_out_and_nothing_else(tmp_path):
    archive = packed(tmp_path / "a.zip", [("a/1.png", png(1)), ("2.PNG", png(2)), ("readme.txt", b"no"),
                                          ("__MACOSX/a/._1.png", b"x"), ("a/b/ü.png", png(3))])
    found, refused = unpack_images(archive, tmp_path / "out")
    assert [p.relative_to(tmp_path / "out").as_posix() for p in found] == ["a/1.png", "2.PNG", "a/b/ü.png"]
    assert refused == []
    assert len([p for p in (tmp_path / "out").rglob("*") if p.is_file()]) == 3


@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", "a/../../evil.png", "C:/evil.png", "..\\evil.png"])
def test_no_name_leads_out(tmp_path, name):
    archive = packed(tmp_path / "a.zip", [(name, png()), ("fine.png", png())])
    found, refused = unpack_images(archive, tmp_path / "in" / "out")
    assert [p.name for p in found] == ["fine.png"]
    assert "leads out" in refused[0][1]
    assert not list(tmp_path.glob("**/evil.png"))


def test_links_bombs_doubles_and_liars_are_refused(tmp_path):
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = packed(tmp_path / "a.zip", [(link, b"/etc/passwd"), ("bomb.bmp", bytes(32 << 20)), ("x.png", png())])
    found, refused = unpack_images(archive, tmp_path / "out")
    assert [p.name for p in found] == ["x.png"]
    assert dict(refused) == {"link.png": "a link", "bomb.bmp": "a decompression bomb"}
    with pytest.warns(UserWarning, match="Duplicate"):
        packed(tmp_path / "b.zip", [("x.png", png()), ("x.png", png(9))])
    assert unpack_images(tmp_path / "b.zip", tmp_path / "b")[1] == [("x.png", "named twice")]
    spoiled = bytearray((tmp_path / "a.zip").read_bytes())
    place = spoiled.index(b"x.png") + 10
    spoiled[place:place + 20] = bytes(20)
    (tmp_path / "c.zip").write_bytes(spoiled)
    assert unpack_images(tmp_path / "c.zip", tmp_path / "c")[0] == []


def test_a_name_that_is_too_long_stops_nothing_else(tmp_path):
    archive = packed(tmp_path / "a.zip", [(f"{'ü' * 200}.png", png()), ("x.png", png())])
    found, refused = unpack_images(archive, tmp_path / "out")
    assert [p.name for p in found] == ["x.png"]
    assert refused[0][1] == "its name is too long"


def test_the_whole_is_limited(tmp_path, monkeypatch):
    archive = packed(tmp_path / "a.zip", [(f"{i}.png", png(i)) for i in range(5)])
    monkeypatch.setattr("dlgui.engine.archives.MAX_TOTAL", 100)
    with pytest.raises(DlguiError, match="unpacks to more"):
        unpack_images(archive, tmp_path / "out")
    monkeypatch.setattr("dlgui.engine.archives.MAX_ENTRIES", 4)
    with pytest.raises(DlguiError, match="more than 4 images"):
        unpack_images(archive, tmp_path / "out2")
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(DlguiError, match="not a zip"):
        unpack_images(tmp_path / "no.zip", tmp_path / "out3")
