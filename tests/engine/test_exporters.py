"""Exported files are used by programs that know nothing of dlgui, and say what they were measured to do."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dlgui.engine import exporters, quantization
from dlgui.engine.certificate import Certificate
from dlgui.engine.classifier import Classifier
from dlgui.engine.export_examples import example
from dlgui.engine.images import read_image
from dlgui.engine.model_file import read_model
from dlgui.engine.preprocessing import Preprocessing
from dlgui.engine.rejection import Rejection
from dlgui.errors import DlguiError, InvalidValue

CLASSES = ['with "quotes"', "naïve\\path", "tab\tand\nline"]
QUIET = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def made(**preprocessing):
    classifier = Classifier.pretrained("efficientnet_lite0", CLASSES, Preprocessing(64, 64, **preprocessing))
    weight = np.random.default_rng(1).normal(size=classifier.head[0].shape).astype(np.float32) / 60
    classifier.set_head(weight, np.zeros(3, np.float32), 1.5)
    return classifier


@pytest.fixture(scope="module")
def files(tmp_path_factory, textile):
    """Real images as many kinds of file: colour, gray, transparent, turned, sixteen bits."""
    folder = tmp_path_factory.mktemp("files")
    with Image.open(sorted((textile / "local").iterdir())[0]) as image:
        picture = image.convert("RGB")
    wide = picture.crop((0, 0, 250, 130))
    turned = Image.Exif()
    turned[0x0112] = 6
    wide.save(folder / "turned.jpg", exif=turned)
    picture.convert("L").save(folder / "gray.png")
    clear = picture.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(picture.size))
    clear.save(folder / "clear.png")
    picture.quantize(32).save(folder / "palette.gif")
    Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 200).save(folder / "deep.png")
    wide.save(folder / "wide.bmp")
    return sorted(folder.iterdir())


def in_a_second_process(program, *arguments):
    """Runs a program in a process that cannot import dlgui."""
    code = ("import runpy, sys; sys.modules['dlgui'] = None; "
            "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(program), *map(str, arguments)],
                          capture_output=True, text=True, check=False, cwd=program.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


@QUIET
@pytest.mark.parametrize(("kind", "resize", "contrast", "channels"), [
    ("onnx", "stretch", False, 3), ("onnx", "fit", True, 3), ("onnx", "crop", False, 3), ("openvino", "fit", False, 3),
    ("torch_export", "stretch", True, 3)])
def test_the_example_agrees_in_a_second_process(kind, resize, contrast, channels, files, tmp_path):
    if kind == "openvino":
        pytest.importorskip("openvino")
    classifier = made(resize=resize, contrast_normalization=contrast, channels=channels)
    images = [read_image(file) for file in files]
    prepared = exporters.prepare(classifier, kind, images)
    written = prepared.save(tmp_path / f"model{exporters.SUFFIXES[kind]}")
    assert all(file.is_file() for file in written)
    assert not [f for f in tmp_path.iterdir() if f.name.startswith(".")]
    program = next(file for file in written if file.suffix == ".py")
    answers = json.loads(in_a_second_process(program, "--json", *files))
    found = np.array([list(answer["confidences"].values()) for answer in answers])
    assert [list(answer["confidences"]) for answer in answers] == [CLASSES] * len(files)
    np.testing.assert_allclose(found, classifier.predict(images, device="cpu"), atol=exporters.TOLERANCE)
    lines = in_a_second_process(program, files[0]).splitlines()
    assert str(files[0]) in lines[0]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Compiles the preprocessing of the C++ or C# example for a classifier; gives the command to run."""
    def compiled(classifier, suffix, folder):
        source = folder / f"example{suffix}"
        source.write_text(example(classifier, "onnx", suffix, "model.onnx", source.name), encoding="utf-8")
        target = folder / f"program{suffix}.exe"
        if suffix == ".cpp":
            command = ["g++", "-std=c++17", "-O2", "-Wall", "-Werror", "-DPREPROCESSING_ONLY", str(source), "-o",
                       str(target)]
        else:
            command = ["mcs", "-define:PREPROCESSING_ONLY", f"-out:{target}", str(source)]
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return [str(target)] if suffix == ".cpp" else ["mono", str(target)]
    return compiled


@pytest.mark.parametrize("suffix", [".cpp", ".cs"])
@pytest.mark.parametrize(("resize", "contrast"), [("stretch", False), ("fit", True), ("crop", False)])
def test_preprocessing_in_other_languages_agrees(suffix, resize, contrast, files, tmp_path, programs):
    classifier = made(resize=resize, contrast_normalization=contrast)
    command = programs(classifier, suffix, tmp_path)
    for file in files:
        image = read_image(file)
        channels = image.shape[2] if image.ndim == 3 else 1
        done = subprocess.run([*command, str(image.shape[1]), str(image.shape[0]), str(channels)],
                              input=image.tobytes(), capture_output=True, check=True)
        found = np.frombuffer(done.stdout, np.uint8).reshape(64, 64, 3)
        expected = classifier.preprocessing.pixels(image)
        if image.shape[0] <= image.shape[1]:
            np.testing.assert_array_equal(found, expected, err_msg=file.name)
        else:  # some images Pillow resamples by columns first, which rounds differently
            apart = np.abs(found.astype(int) - expected)
            assert (apart.max() <= (3 if contrast else 1), apart.mean() < 0.6) == (True, True), file.name


def test_the_certificate_is_in_the_file(textile_images, tmp_path):
    import onnxruntime

    classifier = made()
    prepared = exporters.prepare(classifier, "onnx", textile_images)
    prepared.save(tmp_path / "m.onnx")
    metadata = onnxruntime.InferenceSession(tmp_path / "m.onnx").get_modelmeta().custom_metadata_map
    inside = Certificate.from_dict(json.loads(metadata["dlgui.certificate"]))
    assert inside == prepared.certificate
    assert (inside.agreement, inside.images, inside.precision) == (1.0, len(textile_images), "float32")
    assert inside.max_difference <= exporters.TOLERANCE
    assert inside.speed.milliseconds > 0
    exporters.prepare(classifier, "dlclassifier", textile_images).save(tmp_path / "m.dlclassifier")
    assert read_model(tmp_path / "m.dlclassifier").metrics["certificate"]["agreement"] == 1.0
    assert "certificate" not in classifier.metrics


@QUIET
@pytest.mark.parametrize("kind", ["onnx", "openvino", "torch_export"])
def test_the_example_hears_the_rejection_rule(kind, files, tmp_path):
    if kind == "openvino":
        pytest.importorskip("openvino")
    classifier = made()
    images = [read_image(file) for file in files]
    confidence = classifier.predict(images, device="cpu").max(1)
    classifier.set_rejection(Rejection(np.full(3, float(np.median(confidence)))))
    written = exporters.prepare(classifier, kind, images).save(tmp_path / f"m{exporters.SUFFIXES[kind]}")
    program = next(file for file in written if file.suffix == ".py")
    found = [answer["decision"] for answer in json.loads(in_a_second_process(program, "--json", *files))]
    pixels = np.stack([classifier.preprocessing.pixels(image) for image in images])
    assert found == [answer.decision for answer in classifier.predictor("cpu").judge_pixels(pixels)]
    assert set(found) == {"accepted", "not_sure"}


def test_int8_says_what_it_costs_before_anything_is_saved(textile, tmp_path):
    paths = [file for name in ("local", "nominal", "global") for file in sorted((textile / name).iterdir())[:8]]
    images = [read_image(path) for path in paths]
    classifier = made()
    pixels = np.stack([classifier.preprocessing.pixels(image) for image in images])
    truth = classifier.predict(images, device="cpu").argmax(1)
    prepared = exporters.prepare(classifier, "onnx", images, exporters.Int8(pixels, pixels, truth))
    found = prepared.certificate
    assert not list(tmp_path.iterdir())
    assert (found.precision, found.tolerance) == ("int8", None)
    assert found.cost.top1_error_before == 0
    assert found.cost.loss == pytest.approx(1 - found.agreement)
    assert found.agreement > 0.7
    assert found.cost.bytes < 0.5 * found.cost.bytes_before
    assert any("int8" in line for line in found.sentences())
    written = prepared.save(tmp_path / "small.onnx")
    answers = json.loads(in_a_second_process(written[1], "--json", *paths[:3]))
    for answer, expected in zip(answers, prepared._found[:3], strict=True):
        np.testing.assert_allclose(list(answer["confidences"].values()), expected, atol=1e-5)
    with pytest.raises(InvalidValue, match="onnx"):
        exporters.prepare(classifier, "torch_export", images, exporters.Int8(pixels, pixels, truth))
    assert len(pixels) <= quantization.CALIBRATION


def test_a_failed_export_leaves_the_older_file(textile_images, tmp_path, monkeypatch):
    prepared = exporters.prepare(made(), "onnx", textile_images[:2])
    (tmp_path / "m.onnx").write_bytes(b"older")
    monkeypatch.setattr(prepared, "_found", prepared._found + 1)
    with pytest.raises(DlguiError, match="other confidences"):
        prepared.save(tmp_path / "m.onnx")
    assert [(f.name, f.read_bytes()) for f in tmp_path.iterdir()] == [("m.onnx", b"older")]
    with pytest.raises(DlguiError, match="cannot be written"):
        exporters.prepare(made(), "onnx", textile_images[:1]).save(tmp_path / "none" / "m.onnx")
