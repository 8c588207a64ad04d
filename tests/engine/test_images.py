"""Every format is decoded right, and nothing hostile gets further than a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dlgui.engine.images import MAX_PIXELS, image_size, picture_of, read_image, shrunk
from dlgui.errors import UnreadableImage


@pytest.fixture
def colour(textile_images):
    """A real image (60, 80, 3) with three different channels."""
    gray = np.asarray(textile_images[0])[:60, :80]
    gray = gray if gray.ndim == 2 else gray[..., 0]
    return np.stack([gray, 255 - gray, np.roll(gray, 7, 1)], axis=2)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "tif", "ppm", "webp"])
def test_lossless_formats_come_back_bit_for_bit(colour, tmp_path, suffix):
    Image.fromarray(colour).save(tmp_path / f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), colour)
    assert image_size(tmp_path / f"a.{suffix}") == (80, 60)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "pgm"])
def test_gray_stays_gray(colour, tmp_path, suffix):
    Image.fromarray(colour[..., 0]).save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), colour[..., 0])


def test_jpeg_and_gif_come_close(colour, tmp_path):
    smooth = np.asarray(Image.fromarray(colour).resize((20, 15)).resize((80, 60)))
    Image.fromarray(smooth).save(tmp_path / "a.jpg", quality=98)
    assert np.abs(read_image(tmp_path / "a.jpg").astype(int) - smooth).mean() < 6
    frames = [Image.fromarray(np.full((10, 12), v, np.uint8)) for v in (40, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    found = read_image(tmp_path / "a.gif")
    assert found.shape[:2] == (10, 12)
    assert abs(int(found.reshape(-1)[0]) - 40) < 3  # the first frame


@pytest.mark.parametrize(("orientation", "turned"), [
    (1, lambda a: a), (2, np.fliplr), (3, lambda a: np.rot90(a, 2)), (4, np.flipud),
    (5, lambda a: np.swapaxes(a, 0, 1)), (6, lambda a: np.rot90(a, -1)),
    (7, lambda a: np.rot90(np.swapaxes(a, 0, 1), 2)), (8, np.rot90)])
def test_exif_orientations_are_applied(colour, tmp_path, orientation, turned):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(colour).save(tmp_path / "a.png", exif=exif)
    expected = turned(colour)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), expected)
    assert image_size(tmp_path / "a.png") == (expected.shape[1], expected.shape[0])


def test_palettes_transparency_and_cmyk(colour, tmp_path):
    indexed = Image.fromarray(colour).quantize(200)
    indexed.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), np.asarray(indexed.convert("RGB")))
    alpha = np.dstack([colour, np.full(colour.shape[:2], 128, np.uint8)])
    alpha[:30, :, 3] = 0
    Image.fromarray(alpha).save(tmp_path / "alpha.png")
    found = read_image(tmp_path / "alpha.png")
    assert (found[:30] == 0).all()  # laid over black
    assert np.abs(found[30:].astype(int) - colour[30:] * (128 / 255)).max() <= 1
    Image.fromarray(colour).convert("CMYK").save(tmp_path / "cmyk.tif")
    assert np.abs(read_image(tmp_path / "cmyk.tif").astype(int) - colour).mean() < 3


def test_sixteen_bits_are_scaled_alike_in_every_file(tmp_path):
    values = np.array([[0, 256, 32768, 65535]], np.uint16).repeat(4, 0)
    Image.fromarray(values).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", values)
    tifffile.imwrite(tmp_path / "rgb.tif", np.stack([values] * 3, axis=2), photometric="rgb")
    expected = [0, 1, 128, 255]
    assert read_image(tmp_path / "a.png")[0].tolist() == expected
    assert read_image(tmp_path / "a.tif")[0].tolist() == expected
    assert read_image(tmp_path / "rgb.tif")[0, :, 1].tolist() == expected
    dark = (values // 64).astype(np.uint16)
    tifffile.imwrite(tmp_path / "dark.tif", dark)
    assert read_image(tmp_path / "dark.tif")[0].tolist() == [0, 0, 2, 4]  # never stretched per image


def test_floating_point_files(tmp_path):
    tifffile.imwrite(tmp_path / "unit.tif", np.array([[0.0, 0.5, 1.0]], np.float32))
    assert read_image(tmp_path / "unit.tif").tolist() == [[0, 128, 255]]
    tifffile.imwrite(tmp_path / "wide.tif", np.array([[-10.0, 0.0, 10.0]], np.float32))
    assert read_image(tmp_path / "wide.tif").tolist() == [[0, 128, 255]]
    tifffile.imwrite(tmp_path / "nan.tif", np.array([[np.nan, 0.0, 1.0]], np.float32))
    assert read_image(tmp_path / "nan.tif").tolist() == [[0, 0, 255]]


def bomb(width, height):
    """A PNG of a few bytes that claims to be huge."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))


def test_what_cannot_be_read_says_why(colour, tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(colour).save(buffer, "JPEG")
    cases = {"empty.png": (b"", "empty"), "text.png": (b"hello there, no image", "known format"),
             "cut.jpg": (buffer.getvalue()[:len(buffer.getvalue()) // 2], "truncated"),
             "bomb.png": (bomb(60000, 60000), "pixels"), "cut.tif": (b"II*\0\x08\0\0\0", "corrupt|format")}
    for name, (content, reason) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableImage, match=reason) as problem:
            read_image(tmp_path / name)
        assert name in str(problem.value)
        assert "\n" not in str(problem.value)
    with pytest.raises(UnreadableImage, match="does not exist"):
        read_image(tmp_path / "gone.png")
    with pytest.raises(UnreadableImage):
        read_image(tmp_path)
    assert MAX_PIXELS > 100_000_000


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0", b"MM\0*", b"GIF89a", b"BM", b"RIFF",
                        b"P6 ", b"P5\n9 9\n", b"\0\0\1\0", b""]), st.binary(max_size=200))
def test_hostile_bytes_never_do_more_than_fail(tmp_path_factory, magic, rest):
    path = tmp_path_factory.mktemp("hostile") / "a.tif"
    path.write_bytes(magic + rest)
    try:
        found = read_image(path)
    except UnreadableImage:
        return
    assert found.dtype == np.uint8


def test_large_arrays_become_pictures_strip_by_strip_and_small_ones_of_their_own_shape():
    pixels = np.random.default_rng(0).integers(0, 256, (1500, 1900, 3), np.uint8)
    for array in (pixels, pixels[..., 0], pixels[:7]):
        assert np.array_equal(np.asarray(picture_of(array)), array)
    assert shrunk(pixels, 1900) is pixels
    assert shrunk(pixels, 950).shape == (750, 950, 3)
    assert shrunk(pixels[:1, :, 0], 19).shape == (1, 19), "never nothing"
    assert abs(shrunk(pixels, 95).mean() - pixels.mean()) < 1
