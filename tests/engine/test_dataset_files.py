"""What one format writes, it reads back: whatever things are called."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlgui.engine import dataset_reading, dataset_writing
from dlgui.engine.dataset_files import ClassEntry, DatasetFiles, Entry, inside
from dlgui.errors import DlguiError, InvalidValue

TEXT = st.one_of(
    st.sampled_from(["a/b", "..", "CON", "über ‘quoted’", 'say "no", twice', "line\nand\r\nmore\r", "tab\tx", "., ;",
                     " around ", "=1+1", "\u2028", "%2F", "A", "a", "images", "train", "\x00", "\ufeffx", "猫"]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
NAME = TEXT.map(lambda t: t.replace("/", "_").replace("\0", "_")).filter(
    lambda t: t not in (".", "..") and t)
PATH = st.lists(NAME, min_size=1, max_size=3).map("/".join).map(lambda p: p + ".png")
ENTRY = st.builds(Entry, st.just(""), PATH, st.none() | TEXT, st.sampled_from([None, "train", "validation", "test"]),
                  st.none() | TEXT, st.booleans(), st.booleans(), st.just("") | TEXT)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ENTRY, min_size=1, max_size=6, unique_by=lambda e: e.path), st.sampled_from(dataset_writing.kinds()))
def test_round_trip(entries, kind):
    dataset_writing.place(kind, entries)
    files = [entry.file for entry in entries]
    assert len({f.casefold() if kind in ("imagefolder", "huggingface") else f for f in files}) == len(files)
    assert all(inside(f) for f in files)
    classes = [ClassEntry(name, "#123456", None) for name in dict.fromkeys(e.label for e in entries) if name]
    with tempfile.TemporaryDirectory() as name:
        dataset_writing.write(kind, Path(name), DatasetFiles(Path(name), entries, classes))
        found = dataset_reading.read(Path(name))
    assert sorted(map(repr, found.entries)) == sorted(map(repr, entries))
    assert found.classes == classes
    assert found.rejected == []


def test_foreign_data_sets_are_read_as_far_as_they_go(tmp_path):
    for name in ("train/cats/1.png", "train/dogs/2.png", "val/cats/3.png"):
        (tmp_path / "folders" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folders" / name).touch()
    found = dataset_reading.read(tmp_path / "folders")
    assert [(e.label, e.split) for e in found.entries] == [("cats", "train"), ("dogs", "train"), ("cats", "validation")]
    assert [c.name for c in found.classes] == ["cats", "dogs"]
    (tmp_path / "coco").mkdir()
    document = {"images": [{"id": 7, "file_name": "x.jpg"}, {"id": 8, "file_name": "../../etc/passwd"},
                           {"id": 9, "file_name": "y.jpg"}],
                "annotations": [{"image_id": 7, "category_id": c, "bbox": [1, 2, 3, 4]} for c in (1, 2, 2)],
                "categories": [{"id": 1, "name": "bolt"}, {"id": 2, "name": "nut"}]}
    (tmp_path / "coco" / "instances.json").write_text(json.dumps(document))
    found = dataset_reading.read(tmp_path / "coco" / "instances.json")
    assert [(e.file, e.label) for e in found.entries] == [("x.jpg", "nut"), ("y.jpg", None)]
    assert {path for path, _ in found.rejected} == {"x.jpg", "../../etc/passwd"}
    (tmp_path / "hf" / "test").mkdir(parents=True)
    (tmp_path / "hf" / "test" / "metadata.csv").write_text("file_name,label\na.png,cat\n")
    entry = dataset_reading.read(tmp_path / "hf").entries[0]
    assert (entry.file, entry.label, entry.split) == ("test/a.png", "cat", "test")
    (tmp_path / "splits.csv").write_text("image,label,split\na.png,cat,fold 1\nb.png,cat,Testing\nc.png,cat,none\n")
    found = dataset_reading.read(tmp_path / "splits.csv")
    assert [e.split for e in found.entries] == [None, "test", None]
    assert found.rejected == [("a.png", "the split 'fold 1' is unknown; taken without one")]


@pytest.mark.parametrize("text", [
    "Filename;Class;Subset\na/x.png;one;val\n", "path\tcategory\tsplit\na/x.png\tone\tvalidation\n",
    "image,split,label,extra,class\n\na/x.png,valid,one,?,two\n"])
def test_a_csv_of_another_program(tmp_path, text):
    (tmp_path / "x.csv").write_text(text, encoding="utf-8-sig")
    (tmp_path / "dlgui.json").write_text('{"format": "dlgui-dataset", "version": 1, "kind": "coco"}')
    found = dataset_reading.read(tmp_path / "x.csv")
    assert [(e.file, e.label, e.split) for e in found.entries] == [("a/x.png", "one", "validation")]
    assert found.says == {"label", "split"}
    (tmp_path / "dlgui.json").write_text('{"format": "dlgui-dataset", "version": 2, "kind": "csv"}')
    with pytest.raises(DlguiError, match=r"dlgui\.json: written by a newer dlgui"):
        dataset_reading.read(tmp_path)


@pytest.mark.parametrize(("name", "content"), [
    ("x.csv", "nothing,here\n1,2\n"), ("x.json", "[1"), ("x.json", "[]"), ("x.json", '{"images": 1}'),
    ("x.csv", "image\n/etc/passwd\n"), ("x.csv", "image\nC:\\x.png\n"), ("x.jsonl", "no json\n")])
def test_bad_files_are_named(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(DlguiError, match=name):
        dataset_reading.read(tmp_path / name)
    with pytest.raises(InvalidValue):
        dataset_reading.read(tmp_path / name, "parquet")
    with pytest.raises(DlguiError, match="no such"):
        dataset_reading.read(tmp_path / "none")
