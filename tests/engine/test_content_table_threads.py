"""Two jobs may fill one table at the same time."""

import threading

import numpy as np

from dlgui.engine.content_table import ContentTable


def test_rows_stay_with_their_contents(tmp_path):
    names = [f"{i:032x}" for i in range(400)]

    def fill(order):
        table = ContentTable(tmp_path, "t", (3,), np.float32)
        for start in range(0, 400, 20):
            part = order[start:start + 20]
            table.add([names[i] for i in part], np.array([[i, i, i] for i in part], np.float32))
        rows = table.rows(names)
        assert (table.read(rows)[:, 0] == np.arange(400)).all()

    rng = np.random.default_rng(0)
    failures = []

    def guarded(order):
        try:
            fill(order)
        except Exception as problem:
            failures.append(problem)

    threads = [threading.Thread(target=guarded, args=(rng.permutation(400),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    again = ContentTable(tmp_path, "t", (3,), np.float32)
    assert len(again.table) == 400
    assert (again.read(again.rows(names))[:, 2] == np.arange(400)).all()
