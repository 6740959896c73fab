"""The record of a walk."""

import csv
import math

import numpy as np
import pytest

from gaitopt.errors import InputError
from gaitopt.hal.body import BodyState
from gaitopt.robot.spec import load_robot
from gaitopt.view.csv_recorder import CsvRecorder

BITTLE = load_robot("petoi-bittle")


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_for_each_command(tmp_path):
    path = tmp_path / "walk.csv"
    measured, sent = np.linspace(-1, 1, 8), np.linspace(0, 0.7, 8)
    turned = (math.sin(0.1), 0.0, 0.0, math.cos(0.1))  # a roll of 0.2 rad
    with CsvRecorder(path, BITTLE) as record:
        record(BodyState(0.05, None, turned, tuple(measured.tolist()), None, None), sent)
        record(BodyState(0.10, None, turned, tuple(measured.tolist()), None, None), sent)
    first, second = rows(path)
    assert (first["time_s"], second["time_s"]) == ("0.050000", "0.100000")
    assert [float(first[f"{name}_rad"]) for name in ("roll", "pitch", "yaw")] == pytest.approx([0.2, 0, 0], abs=1e-6)
    for i, name in enumerate(BITTLE.joint_names):
        assert float(first[f"{name}_rad"]) == pytest.approx(measured[i], abs=1e-6)
        assert float(first[f"{name}_sent_rad"]) == pytest.approx(sent[i], abs=1e-6)
    assert len(first) == 4 + 2 * 8


def test_what_is_not_measured_is_nan(tmp_path):
    path = tmp_path / "walk.csv"
    with CsvRecorder(path, BITTLE) as record:
        record(BodyState(0.05, None, None, None, None, None), np.full(8, np.nan))
    [row] = rows(path)
    assert {row.pop("time_s")} == {"0.050000"}
    assert set(row.values()) == {"nan"}


def test_what_was_written_before_a_failure_is_there(tmp_path):
    path = tmp_path / "walk.csv"

    def fail():
        with CsvRecorder(path, BITTLE) as record:
            record(BodyState(0.05, None, None, None, None, None), np.zeros(8))
            raise RuntimeError("the cable is out")

    with pytest.raises(RuntimeError):
        fail()
    assert len(rows(path)) == 1


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"walk\.csv: cannot be written: No such file or directory"):
        CsvRecorder(tmp_path / "no" / "walk.csv", BITTLE)
