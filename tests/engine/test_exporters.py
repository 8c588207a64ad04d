"""Exported files are used by programs that know nothing of dlgui, and say what they were measured to do."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image, ImageOps

from dlgui.engine import exporters, novelty, quantization
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
def preprocessors():
    """Compiles the preprocessing of the C++ or C# example for a classifier; gives the command to run."""
    def compiled(classifier, suffix, folder):
        source = folder / f"example{suffix}"
        source.write_text(example(classifier, "onnx", suffix, "model.onnx", source.name), encoding="utf-8")
        return built(source, ["-DPREPROCESSING_ONLY"], ["-define:PREPROCESSING_ONLY"])
    return compiled


def built(source, cpp, cs):
    """Compiles a C++ or C# file with more arguments; the command that runs it."""
    target = source.with_name(f"program{source.suffix}.exe")
    command = ["g++", "-std=c++17", "-O2", "-Wall", "-Werror", str(source), *cpp, "-o", str(target)] \
        if source.suffix == ".cpp" else ["mcs", *cs, f"-out:{target}", str(source)]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [str(target)] if source.suffix == ".cpp" else ["mono", str(target)]


@pytest.mark.parametrize("suffix", [".cpp", ".cs"])
@pytest.mark.parametrize(("resize", "contrast"), [("stretch", False), ("fit", True), ("crop", False)])
def test_preprocessing_in_other_languages_agrees(suffix, resize, contrast, files, tmp_path, preprocessors):
    classifier = made(resize=resize, contrast_normalization=contrast)
    command = preprocessors(classifier, suffix, tmp_path)

    def ran(image, orientation=1):
        channels = image.shape[2] if image.ndim == 3 else 1
        done = subprocess.run([*command, str(image.shape[1]), str(image.shape[0]), str(channels), str(orientation)],
                              input=image.tobytes(), capture_output=True, check=True)
        return np.frombuffer(done.stdout, np.uint8).reshape(64, 64, 3)

    for file in files:
        image = read_image(file)
        found, expected = ran(image), classifier.preprocessing.pixels(image)
        if image.shape[0] <= image.shape[1]:
            np.testing.assert_array_equal(found, expected, err_msg=file.name)
        else:  # some images Pillow resamples by columns first, which rounds differently
            apart = np.abs(found.astype(int) - expected)
            assert (apart.max() <= (3 if contrast else 1), apart.mean() < 0.6) == (True, True), file.name
    if resize == "stretch":
        small = read_image(files[-1])[:64, 64:128]  # of the network's size: nothing is resampled
        for orientation in range(1, 9):
            stored = Image.fromarray(small)
            stored.getexif()[0x0112] = orientation
            np.testing.assert_array_equal(ran(small, orientation), np.asarray(ImageOps.exif_transpose(stored)))


@pytest.fixture(scope="module")
def judged(files):
    """A classifier with a whole rule, and its decisions on `files`, of all three kinds."""
    classifier = made()
    predictor, pixels = classifier.predictor("cpu"), pixels_of(classifier, files)
    features, confidence = predictor.features(pixels), np.sort(predictor.predict_pixels(pixels).max(1))
    detector = novelty.fit(features[1:], np.arange(len(files) - 1) % 3, 3)
    distances = np.sort(detector.distances(features))
    assert distances[-1] > 1.1 * distances[-2]
    classifier.set_rejection(Rejection(np.full(3, float(confidence[2:4].mean())),
                                       replace(detector, limit=float(distances[-2:].mean()))))
    decisions = [answer.decision for answer in classifier.predictor("cpu").judge_pixels(pixels)]
    assert set(decisions) == {"accepted", "not_sure", "unknown"}
    return classifier, decisions


def pixels_of(classifier, files):
    return np.stack([classifier.preprocessing.pixels(read_image(file)) for file in files])


@QUIET
@pytest.mark.parametrize("kind", ["onnx", "openvino", "torch_export"])
def test_the_example_hears_the_rejection_rule(kind, judged, files, tmp_path):
    if kind == "openvino":
        pytest.importorskip("openvino")
    classifier, decisions = judged
    images = [read_image(file) for file in files]
    written = exporters.prepare(classifier, kind, images).save(tmp_path / f"m{exporters.SUFFIXES[kind]}")
    program = next(file for file in written if file.suffix == ".py")
    assert [answer["decision"] for answer in json.loads(in_a_second_process(program, "--json", *files))] == decisions


def test_the_example_of_our_own_format_hears_the_rejection_rule(judged, files, tmp_path):
    classifier, decisions = judged
    images = [read_image(file) for file in files]
    _, program = exporters.prepare(classifier, "dlclassifier", images).save(tmp_path / "m.dlclassifier")
    done = subprocess.run([sys.executable, str(program), *map(str, files), str(program)], capture_output=True,
                          text=True, check=True)
    fields = [line.rsplit("\t", 2) for line in done.stdout.splitlines() if line.startswith(str(files[0].parent))]
    assert [decision for *_, decision in fields] == decisions
    assert program.name in done.stderr


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """A folder with ONNX Runtime's own library under the names that linkers and Mono look for."""
    folder = tmp_path_factory.mktemp("runtime")
    library, = Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so.*")
    for name in ("libonnxruntime.so", "libonnxruntime.so.1"):
        (folder / name).symlink_to(library)
    return folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the library is laid out for Linux")
@pytest.mark.parametrize("suffix", [".cpp", ".cs"])
@pytest.mark.parametrize("ruled", [True, False])
def test_the_whole_program_in_other_languages_agrees(suffix, ruled, judged, files, runtime, tmp_path):
    headers, assembly = Path(os.environ.get("ONNXRUNTIME_INCLUDE", "/usr/include/onnxruntime")), Path(
        os.environ.get("ONNXRUNTIME_MANAGED", "/usr/lib/cli/Microsoft.ML.OnnxRuntime.dll"))
    needed = [assembly]
    if suffix == ".cpp":
        needed = [headers / "onnxruntime_cxx_api.h", Path("/usr/include/stb/stb_image.h")]
    if missing := [str(file) for file in needed if not file.is_file()]:
        pytest.skip(f"{', '.join(missing)}: not installed")
    classifier, decisions = judged
    if not ruled:
        classifier, decisions = made(), ["accepted"] * len(files)
    model, _, *sources = exporters.prepare(classifier, "onnx", [read_image(file) for file in files]).save(
        tmp_path / "m.onnx")
    source = next(file for file in sources if file.suffix == suffix)
    command = built(source, ["-isystem", str(headers), "-isystem/usr/include/stb", f"-L{runtime}", "-lonnxruntime",
                             f"-Wl,-rpath,{runtime}"], ["-define:WITHOUT_SKIASHARP", f"-r:{assembly}"])
    if suffix == ".cs":  # it reads no other files by itself
        for i, file in enumerate(files):
            Image.fromarray(read_image(file)).save(tmp_path / f"{i}.ppm")
        files = [tmp_path / f"{i}.ppm" for i in range(len(files))]
        shutil.copy(assembly, tmp_path)
    done = subprocess.run([*command, str(model), *map(str, files), str(source)], capture_output=True, text=True,
                          check=False, env={**os.environ, "LD_LIBRARY_PATH": str(runtime)})
    assert (done.returncode, source.name in done.stderr) == (1, True), done.stderr  # one file is no image
    answers = [(line.rsplit("\t", 2)[1:]) for line in done.stdout.splitlines() if line.count("\t") >= 2]
    expected = classifier.predict([read_image(file) for file in files], device="cpu")
    assert [decision for _, decision in answers] == decisions
    for (confidence, _), row, file in zip(answers, expected, files, strict=True):
        assert float(confidence) == pytest.approx(row.max(), abs=0.02 if file.suffix == ".jpg" else 2e-3), file.name
        assert f"{file}\t{CLASSES[row.argmax()]}\t" in done.stdout


def test_the_certificate_is_in_the_file(textile_images, tmp_path):
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


def test_an_int8_network_knows_what_is_familiar_to_it(textile, tmp_path):
    paths = [file for name in ("local", "nominal", "global") for file in sorted((textile / name).iterdir())[:16]]
    classifier = made()
    pixels = pixels_of(classifier, paths)
    features = classifier.predictor("cpu").features(pixels)
    train, judged = pixels[::2], pixels[1::2]
    detector = novelty.fit(features[::2], np.repeat(np.arange(3), 8), 3)
    old = detector.calibrated(detector.distances(features[1::2]), 0.1)
    classifier.set_rejection(Rejection((0.0, 0.0, 0.0), old))
    truth = np.repeat(np.arange(3), 8)
    prepared = exporters.prepare(classifier, "onnx", [read_image(path) for path in paths[1::12]],
                                 exporters.Int8(train, judged, truth))
    cost = prepared.certificate.cost
    assert cost.unknown_by_old_limit > 0.3 > cost.unknown
    assert any("unknown" in line for line in prepared.certificate.sentences())
    assert classifier.rejection.novelty is old
    model = prepared.save(tmp_path / "small.onnx")[0]
    session = onnxruntime.InferenceSession(str(model))
    limit = json.loads(session.get_modelmeta().custom_metadata_map["dlgui.rejection"])["novelty"]["limit"]
    assert limit != pytest.approx(old.limit)
    decided, score = session.run(["decision", "novelty"], {"image": judged})
    assert (decided == 2).sum() <= 2  # a tenth of 24
    np.testing.assert_array_equal(decided == 2, score > 1)
    float_score = [answer.novelty for answer in classifier.predictor("cpu").judge_pixels(judged)]
    assert np.corrcoef(score, float_score)[0, 1] > 0.5, "what is strange stays strange"


def test_a_failed_export_leaves_the_older_file(textile_images, tmp_path, monkeypatch):
    prepared = exporters.prepare(made(), "onnx", textile_images[:2])
    (tmp_path / "m.onnx").write_bytes(b"older")
    monkeypatch.setattr(prepared, "_found", prepared._found + 1)
    with pytest.raises(DlguiError, match="other confidences"):
        prepared.save(tmp_path / "m.onnx")
    assert [(f.name, f.read_bytes()) for f in tmp_path.iterdir()] == [("m.onnx", b"older")]
    with pytest.raises(DlguiError, match="cannot be written"):
        exporters.prepare(made(), "onnx", textile_images[:1]).save(tmp_path / "none" / "m.onnx")
