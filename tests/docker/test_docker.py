"""Dockerfiles and the compose file: linted, valid, pinned, checked for health, and open to nobody by default."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from tests.conftest import unavailable

FILES = ("airflow", "worker", "mlflow")
LINTER = "dockerfilelint@1.8.0"
# It takes the name of an earlier stage for an image without a tag; tags are checked below.
RULES = "rules:\n  missing_tag: off\n"


@pytest.fixture(scope="module")
def settings(project, tmp_path_factory):
    """docker/.env.example with every value filled in."""
    path = tmp_path_factory.mktemp("compose") / "env"
    text = (project / "docker/.env.example").read_text()
    path.write_text("\n".join(line + "x" if line.endswith("=") else line for line in text.splitlines()) + "\n")
    return path


@pytest.fixture(scope="module")
def compose(project, settings):
    """The compose file as Compose itself understands it."""
    done = run_compose(project, settings, "config")
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def run_compose(project, settings, *words):
    if not shutil.which("docker-compose"):
        unavailable("docker-compose: apt-get install docker-compose")
    command = ["docker-compose", "--env-file", settings, "-f", project / "docker/compose.yaml", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})


@pytest.mark.parametrize("name", FILES)
def test_a_dockerfile_lints_clean(project, tmp_path, name):
    if not shutil.which("npx"):
        unavailable("npx, for dockerfilelint: apt-get install npm")
    (tmp_path / ".dockerfilelintrc").write_text(RULES)
    shutil.copyfile(project / f"docker/{name}.Dockerfile", tmp_path / "Dockerfile")
    done = subprocess.run(
        ["npx", "--yes", LINTER, "Dockerfile"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "Issues: None found" in done.stdout


@pytest.mark.parametrize("name", FILES)
def test_an_image_is_pinned_and_runs_as_nobody_special(project, name):
    """Its base by a full version, its last user by a number that is not root's; nothing secret in it."""
    text = (project / f"docker/{name}.Dockerfile").read_text()
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, re.M))
    for image in re.findall(r"^FROM (\S+)", text, re.M):
        assert image in stages or re.search(r":\d+\.\d+\.\d+-", image), image
    assert re.findall(r"^USER (\S+)", text, re.M)[-1] == "50000"
    assert not re.search(r"(PASSWORD|SECRET|TOKEN)\s*=", text)


def test_a_missing_secret_stops_it(project, tmp_path):
    """Nothing starts with a default password."""
    (tmp_path / "env").write_text("POSTGRES_PASSWORD=x\n")
    done = run_compose(project, tmp_path / "env", "config")
    assert done.returncode != 0
    assert "set it in docker/.env" in done.stderr


def test_only_loopback_is_reachable(compose):
    """Every published port; to open one is a decision of whoever runs it."""
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 3
    for port in ports:
        assert str(port).startswith("127.0.0.1:"), port


def test_every_part_is_there_pinned_and_watched(compose):
    """What the guide promises; whatever runs on has a health check."""
    services = compose["services"]
    assert set(services) == {
        "postgres", "redis", "s3", "s3-bucket", "models", "airflow-init", "airflow-apiserver", "airflow-scheduler",
        "airflow-dag-processor", "airflow-triggerer", "worker", "mlflow", "mongo", "fiftyone",
    }  # fmt: skip
    for name, service in services.items():
        assert re.search(r":\d+\.\d+", service["image"]), name
        if service.get("restart") != "no":
            assert "healthcheck" in service, name


def test_secrets_come_from_the_environment(project):
    """No password, key or token is written in the compose file."""
    text = (project / "docker/compose.yaml").read_text()
    for line in text.splitlines():
        if re.search(r"(PASSWORD|SECRET|_KEY|FERNET)\w*:", line) and "${" not in line:
            assert re.search(r":\s*$|condition", line), line
    assert "/docker/.env" in (project / ".gitignore").read_text()
