"""project.sqlite: opened with suspicion, read freely, written through one door."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlgui.errors import DlguiError
from dlgui.project.changes import Changes, Record, decode, encode
from dlgui.project.lock import WriterLock
from dlgui.project.schema import APPLICATION_ID, COLUMNS, FILE_FACTS, SCHEMA, VERSION, kind_of

FILE = "project.sqlite"

NEXT_UNDO = "SELECT id FROM journal WHERE state = 'done' AND inverse IS NOT NULL ORDER BY id DESC LIMIT 1"
"""Finds the line of the journal that undo takes back."""

NEXT_REDO = "SELECT id FROM journal WHERE state = 'undone' ORDER BY id LIMIT 1"
"""Finds the line of the journal that redo does again."""


class Transaction:
    """What happens inside `Store.transact`: changes rows and records how to undo that."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.inverse: list[Record] = []
        self.touched: dict[str, set[int]] = {}
        self.changes = Changes()

    def insert(self, table: str, values: dict[str, Any]) -> int:
        """Adds a row and returns its id."""
        columns = _columns(table, values)
        cursor = self._connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
            [values[c] for c in columns])
        row = int(cursor.lastrowid or 0)
        self.inverse.append(Record("delete", table, (), [(row,)]))
        self._touch(kind_of(table), [row])
        return row

    def insert_many(self, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        """Adds many rows at once."""
        _columns(table, dict.fromkeys(columns))
        last = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table]).fetchone()
        first = int(last[0]) + 1 if last else 1
        self._connection.executemany(
            f"INSERT INTO {table} (id, {', '.join(columns)}) VALUES ({', '.join('?' * (len(columns) + 1))})",
            [(first + i, *row) for i, row in enumerate(rows)])
        ids = range(first, first + len(rows))
        self.inverse.append(Record("delete", table, (), [(i,) for i in ids]))
        self._touch(kind_of(table), ids)

    def update(self, table: str, ids: Sequence[int], values: dict[str, Any]) -> None:
        """Gives the same values to many rows."""
        self.update_each(table, list(values), [(i, *values.values()) for i in ids])

    def update_each(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Gives each row (id first) its own values; rows that already have them are left alone."""
        names = _columns(table, dict.fromkeys(columns))
        old = self._read(table, names, [row[0] for row in rows])
        changed = [row for row in rows if row[0] in old and old[row[0]] != tuple(row[1:])]
        if not changed:
            return
        self._connection.executemany(
            f"UPDATE {table} SET {', '.join(f'{c} = ?' for c in names)} WHERE id = ?",
            [(*row[1:], row[0]) for row in changed])
        undoable = [i for i, c in enumerate(names) if not (table == "images" and c in FILE_FACTS)]
        if undoable:
            self.inverse.append(Record("update", table, tuple(names[i] for i in undoable),
                                       [(row[0], *(old[row[0]][i] for i in undoable)) for row in changed]))
        for i, column in enumerate(names):
            self._touch(kind_of(table, column), [row[0] for row in changed if old[row[0]][i] != row[1 + i]])

    def delete(self, table: str, ids: Sequence[int]) -> None:
        """Removes rows."""
        columns = COLUMNS[table]
        old = self._read(table, columns, ids)
        self._connection.executemany(f"DELETE FROM {table} WHERE id = ?", [(i,) for i in old])
        if old:
            self.inverse.append(Record("insert", table, columns, [(i, *values) for i, values in old.items()]))
            self._touch(kind_of(table), list(old))

    def replay(self, records: list[Record]) -> None:
        """Applies inverse records, newest first; what they change is recorded in turn."""
        for record in reversed(records):
            if record.action == "delete":
                self.delete(record.table, [row[0] for row in record.rows])
            elif record.action == "update":
                self.update_each(record.table, record.columns, record.rows)
            else:
                names = _columns(record.table, dict.fromkeys(record.columns))
                self._connection.executemany(
                    f"INSERT INTO {record.table} (id, {', '.join(names)}) "
                    f"VALUES ({', '.join('?' * (len(names) + 1))})", record.rows)
                self.inverse.append(Record("delete", record.table, (), [(row[0],) for row in record.rows]))
                self._touch(kind_of(record.table), [row[0] for row in record.rows])

    def _read(self, table: str, columns: Sequence[str], ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        found: dict[int, tuple[Any, ...]] = {}
        ids = list(ids)
        for start in range(0, len(ids), 500):
            part = ids[start:start + 500]
            found.update({row[0]: row[1:] for row in self._connection.execute(
                f"SELECT id, {', '.join(columns)} FROM {table} WHERE id IN ({', '.join('?' * len(part))})", part)})
        return found

    def _touch(self, kind: str, ids: Sequence[int] | range) -> None:
        if len(ids):
            self.touched.setdefault(kind, set()).update(ids)


class Store:
    """The database of one project. Any thread may use it; use `Store.create` or `Store.open`."""

    def __init__(self, folder: Path, read_only: bool) -> None:
        self.folder, self.read_only = folder, read_only
        self._guard, self._aside_guard = threading.RLock(), threading.Lock()
        self._aside: sqlite3.Connection | None = None
        self._lock = WriterLock(folder / "project.lock")
        self._transaction: Transaction | None = None
        self._listeners: list[Callable[[Changes], None]] = []
        self._commits, self._writer = 0, 0
        if not read_only:
            try:
                self.read_only = not self._lock.acquire()
            except OSError:
                self.read_only = True
        self._connection = self._connect("ro" if self.read_only else "rwc")

    def _connect(self, mode: str) -> sqlite3.Connection:
        uri = f"{(self.folder / FILE).absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
        if mode == "ro":
            try:
                connection.execute("SELECT 1 FROM sqlite_master").fetchall()
            except sqlite3.OperationalError:  # a write-ahead log cannot be made in a protected folder
                connection.close()
                return self._connect("ro&immutable=1")
        return connection

    @classmethod
    def create(cls, folder: Path) -> Store:
        """A new, empty database in `folder` (made if missing). Raises `DlguiError`."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise DlguiError(folder, f"cannot be made ({problem.strerror})", "choose another folder") from problem
        if (folder / FILE).exists():
            raise DlguiError(folder, "already a project", "open it, or choose another folder")
        if any(folder.iterdir()):
            raise DlguiError(folder, "not empty", "choose a new or empty folder for the project")
        store = cls(folder, read_only=False)
        try:
            store._connection.executescript(
                f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION}; PRAGMA journal_mode=WAL;\n"
                f"BEGIN; {SCHEMA} COMMIT;")
        except sqlite3.Error as problem:
            store.close()
            raise DlguiError(folder, f"the project cannot be written ({problem})",
                             "choose a folder that may be written, on a disk with free space") from problem
        store._settle()
        return store

    @classmethod
    def open(cls, folder: Path, read_only: bool = False) -> Store:
        """An existing database; read-only where another process holds it.

        Raises:
            DlguiError: missing, foreign, newer or corrupt.
        """
        file = folder / FILE
        if not file.is_file():
            raise DlguiError(folder, "not a dlgui project",
                             f"name a folder that holds {FILE}, or create a project", "choose project")
        store = None
        try:
            store = cls(folder, read_only)
            store._verify()
            store._settle()
        except sqlite3.Error as problem:
            if store is not None:
                store.close()
            raise DlguiError(file, f"damaged or not a database ({problem})",
                             "restore it from a backup; the images and the models in runs/ are untouched",
                             "choose project") from problem
        except DlguiError:
            if store is not None:
                store.close()
            raise
        return store

    def _verify(self) -> None:
        file = self.folder / FILE
        if self._pragma("application_id") != APPLICATION_ID:
            raise DlguiError(file, "not a dlgui project", "name a folder that dlgui made", "choose project")
        version = self._pragma("user_version")
        if version > VERSION:
            raise DlguiError(file, f"written by a newer dlgui (format {version}, this one reads {VERSION})",
                             "update dlgui")
        found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise DlguiError(file, f"damaged ({' '.join(found.split())})",
                             "restore it from a backup; the images and models are untouched", "choose project")

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def _settle(self) -> None:
        self._connection.execute("PRAGMA foreign_keys=ON")
        self._connection.execute("PRAGMA synchronous=FULL")  # a label is on disk before the next key

    def close(self) -> None:
        """Closes the database and gives the writer's lock back."""
        with self._guard, self._aside_guard:
            if self._aside is not None:
                self._aside.close()
                self._aside = None
            self._connection.close()
            self._lock.release()

    def held(self) -> AbstractContextManager[object]:
        """While this is held, no other thread reads or commits."""
        return self._guard

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Reads. While another thread writes, gives what was committed last, and does not wait for the disk."""
        if self._guard.acquire(blocking=False):
            try:
                return self._connection.execute(sql, parameters).fetchall()
            finally:
                self._guard.release()
        with self._aside_guard:
            if self._aside is None:
                self._aside = self._connect("ro")
            return self._aside.execute(sql, parameters).fetchall()

    def version(self) -> object:
        """The same for two calls between which nothing was committed; always another where that cannot be known: inside
        of a transaction, and where another process may write."""
        if self.read_only or (self._transaction is not None and self._writer == threading.get_ident()):
            return object()
        return self._commits

    def copy_to(self, path: Path) -> None:
        """Writes a consistent copy of the database, while others go on reading and writing."""
        target = sqlite3.connect(path)
        try:
            with self._guard:
                self._connection.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file that needs no log beside it
        finally:
            target.close()

    def listen(self, callback: Callable[[Changes], None]) -> Callable[[], None]:
        """Calls `callback` once after every commit, in the committing thread; returns how to stop that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    @contextmanager
    def transact(self, kind: str, *, who: str = "user", undoable: bool = True, journal: bool = True,
                 **details: Any) -> Iterator[Transaction]:
        """The one door: rows, their inverse and the journal line are committed together, or nothing is.

        Args:
            kind: what the user did, for the journal.
            who: who asked; handed on to listeners.
            undoable: whether undo takes it back.
            journal: False for progress rows, which leave no line.
            details: for the journal and the script.

        Raises:
            DlguiError: the project is read-only, or the disk is full.
        """
        with self._guard:
            if self._transaction is not None:  # an operation inside an operation is part of it
                yield self._transaction
                return
            if self.read_only:
                raise DlguiError(self.folder, "open read-only (another window has it, or the folder is protected)",
                                 "close the other window or make the folder writable", "open again")
            self._writer = threading.get_ident()
            t = self._transaction = Transaction(self._connection)
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield t
                t.changes = self._finish(t, kind, who, undoable, journal, details)
                self._connection.execute("COMMIT")
                self._commits += 1
            except BaseException as problem:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                t.changes = Changes()
                if isinstance(problem, (sqlite3.OperationalError, sqlite3.DatabaseError)):
                    raise DlguiError(
                        self.folder / FILE, f"cannot be written ({problem})",
                        "free some disk space or check the folder; what was there is unharmed") from problem
                raise
            finally:
                self._transaction = None
        if t.changes:
            for listener in list(self._listeners):
                listener(t.changes)

    def note(self, kind: str, who: str = "user", **details: Any) -> None:
        """Writes a journal line of a deed that leaves the project as it is, such as an export; none where it cannot be
        written, for the deed is done."""
        with suppress(DlguiError), self.transact(kind, who=who, undoable=False, **details) as t:
            t.touched["journal"] = set()

    def _finish(self, t: Transaction, kind: str, who: str, undoable: bool, journal: bool,
                details: dict[str, Any]) -> Changes:
        if not t.touched:
            return Changes(who=who, kind=kind)
        line = None
        if journal:
            keep = undoable and bool(t.inverse)
            if keep:  # a new deed ends what could be redone
                self._connection.execute("UPDATE journal SET state = 'dropped', inverse = NULL WHERE state = 'undone'")
            line = self._connection.execute(
                "INSERT INTO journal (time, kind, who, details, inverse) VALUES (?, ?, ?, ?, ?)",
                [datetime.now(UTC).isoformat(timespec="milliseconds"), kind, who,
                 json.dumps(details, ensure_ascii=False), encode(t.inverse) if keep else None]).lastrowid
        return Changes(frozenset(t.touched), t.touched, line, who, kind)

    def undo(self, who: str = "user") -> Changes | None:
        """Takes back the newest deed that can be; None where there is none. Survives restarts."""
        return self._turn(NEXT_UNDO, "undone", who)

    def redo(self, who: str = "user") -> Changes | None:
        """Does again what was undone last; None where there is nothing."""
        return self._turn(NEXT_REDO, "done", who)

    def _turn(self, query: str, state: str, who: str) -> Changes | None:
        with self._guard:
            found = self.rows(f"SELECT id, kind, inverse FROM journal WHERE id = ({query})")
            if not found:
                return None
            line, kind, inverse = found[0]
            with self.transact(kind, who=who, journal=False) as t:
                t.replay(decode(inverse))
                self._connection.execute("UPDATE journal SET state = ?, inverse = ? WHERE id = ?",
                                         [state, encode(t.inverse), line])
            return t.changes


def _columns(table: str, values: dict[str, Any]) -> tuple[str, ...]:
    unknown = set(values) - set(COLUMNS[table])
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(sorted(unknown))}")
    return tuple(values)
