"""The install step of each image, executed as written in an environment of its own."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import commit, make_workspace

pytestmark = [pytest.mark.services, pytest.mark.timeout(1800)]
THIN = """
from airflow.dag_processing.dagbag import DagBag
bag = DagBag("dags")
assert not bag.import_errors, bag.import_errors
assert len(bag.dags) == 5, list(bag.dags)
for name in ("torch", "dvc", "mlflow", "fiftyone", "pandas"):
    try:
        __import__(name)
    except ImportError:
        continue
    raise SystemExit(f"{name} can be imported")
"""


def install(project: Path, dockerfile: str, place: Path) -> Path:
    """Run every `pip install` of a Dockerfile's first stage, as written, on a copy of its context; the interpreter."""
    subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True)
    text = (project / f"docker/{dockerfile}.Dockerfile").read_text().replace("\\\n", " ")
    stage = re.split(r"^FROM ", text, flags=re.M)[1]
    steps = [
        line.removeprefix("RUN ") for line in stage.splitlines() if line.startswith("RUN ") and "pip install" in line
    ]
    assert steps
    (place / "context").mkdir()
    for line in stage.splitlines():
        if line.startswith("COPY "):
            words = [word for word in line.split()[1:] if not word.startswith("--")]
            for word in words[:-1]:
                subprocess.run(["cp", "-r", project / word, place / "context"], check=True)
    environment = {
        **os.environ, "PATH": f"{place / 'venv/bin'}:{os.environ['PATH']}", "VIRTUAL_ENV": str(place / "venv"),
        "PYTHONPATH": "", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "TORCH_INDEX": "",
        "UV_FIND_LINKS": os.environ.get("PIP_FIND_LINKS", ""),
        "TORCH_SHA256": wheel_of_torch(place) if dockerfile == "worker" else "",
    }  # fmt: skip
    for step in steps:
        # One keeps an image small, the other lets it start sooner; these share files, and are used once.
        step = re.sub(r"--no-cache(-dir)? |--compile-bytecode ", "", step)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step], cwd=place / "context", env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{step}\n{done.stderr[-3000:]}"
    return place / "venv/bin/python"


def wheel_of_torch(place: Path) -> str:
    """SHA-256 of the wheel that pip takes on this machine; PyPI's own brings gigabytes of CUDA."""
    release = re.search(r"^torch==(\S+)", Path("docker/locks/worker.txt").read_text(), re.M)
    assert release
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(place / "torch")]
    subprocess.run([*command, f"torch=={release[1]}"], check=True)
    (wheel,) = (place / "torch").glob("torch-*.whl")
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_another_file_than_the_hashed_one_is_refused(project, tmp_path):
    """One digit of one hash is wrong: nothing is installed."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    text = (project / "docker/locks/build.txt").read_text()
    (tmp_path / "build.txt").write_text(re.sub(r"sha256:.", "sha256:0", text))
    command = [tmp_path / "venv/bin/pip", "install", "--no-deps", "--require-hashes", "-r", tmp_path / "build.txt"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not list((tmp_path / "venv").rglob("wheel-*"))


def test_the_thin_image_parses_the_dags_and_has_nothing_heavy(project, tmp_path):
    python = install(project, "airflow", tmp_path)
    environment = {
        "PATH": f"{python.parent}:{os.environ['PATH']}", "AIRFLOW_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(project), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "HOME": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(
        [python, "-c", THIN], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_workers_image_runs_a_stage(project, tmp_path, tiny_coco):
    python = install(project, "worker", tmp_path)
    make_workspace(tmp_path / "w", tiny_coco)
    commit(tmp_path / "w", "data")
    environment = {
        "PATH": f"{python.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "DVC_NO_ANALYTICS": "1",
    }  # fmt: skip
    done = subprocess.run(
        [python.parent / "dvc", "repro", "attribute@s0"], cwd=tmp_path / "w", env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "w/data/attribute/s0").is_dir()
    assert (
        subprocess.run([python, "-c", "import airflow.providers.celery, torch, fiftyone"], check=False).returncode == 0
    )


def test_the_tracking_image_has_a_server(project, tmp_path):
    python = install(project, "mlflow", tmp_path)
    done = subprocess.run([python.parent / "mlflow", "server", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "--allowed-hosts" in done.stdout
    assert subprocess.run([python, "-c", "import mlflow.server.auth"], check=False, env=auth(tmp_path)).returncode == 0
    assert subprocess.run([python, "-c", "import boto3, psycopg2"], check=False).returncode == 0


def auth(place: Path) -> dict[str, str]:
    """What the server's app for passwords needs before it can be imported."""
    (place / "auth.ini").write_text(
        f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{place}/u.db\nadmin_username = admin\n"
        "admin_password = abcdefabcdef\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    return {
        "PATH": os.environ["PATH"], "MLFLOW_AUTH_CONFIG_PATH": str(place / "auth.ini"), "HOME": str(place),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "x" * 16,
    }  # fmt: skip
