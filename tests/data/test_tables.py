"""Tables and JSON: the same content, the same bytes."""

import numpy as np
import pandas as pd
import pytest

from hpefair.data import tables
from hpefair.errors import InputError, MissingArtifactError


def test_same_rows_same_bytes(tmp_path):
    """DVC compares hashes."""
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [[1, 2], [3]]})
    tables.write(tmp_path / "a.parquet", frame)
    tables.write(tmp_path / "b.parquet", frame.set_axis([5, 9]))
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_json_has_no_nan(tmp_path):
    """NaN and infinity become null, numpy becomes plain."""
    tables.write_json_atomically(tmp_path / "a.json", {"x": np.float64("nan"), "y": np.int64(2), "z": np.arange(2)})
    assert tables.read_json(tmp_path / "a.json") == {"x": None, "y": 2, "z": [0, 1]}
    assert list(tmp_path.iterdir()) == [tmp_path / "a.json"]


def test_missing_artifacts_say_what_to_run(tmp_path):
    """`dvc repro`."""
    for call in (tables.read, tables.read_json):
        with pytest.raises(MissingArtifactError, match="dvc repro"):
            call(tmp_path / "none")
    with pytest.raises(MissingArtifactError, match="dvc repro"):
        tables.read_folder(tmp_path, "none.parquet", ["s0"])


def test_broken_decision_lines_are_named(tmp_path):
    """File and line."""
    (tmp_path / "d.jsonl").write_text('{"a": 1}\n\nnot json\n')
    with pytest.raises(InputError, match="line 3"):
        tables.read_jsonl(tmp_path / "d.jsonl")
    assert tables.read_jsonl(tmp_path / "none.jsonl") == []


def test_adding_nothing_leaves_the_file_alone(tmp_path):
    """Its digest decides which stages run again; a blank line would be another file."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n")
    tables.append_jsonl(path, [])
    assert path.read_bytes() == b"\n"
    tables.append_jsonl(path, [{"a": 1}])
    assert path.read_bytes() == b'{"a": 1}\n'
