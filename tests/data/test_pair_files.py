"""Lists of counterfactual pairs."""

import pandas as pd
import pytest

from hpefair.data import pair_files
from hpefair.errors import InputError

GOOD = {"before_id": [1, 3], "after_id": [2, 4], "factor": "skin_tone", "group": ["monk_01", "monk_10"]}


def test_scene_is_empty_unless_given(tmp_path):
    """CSV and Parquet; other columns are left out."""
    path = tmp_path / "p.csv"
    pd.DataFrame({**GOOD, "note": "x"}).to_csv(path, index=False)
    assert pair_files.load(path)["scene"].tolist() == ["", ""]
    path = tmp_path / "p.parquet"
    pd.DataFrame({**GOOD, "scene": ["s", "s"]}).to_parquet(path)
    assert pair_files.load(path)["scene"].tolist() == ["s", "s"]
    assert list(pair_files.load(path)) == ["before_id", "after_id", "factor", "group", "scene"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({key: value for key, value in GOOD.items() if key != "factor"}, "lacks the column factor"),
        ({key: [] for key in GOOD}, "lists no pair"),
        ({**GOOD, "after_id": ["a", 2]}, "after_id must hold integer"),
        ({**GOOD, "group": ["x", " "]}, "row 2 has a blank"),
        ({**GOOD, "after_id": [1, 4]}, "row 1 pairs a person with itself"),
        (
            {key: [value[0]] * 2 if isinstance(value, list) else value for key, value in GOOD.items()},
            "row 2 is listed twice",
        ),
    ],
)
def test_unusable_lists_stop(tmp_path, table, message):
    """With what is wrong."""
    path = tmp_path / "p.csv"
    pd.DataFrame(table).to_csv(path, index=False)
    with pytest.raises(InputError, match=message):
        pair_files.load(path)


def test_a_missing_file_stops(tmp_path):
    """One line, no traceback."""
    with pytest.raises(InputError, match="cannot be read"):
        pair_files.load(tmp_path / "no.csv")
