"""Fixtures: the drawn dataset, a workspace in which the whole pipeline ran once, and the real data where present."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest
import yaml
from filelock import FileLock

from hpefair.cli.demo import create_workspace
from hpefair.judges import fetching
from hpefair.judges.catalogue import CATALOGUE, FOLDER
from hpefair.machine import telemetry
from hpefair.tools.dvc import cli, side_by_side
from tests import drawn_people, tiny_dataset

# Read when mlflow, fiftyone and airflow are imported, which nothing above does; airflow makes its home at once.
telemetry.silence()
# Two workers with two threads each on two cores are many times slower than with one; read when numpy and torch load.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("AIRFLOW_HOME", str(Path(os.environ.get("TMPDIR", "/tmp")) / "hpefair-tests-airflow"))

# Other jobs on the machine must not fail an example for being slow.
hypothesis.settings.register_profile("calm", deadline=None)
hypothesis.settings.load_profile("calm")

PROJECT = Path(__file__).resolve().parent.parent
# Files that take longest: they begin first, so that no worker ends long after the other.
# A new one belongs here where it takes more than half a minute (CONTRIBUTING tells how to see it).
DEAREST = (
    "dags/test_chain", "dags/test_faults", "pipeline/test_sample", "commands/models/test_promote",
    "pipeline/test_reproducibility", "commands/test_guides", "pipeline/test_killed", "orchestration/test_operators",
    "stages/test_code", "browser/test_fiftyone", "faults/test_io_errors",
    "training/test_processes", "training/test_engine", "commands/labels/test_attributes",
    "commands/dataset/test_sample", "commands/test_tutorial", "orchestration/workspaces/test_publish",
    "settings/test_every_number", "core/fairness/test_shortfall",
    "commands/results/test_review", "stages/test_predict", "attributes/sources/test_body_build",
    "contracts/test_architecture", "faults/test_full_disk", "prediction/test_export", "synthetic/body/test_asset",
    "attributes/sources/test_classifier", "screening/test_injected_faults", "synthetic/test_dataset",
    "commands/models/test_log",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand out the dearest files first (pytest-xdist keeps this order with `--no-loadscope-reorder`)."""
    order = {f"tests/{name}.py": place for place, name in enumerate(DEAREST)}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(order)))


@pytest.fixture(scope="module", autouse=True)
def no_ended_server_stays_named() -> Iterator[None]:
    """What a module leaves in the environment would send later ones, of its worker only, to a server that is gone."""
    before = os.environ.get("FIFTYONE_DATABASE_URI")
    yield
    after = os.environ.get("FIFTYONE_DATABASE_URI")
    assert after == before, f"this module leaves {after} named"


@pytest.fixture(scope="session")
def project() -> Path:
    """Root of the clone."""
    return PROJECT


@pytest.fixture(scope="session")
def tiny_coco(tmp_path_factory) -> Path:
    """The drawn dataset."""
    return tiny_dataset.write(tmp_path_factory.mktemp("data") / "tiny")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real annotated people; where none is named, tests of facts about them are skipped.

    A folder that is named and does not hold them fails in CI.
    """
    folder = Path(os.environ.get("HPEFAIR_TEST_DATA", ""))
    if not os.environ.get("HPEFAIR_TEST_DATA"):
        pytest.skip("real COCO people: set HPEFAIR_TEST_DATA to a folder that holds coco_kp/")
    if not (folder / "coco_kp").is_dir():
        unavailable(f"real COCO people: HPEFAIR_TEST_DATA names {folder}, which has no coco_kp/")
    return folder


@pytest.fixture(scope="session")
def annotated_people(request, tmp_path_factory) -> Path:
    """The real people's folder coco_kp, or one of drawn people with the same names."""
    if os.environ.get("HPEFAIR_TEST_DATA"):
        return request.getfixturevalue("real_data") / "coco_kp"
    return make_once(tmp_path_factory, "drawn_people", drawn_people.write) / "coco_kp"


@pytest.fixture(scope="session")
def judges() -> Path:
    """Folder of fetched judges: the one named, this clone's, or one that is filled once per machine."""
    named = os.environ.get("HPEFAIR_TEST_JUDGES")
    folder = Path(named) if named else PROJECT / FOLDER
    if not all(fetching.is_here(one, folder) for one in CATALOGUE.values()):
        folder = folder if named else Path(tempfile.gettempdir()) / "hpefair-tests-judges"
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            faults = [fault for _, fault in fetching.fetch([], folder) if fault]
        if faults:
            unavailable(f"judges: `hpefair judges fetch`, or set HPEFAIR_TEST_JUDGES to their folder ({faults[0]})")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Debian's Chromium; its absence skips, and fails in CI."""
    return shutil.which("chromium") or unavailable("browser tests need chromium: apt-get install chromium")


def unavailable(reason: str):
    """Skip for want of a package or data; in CI, where everything is there, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"not available in CI: {reason}")
    pytest.skip(reason)


@pytest.fixture
def small_disk() -> Iterator[Callable[..., None]]:
    """Mounts a small file system over a folder, or makes it larger: as root, or in CI with a sudo that asks nothing."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    # Outside CI nobody's tests become root unasked.
    if as_root and not (os.environ.get("CI") and shutil.which("sudo") and _quiet([*as_root, "true"]) is None):
        pytest.skip("a small file system is mounted by root only, or in CI with a sudo that asks for no password")
    mounted: list[Path] = []

    def mount(folder: Path, kibibytes: int, kind: str = "tmpfs") -> None:
        again = folder in mounted
        folder.mkdir(parents=True, exist_ok=True)
        size = f"size={kibibytes}k"
        how = ["-o", f"remount,{size}"] if again else ["-t", kind, "-o", size, kind]
        if fault := _quiet([*as_root, "mount", *how, folder]):
            unavailable(f"a small file system cannot be mounted here: {fault}")
        if not again:
            mounted.append(folder)
            subprocess.run([*as_root, "chown", f"{os.geteuid()}:{os.getegid()}", folder], check=True)

    yield mount
    for folder in reversed(mounted):
        subprocess.run([*as_root, "umount", "--lazy", folder], check=True)


def _quiet(command: list[str | Path]) -> str | None:
    """What a command that failed said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr.strip() or "without a word") if done.returncode else None


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that one worker of a run makes, and the others wait for."""
    top = factory.getbasetemp()
    top = top.parent if "PYTEST_XDIST_WORKER" in os.environ else top
    place, made = top / name, top / f"{name}.made"
    with FileLock(top / f"{name}.lock"):
        if not made.exists():
            shutil.rmtree(place, ignore_errors=True)
            make(place)
            made.touch()
    return place


@pytest.fixture(scope="session")
def made_workspace(tmp_path_factory, tiny_coco) -> Path:
    """A workspace in which the whole pipeline ran once on the drawn dataset; read-only by convention.

    Each worker has a copy, as dvc lets one process at a time work in a folder. Where HPEFAIR_TEST_WORKSPACE names a
    folder, it is kept there, and the next time only those stages run whose code has changed.
    """
    kept = os.environ.get("HPEFAIR_TEST_WORKSPACE")

    def make(root: Path) -> None:
        if kept and Path(kept).is_dir():
            shutil.copytree(kept, root, symlinks=True)
            create_workspace(PROJECT, root)
        else:
            make_workspace(root, tiny_coco)
        side_by_side.repro(root)
        commit(root, "results")
        if kept and not Path(kept).is_dir():
            shutil.copytree(root, kept, symlinks=True)

    first = make_once(tmp_path_factory, "made_workspace", make)
    root = tmp_path_factory.mktemp("workspace") / "w"
    shutil.copytree(first, root, symlinks=True)
    return root


@pytest.fixture
def workspace_copy(made_workspace, tmp_path) -> Path:
    """A private copy of the finished workspace, DVC cache included."""
    root = tmp_path / "w"
    shutil.copytree(made_workspace, root, symlinks=True)
    return root


def make_workspace(root: Path, dataset: Path) -> None:
    """A workspace with the drawn dataset added and settings small enough for a test."""
    create_workspace(PROJECT, root)
    shrink(root)
    run(root, "add", str(dataset), "--name", "tiny", "--discover")
    commit(root, "tiny data")


def shrink(root: Path) -> None:
    """Settings that run in seconds."""
    path = root / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["attribute"] |= {"shards": ["s0"], "min_area_px": 100}
    tree["generate"] |= {"shards": ["s0"]}
    tree["split"]["fractions"] = {"train": 0.55, "val": 0.10, "test": 0.22, "sealed": 0.13}
    tree["plan"]["backends"].pop("render")
    tree["plan"]["backends"]["recompose"]["rate"] = 0.7  # nobody judges, so fewer attempts do
    # The drawn people are no people to judges.
    tree["screen"] |= {"judges": [], "counter": "", "pairs": 0}
    tree["train"]["engine"] |= {"input_width": 64, "input_height": 96, "steps": 30, "batch": 8, "checkpoint_every": 5}
    tree["train"]["engine"] |= {"validate_every": 15, "min_support": 2}
    tree["train"]["models"].pop("oversampled")
    tree["predict"]["models"].pop("oversampled")
    tree["compare"]["candidates"] = ["balanced"]
    tree["evaluate"] |= {
        "resamples": 100,
        "min_support": 3,
        "by": ["gender_presentation", "contrast"],
    }
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    for suite in ("people", "balance"):
        path = root / "expectations" / f"{suite}.yaml"
        tree = yaml.safe_load(path.read_text())
        for rule in tree["expectations"]:
            if rule["expectation"] == "expect_group_support_to_be_at_least":
                rule["kwargs"]["minimum"] = 2
        path.write_text(yaml.safe_dump(tree, sort_keys=False))


def environment() -> dict[str, str]:
    """Environment of a workspace: its own code first, this interpreter's tools on PATH."""
    return {**cli.environment(), "DVC_NO_ANALYTICS": "1", "PYTHONPATH": ""}


def run(
    root: Path, *arguments: str, expect: int = 0, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the workspace's own hpefair and check its exit code."""
    return _finish([sys.executable, "-m", "hpefair", *arguments], root, expect, env)


def dvc(root: Path, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Run dvc in a workspace and check its exit code."""
    return _finish([sys.executable, "-m", "dvc", *arguments], root, expect)


def commit(root: Path, message: str) -> None:
    """Commit everything that git sees."""
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    _finish(["git", "add", "--all"], root, 0)
    _finish(["git", *who, "commit", "--quiet", "--allow-empty", "-m", message], root, 0)


def _finish(
    command: list[str], root: Path, expect: int, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    everything = environment() | dict(env or {})
    done = subprocess.run(command, cwd=root, env=everything, text=True, capture_output=True, check=False)
    assert done.returncode == expect, f"{command} gave {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done
