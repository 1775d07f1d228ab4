"""What CONTRIBUTING promises about edits: how many files of the package each of them touches."""

import ast
import re
from pathlib import Path

import pytest

from hpefair.schema import DECIDING
from hpefair.words import METRIC_NAMES, METRIC_WORDS

PACKAGE = Path(__file__).resolve().parents[2] / "hpefair"
MODULES = sorted(PACKAGE.rglob("*.py"))


def literals(path: Path) -> set[str]:
    """Strings in a module."""
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_a_metric_that_decides_is_listed_once():
    """Its name, its column, its words; the definition is in docs/metrics.md. Whoever else needs the list imports it."""
    listed = [path.relative_to(PACKAGE).as_posix() for path in MODULES if set(DECIDING) <= literals(path)]
    assert listed == ["core/pose/person_scores.py", "schema.py", "words.py"]
    assert set(DECIDING) <= set(METRIC_WORDS) == set(METRIC_NAMES)
    text = (PACKAGE.parent / "docs/metrics.md").read_text()
    assert all(f"`{name}`" in text for name in DECIDING)


@pytest.mark.parametrize("path", sorted((PACKAGE / "estimators").glob("*.py")), ids=lambda path: path.stem)
def test_an_estimator_is_one_file(path):
    """No module but its own and the help of `hpefair train` says its name."""
    if path.stem in ("__init__", "protocol"):
        return
    named = [one.relative_to(PACKAGE).as_posix() for one in MODULES if one != path and path.stem in literals(one)]
    assert named == [] or (path.stem == "heatmap" and set(named) <= {"judges/model_file.py", "cli/training.py"})
    assert f"`{path.stem}`" in (PACKAGE.parent / "docs/guides/estimators.md").read_text()


def test_mlflow_is_one_file():
    """And the file that opens it: another tracker touches two."""
    importing = [path for path in MODULES if re.search(r"^\s*(import|from) mlflow\b", path.read_text(), re.M)]
    opening = [path for path in MODULES if "from hpefair.tracking import mlflow" in path.read_text()]
    assert [path.relative_to(PACKAGE).as_posix() for path in importing] == ["tracking/mlflow.py"]
    assert [path.relative_to(PACKAGE).as_posix() for path in opening] == ["tracking/tracker.py"]


def test_folders_are_small_enough_to_read():
    """About twenty modules; from twenty-five on a folder is two."""
    sizes = {folder: len(list(folder.glob("*.py"))) - 1 for folder in PACKAGE.rglob("*") if folder.is_dir()}
    assert {folder.name: size for folder, size in sizes.items() if size >= 25} == {}


def test_tests_mirror_the_package():
    """A test of one module lies where the module lies, under its name; others say what they are about."""
    tests = PACKAGE.parent / "tests"
    apart = {"browser", "contracts", "dags", "docker", "faults", "pipeline", "services"}
    found, mirrored = 0, 0
    for path in tests.rglob("test_*.py"):
        place = path.relative_to(tests)
        if place.parts[0] in apart:
            continue
        found += 1
        mirrored += (PACKAGE / place.parent / place.name.removeprefix("test_")).exists()
    assert mirrored / found > 0.85
