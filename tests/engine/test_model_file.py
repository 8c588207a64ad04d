"""`.dlclassifier` files: what goes in comes out, and nothing foreign does harm."""

import contextlib
import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlgui.engine import model_file
from dlgui.engine.classifier import Classifier
from dlgui.engine.model_file import ModelFileError, read_model, write_model
from dlgui.engine.pooling import Pooling
from dlgui.errors import DlguiError


@pytest.fixture(scope="module")
def classifier():
    made = Classifier.pretrained(classes=["good", "bad «ü»"], pooling=Pooling(((0, ("mean", "max")),)))
    rng = np.random.default_rng(0)
    head = rng.normal(size=made.head[0].shape).astype(np.float32), np.ones(2, np.float32)
    made.set_weights(made.backbone_weights(), head, frozen=True)
    made.temperature, made.metrics = 1.5, {"validation_top1_error": 0.1}
    return made


@pytest.fixture(scope="module")
def content(classifier):
    return model_file.to_bytes(classifier)


def repacked(content, compression=zipfile.ZIP_STORED, **replaced):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", compression) as new:
        for name in old.namelist():
            value = replaced.get(name.partition(".")[0], old.read(name))
            if value is not None:
                new.writestr(name, value)
    return out.getvalue()


def described(content, **changes):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        description = json.loads(archive.read("classifier.json"))
    return repacked(content, classifier=json.dumps(description | changes))


def test_reads_what_it_wrote(classifier, tmp_path, textile_images):
    path = tmp_path / "model.dlclassifier"
    write_model(classifier, path)
    read = read_model(path)
    assert (read.classes, read.temperature, read.metrics) == (classifier.classes, 1.5, classifier.metrics)
    assert read.hyperparameters == classifier.hyperparameters
    np.testing.assert_array_equal(read.predict(textile_images[:2]), classifier.predict(textile_images[:2]))
    assert path.read_bytes() == model_file.to_bytes(read), "equal classifiers are equal files"


def test_what_is_kept_ready_answers_only_for_the_file(classifier, tmp_path, textile_images):
    path = tmp_path / "model.dlclassifier"
    write_model(classifier, path)
    before = read_model(path).predict(textile_images[:2])
    changed = read_model(path)
    np.testing.assert_array_equal(changed.predict(textile_images[:2]), before)
    weight, bias = changed.head
    changed.set_head(weight[::-1].copy(), bias[::-1].copy(), changed.temperature)
    np.testing.assert_allclose(changed.predict(textile_images[:2]), before[:, ::-1], atol=1e-6)
    write_model(changed, path)
    np.testing.assert_allclose(read_model(path).predict(textile_images[:2]), before[:, ::-1], atol=1e-6)


@pytest.mark.parametrize(("spoil", "reason"), [
    (lambda c: b"", "the file is empty"),
    (lambda c: c[:len(c) // 2], "truncated or corrupt"),
    (lambda c: b"HDLC" + c[4:1000], "not a dlgui model"),
    (lambda c: c[:-9] + bytes([c[-9] ^ 1]) + c[-8:], "corrupt"),  # offsets before the file's beginning
    (lambda c: c[:5000] + bytes(40) + c[5040:], "damaged|corrupt|description"),
    (lambda c: described(c, format=99), "newer dlgui"),
    (lambda c: described(c, format="1"), "no format version"),
    (lambda c: described(c, network="nobody"), "'nobody' is not allowed"),
    (lambda c: described(c, classes=["one"]), "does not fit its classes"),
    (lambda c: described(c, classes=["a", "a"]), "each name once"),
    (lambda c: described(c, pooling=[[99, ["mean"]]]), "stage that is not there"),
    (lambda c: described(c, pooling=[[1, ["mean"]]]), "do not fit|fits"),
    (lambda c: described(c, channels=[10 ** 12]), "its stages are wrong"),
    (lambda c: described(c, temperature=0), "temperature"),
    (lambda c: described(c, temperature="x"), "description is wrong"),
    (lambda c: described(c, preprocessing={"width": 10 ** 9}), "image_width"),
    (lambda c: described(c, weights_sha256="0"), "damaged"),
    (lambda c: repacked(c, classifier="[" * 100_000), "not JSON"),
    (lambda c: repacked(c, classifier=b"\xff\xfe"), "not JSON"),
    (lambda c: repacked(c, card=None), "instead of"),
    (lambda c: repacked(c, zipfile.ZIP_DEFLATED), "packed in a way"),
])
def test_refuses_with_the_reason(spoil, reason, content, tmp_path):
    path = tmp_path / "bad.dlclassifier"
    path.write_bytes(spoil(content))
    with pytest.raises(ModelFileError, match=reason) as caught:
        read_model(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("name", "reason"), [
    ("weights.pt", "but a pickle, which is never opened"), ("net.onnx", "but an ONNX network"),
    ("net.safetensors", "exported for other programs"), ("notes.txt", "not a dlgui model")])
def test_files_of_other_makers_are_named_and_never_opened(name, reason, tmp_path):
    hostile = pickle.dumps(_Hostile(str(tmp_path / "opened")))
    path = tmp_path / name
    path.write_bytes(hostile)
    with pytest.raises(ModelFileError, match=reason):
        read_model(path)
    with zipfile.ZipFile(path, "w") as archive:  # as torch saves it
        archive.writestr("archive/data.pkl", hostile)
    with pytest.raises(ModelFileError, match="instead of" if name == "notes.txt" else reason):
        read_model(path)
    assert not (tmp_path / "opened").exists()


class _Hostile:
    """Makes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_refuses_paths_that_lead_out_of_the_archive(content, tmp_path):
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("../../evil.txt", "x")
    with pytest.raises(ModelFileError, match="instead of"):
        model_file.from_bytes(out.getvalue())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_flipped_byte_gets_through_as_anything_but_itself(content, data):
    position = data.draw(st.integers(0, len(content) - 1))
    spoiled = bytearray(content)
    spoiled[position] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(ModelFileError):
        model_file.from_bytes(bytes(spoiled))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ModelFileError, match="no such file"):
        read_model(tmp_path / "none.dlclassifier")
    with pytest.raises(ModelFileError, match="a folder"):
        read_model(tmp_path)


def test_writing_where_nothing_can_be_written(classifier, tmp_path):
    with pytest.raises(DlguiError, match="make the folder first"):
        write_model(classifier, tmp_path / "none" / "model.dlclassifier")
    assert list(tmp_path.iterdir()) == []
