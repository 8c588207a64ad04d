"""What each label source reads off files, folders and tables."""

import sys

import pytest

from dlgui.engine.labels import label_of, list_files, read_listing
from dlgui.errors import DlguiError


@pytest.fixture
def tree(tmp_path):
    for name in ("good/part_012.png", "good/sub/part_7.JPG", "bad/a_12_b.png", "top_3.bmp", "notes.txt",
                 ".hidden/x.png", "good/.y.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_files_are_found_below_and_hidden_ones_are_not(tree):
    assert list_files(tree) == ["bad/a_12_b.png", "good/part_012.png", "good/sub/part_7.JPG", "top_3.bmp"]


@pytest.mark.parametrize(("source", "labels"), [
    ("last_folder", ["bad", "good", "sub", "ROOT"]), ("file_name", ["a_12_b", "part_012", "part_7", "top_3"]),
    ("file_name_remove_index", ["a_12_b", "part", "part", "top"]), ("none", [None] * 4)])
def test_label_sources(tree, source, labels):
    assert [s.label for s in read_listing(tree, source).samples] == [tree.name if x == "ROOT" else x for x in labels]


@pytest.mark.parametrize(("name", "label"), [("bottle_good_012.png", "bottle_good"), ("a_12_b.png", "a_12_b"),
                                             ("x__9_.png", "x"), ("plain.png", "plain"), ("12.png", "")])
def test_indices_go_only_from_the_very_end(name, label):
    assert label_of(name, "file_name_remove_index") == label


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_followed_once_round(tree):
    (tree / "good" / "loop").symlink_to(tree)
    (tree / "also").symlink_to(tree / "bad")
    assert "also/a_12_b.png" in list_files(tree)
    assert len(list_files(tree)) < 20


def test_csv_columns_delimiters_quotes_and_rejected_rows(tree, tmp_path):
    file = tree / "labels.csv"
    file.write_text('path;class;subset;object\ngood/part_012.png;"fine; really";val;o1\nbad\\a_12_b.png;bad;;\n'
                    'nowhere.png;x;;\n"good/sub/part_7.JPG";"two\nlines";test;o2\ngood/part_012.png;again;;\n',
                    encoding="utf-8-sig")
    listing = read_listing(tree, f"csv:{file}")
    found = {s.path: (s.label, s.split, s.group) for s in listing.samples}
    assert found == {"good/part_012.png": ("fine; really", "validation", "o1"), "bad/a_12_b.png": ("bad", None, None),
                     "good/sub/part_7.JPG": ("two\nlines", "test", "o2")}
    assert [reason for _, reason in listing.rejected] == ["no such file", "named twice"]
    (tree / "bare.csv").write_text("top_3.bmp,a\n")  # no header
    assert [s.label for s in read_listing(tree, f"csv:{tree / 'bare.csv'}").samples] == ["a"]


def test_unknown_splits_are_named_with_their_lines(tree):
    file = tree / "labels.csv"
    names = ["good/part_012.png", "good/sub/part_7.JPG", "bad/a_12_b.png", "top_3.bmp"]
    file.write_text("label,image,split\n" + "".join(
        f"a,{name},{split}\n" for name, split in zip(names, ("holdout", "Holdout", "DEV ", "none"), strict=True))
        + "\na,nowhere.png,fold 1\n")
    listing = read_listing(tree, f"csv:{file}")
    assert {s.path: s.split for s in listing.samples} == dict(zip(names, (None, None, "validation", None), strict=True))
    assert listing.notes == [f"labels.csv, line {line}: the split '{word}' is unknown, so this image has none; write "
                             "train, validation or test" for line, word in ((2, "holdout"), (3, "Holdout"))]
    assert listing.rejected == [("nowhere.png", "no such file")]
    for i in range(9):
        (tree / f"{i}.png").touch()
    file.write_text("image,label,split\n" + "".join(f'{i}.png,"a\nb",fold 1\n' for i in range(9)))
    assert read_listing(tree, f"csv:{file}").notes[0].startswith(
        "labels.csv, lines 2, 4, 6, 8, 10 and 4 more: the split 'fold 1' is unknown, so these images have none")


@pytest.mark.parametrize(("content", "said"), [
    (b"image,label\ntop_3.bmp," + b"x" * 200_000, "not a CSV .line 2"), (b"", "no rows"),
    (b"\xff\xfe\x00bad", "UTF-8"), (b"colour,size\nred,1\n", "no image column"),
    (b"image,label\n../outside.png,a\n", "none of its 1 rows")])
def test_unusable_tables_are_refused_by_name(tree, content, said):
    (tree / "t.csv").write_bytes(content)
    (tree.parent / "outside.png").write_bytes(b"x")
    with pytest.raises(DlguiError, match=said) as problem:
        read_listing(tree, f"csv:{tree / 't.csv'}")
    assert "t.csv" in str(problem.value)


def test_folders_without_images_are_refused(tmp_path):
    with pytest.raises(DlguiError, match="no image file"):
        read_listing(tmp_path)
    with pytest.raises(DlguiError, match="not a folder"):
        read_listing(tmp_path / "nowhere")
