"""The project as its users see it: nothing is lost, nothing foreign is believed."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

from dlgui.errors import DlguiError, InvalidValue
from dlgui.project.operations import checks, classes, images, labels, splits
from dlgui.project.operations.info import info
from dlgui.project.project import Project


def test_create_reads_labels_and_images(project):
    found = info(project)
    assert found["num_images"] == found["num_labeled"] == 72
    assert found["classes"] == {"global": 24, "local": 24, "nominal": 24}
    assert found["splits"] == {"train": 0, "validation": 0, "test": 0, "none": 72}
    assert found["unreadable"] == []
    assert set(project.images().width.tolist()) == {250}


def test_split_is_stratified_kept_and_undone(project):
    result = splits.split(project)
    assert sum(result.counts.values()) == 72
    assert all(min(counts.values()) >= 3 for counts in result.per_class.values())
    with pytest.raises(DlguiError, match="overwrite"):
        splits.split(project)
    before = project.images().split.copy()
    splits.split(project, seed=1, overwrite=True)
    assert (project.images().split != before).any()
    project.undo()
    assert (project.images().split == before).all()
    project.undo()
    assert (project.images().split == -1).all()
    project.redo()
    assert (project.images().split == before).all()


def test_labels_and_classes_are_undone_in_turn(project):
    ids = project.images().id[:3].tolist()
    classes.add(project, "dirt")
    dirt = classes.find(project, "dirt")
    labels.assign(project, ids, dirt.id)
    classes.rename(project, dirt.id, "oil")
    assert info(project)["classes"]["oil"] == 3
    classes.merge(project, [dirt.id], classes.find(project, "local").id)
    assert "oil" not in info(project)["classes"]
    assert info(project)["classes"]["local"] == 27
    for _ in range(4):
        project.undo()
    assert info(project)["classes"] == {"global": 24, "local": 24, "nominal": 24}
    assert project.undo() is None
    for _ in range(4):
        project.redo()
    assert info(project)["classes"]["local"] == 27
    with pytest.raises(InvalidValue):
        classes.add(project, "local")


def test_undo_survives_a_restart(project, tmp_path):
    labels.assign(project, project.images().id[:5].tolist(), None)
    project.close()
    with Project.open(tmp_path / "small.dlproj") as again:
        assert info(again)["num_labeled"] == 67
        again.undo()
        assert info(again)["num_labeled"] == 72


def test_every_label_survives_kill(small_folder, tmp_path):
    Project.create(tmp_path / "p", small_folder).close()
    program = textwrap.dedent("""
        import sys
        from dlgui.project.operations import labels
        from dlgui.project.project import Project
        project = Project.open(sys.argv[1])
        for i in project.images().id.tolist():
            labels.assign(project, [i], None)
            print(i, flush=True)
    """)
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "p")], stdout=subprocess.PIPE,
                          text=True) as process:
        said = [int(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
    with Project.open(tmp_path / "p") as again:
        table = again.images()
        assert (table.label[table.row_of(said)] == -1).all()


def test_listeners_hear_once_who_and_what(project):
    heard = []
    stop = project.listen(heard.append)
    labels.assign(project, project.images().id[:2].tolist(), None, who="grid")
    stop()
    labels.assign(project, project.images().id[:3].tolist(), None)
    assert [(c.who, c.kinds, len(c.ids["labels"])) for c in heard] == [("grid", frozenset({"labels"}), 2)]


def test_who_reads_does_not_wait_for_who_writes(project):
    before = classes.find(project, project.classes()[0].name)
    writing, go_on = threading.Event(), threading.Event()

    def write():
        with project.store.transact("rename class") as t:
            t.update("classes", [before.id], {"name": "changed"})
            writing.set()
            assert go_on.wait(10)

    def name():
        return project.store.rows("SELECT name FROM classes WHERE id = ?", [before.id])[0][0]
    writer = threading.Thread(target=write)
    writer.start()
    assert writing.wait(10)
    try:
        assert name() == before.name  # what was committed last, at once
    finally:
        go_on.set()
        writer.join()
    assert name() == "changed"


def test_a_second_opening_is_read_only(project, tmp_path):
    code = "import sys; from dlgui.project.project import Project; print(Project.open(sys.argv[1]).read_only)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "small.dlproj")], capture_output=True, text=True,
                          check=True)
    assert done.stdout.strip() == "True"
    with Project.open(tmp_path / "small.dlproj", read_only=True) as looking, pytest.raises(DlguiError, match="only"):
        labels.assign(looking, [1], None)


@pytest.mark.parametrize(("spoil", "reason"), [
    (lambda f: f.write_bytes(b"no database at all" * 100), "damaged"),
    (lambda f: f.write_bytes(f.read_bytes()[:5000]), "damaged|not"),
    (lambda f: f.unlink(), "not a dlgui project"),
    (lambda f: sqlite3.connect(f).execute("PRAGMA user_version=99"), "newer"),
    (lambda f: sqlite3.connect(f).execute("PRAGMA application_id=7"), "not a dlgui project"),
])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_foreign_and_broken_projects_are_refused(project, tmp_path, spoil, reason):
    project.close()
    spoil(tmp_path / "small.dlproj" / "project.sqlite")
    with pytest.raises(DlguiError, match=reason):
        Project.open(tmp_path / "small.dlproj")


def test_importing_again_finds_changes_and_keeps_labels(small_folder, tmp_path):
    root = tmp_path / "images"
    shutil.copytree(small_folder, root)
    with Project.create(tmp_path / "p", root) as project:
        first = project.images().id[:1].tolist()
        labels.assign(project, first, classes.find(project, "nominal").id)
        gone, extra = sorted((root / "local").iterdir())[:2]
        shutil.copy(extra, root / "local" / "zz.png")
        gone.unlink()
        (root / "local" / "broken.png").write_bytes(b"\x89PNG but no more")
        report = images.import_folder(project)
        assert (report.added, report.removed) == (2, 1)
        table = project.images()
        assert table.class_names[table.label[table.row_of(first)[0]]] == "nominal"
        found = checks.check(project)
        assert [item["path"] for item in found["unreadable"]] == ["local/broken.png"]
        assert sorted(["local/zz.png", f"local/{extra.name}"]) in found["exact_duplicates"]
        assert len(project.images().rows()) == 72


def test_a_moved_image_folder_is_found_again(small_folder, tmp_path):
    root = tmp_path / "images"
    shutil.copytree(small_folder, root)
    with Project.create(tmp_path / "p", root) as project:
        root.rename(tmp_path / "moved")
        with pytest.raises(DlguiError, match="gone or was moved"):
            images.import_folder(project)
        with pytest.raises(DlguiError, match="none of the project's images"):
            images.relocate(project, tmp_path)
        images.relocate(project, tmp_path / "moved")
        assert images.import_folder(project).removed == 0


def test_csv_brings_split_and_groups(small_folder, tmp_path):
    paths = sorted(p.relative_to(small_folder).as_posix() for p in small_folder.rglob("*.*"))
    lines = ["image,label,split,group", *(f"{p},{p[:3]},,g{i // 4}" for i, p in enumerate(paths))]
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    with Project.create(tmp_path / "p", small_folder, f"csv:{tmp_path / 'labels.csv'}") as project:
        assert info(project)["classes"] == {"glo": 24, "loc": 24, "nom": 24}
        splits.split(project, group_by="group")
        table = project.images()
        by_group = {}
        for group, subset in zip(table.group, table.split.tolist(), strict=True):
            by_group.setdefault(group, set()).add(subset)
        assert all(len(subsets) == 1 for subsets in by_group.values())


def test_importing_again_respects_what_was_done_with_classes_and_labels(project):
    ids = {info.name: info.id for info in project.classes()}
    some = project.images().id[:2].tolist()  # of `global`
    labels.assign(project, some, None)
    classes.rename(project, ids["global"], "scratch")
    classes.merge(project, [ids["local"]], ids["nominal"])
    before = info(project)
    assert not images.import_folder(project).any
    assert (info(project), images.import_folder(project).kept) == (before, 46)  # `scratch` and what was `local`
    classes.delete(project, ids["global"])
    assert not images.import_folder(project).any
    assert info(project)["classes"] == {"nominal": 48}
    assert images.import_folder(project, "last_folder").labeled == 24  # asked for by name
    assert info(project)["classes"] == {"nominal": 48, "global": 24}


def test_a_table_fills_in_labels_splits_and_groups_and_overwrites_only_if_asked(project, tmp_path):
    table = project.images()
    labels.assign(project, table.id[:1].tolist(), None)
    splits.assign(project, table.id[1:2].tolist(), "test")
    file = tmp_path / "labels.csv"
    rows = zip(table.path[:4], ("val", "train", "test", "fold"), strict=True)
    file.write_text("image,label,split,group\n" + "".join(f"{path},new,{split},g\n" for path, split in rows))
    report = images.import_folder(project, f"csv:{file}")
    table = project.images()
    assert (report.labeled, report.divided, report.kept, report.rejected) == (1, 4, 3, [])
    assert [table.class_names[k] for k in table.label[:4]] == ["new", "global", "global", "global"]
    assert [*table.split[:5]] == [1, 2, 2, -1, -1]
    assert table.group[:5] == ["g"] * 4 + [None]
    assert [note.partition(":")[0] for note in report.notes] == ["labels.csv, line 5"]
    assert images.import_folder(project, f"csv:{file}", overwrite=True).labeled == 3
    project.undo()
    assert info(project)["classes"]["global"] == 23
    project.undo()
    assert project.images().group[0] is None
    splits.lock_test(project, True)
    report = images.import_folder(project, f"csv:{file}")
    assert [*project.images().split[:5]] == [1, 2, -1, -1, -1]
    assert "1 image of the source's test split left without" in report.notes[1]


def test_a_failed_creation_leaves_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DlguiError):
        Project.create(tmp_path / "p", tmp_path / "empty")
    assert not (tmp_path / "p").exists()
    with pytest.raises(DlguiError):
        Project.create(tmp_path / "p", tmp_path / "nowhere")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_protected_folder_opens_read_only(project, tmp_path):
    project.close()
    (tmp_path / "small.dlproj").chmod(0o555)
    with Project.open(tmp_path / "small.dlproj") as looking:
        assert looking.read_only
        assert np.all(looking.images().width == 250)
