"""A digest of what learn, train and compare store: equal digests mean that no number of any walk has changed.

The digests cover parameters, seeds and results, in the order stored, but no paths, times or words. They depend on the
machine's floating point, so compare two versions of gaitopt on one machine:

    python scripts/bench/digest_results.py
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

VERBS = {
    "learn": ["learn", "--traversals", "135", "--seed", "1"],
    "train": ["train", "--steps", "20000", "--seed", "1"],
    "compare": ["compare", "--optimizers", "kohl-stone,ego-cma,random-search", "--traversals", "90", "--seeds", "2"],
}
TIMES = {"wall_s", "overhead_s"}
"""Columns of the databases that differ from one computation to the next."""
ORDER = {"traversals": "purpose, iteration, candidate, repeat", "iterations": "iteration"}
"""Order of the rows of a table: workers store them as they come."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", default="2", help="processes; the digests do not depend on it (default: 2)")
    workers = parser.parse_args().workers
    for name, arguments in VERBS.items():
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "gaitopt", *arguments, "--runs", folder, "--workers", workers, "--json"]
            subprocess.run(command, check=True, capture_output=True, env=os.environ)
            digest, counted = digest_of(Path(folder))
        print(json.dumps({"verb": name, "sha256": digest, **counted}), flush=True)


def digest_of(folder: Path) -> tuple[str, dict[str, int]]:
    """Return the digest of all that is stored in a folder, and how many numbers of each kind of file it covers."""
    digest, counted = hashlib.sha256(), dict.fromkeys((".db", ".npz", ".csv"), 0)
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts[1:]):  # without the date
        read = {".db": _database, ".npz": _arrays, ".csv": _progress}.get(path.suffix)
        if read is None or (path.suffix == ".csv" and path.name != "progress.csv"):  # tables are made of the rest
            continue
        for value in read(path):
            counted[path.suffix] += 1
            digest.update(repr(value).encode() + b"\n")
    return digest.hexdigest(), counted


def _database(path: Path) -> Iterator[object]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        for table, order in ORDER.items():
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone():
                continue
            rows = connection.execute(f"SELECT * FROM {table} ORDER BY {order}")
            kept = [i for i, column in enumerate(rows.description) if column[0] not in TIMES]
            for row in rows:
                yield from (row[i] for i in kept)


def _arrays(path: Path) -> Iterator[object]:
    """Yield the numbers of a policy or a state; text tells of settings, and is left out."""
    with np.load(path, allow_pickle=False) as arrays:
        for name in sorted(arrays.files):
            if arrays[name].dtype.kind in "fiub":
                yield from arrays[name].ravel().tolist()


def _progress(path: Path) -> Iterator[object]:
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            yield from row.values()


if __name__ == "__main__":
    main()
