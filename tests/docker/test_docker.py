"""Dockerfiles and the compose file: linted, valid, pinned, checked for health, and open to nobody by default."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml

from hpefair.tools.fiftyone.server import serve
from tests.conftest import unavailable
from tests.ports import reserved_port

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
    command = [*compose_program(), "--env-file", settings, "-f", project / "docker/compose.yaml", *words]
    # Nothing else of the environment, which could fill in a secret; a plugin may lie in the home folder.
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


def compose_program() -> list[str]:
    """Compose as a plugin of Docker's client, or as the program it was before."""
    plugin = ["docker", "compose"]
    if shutil.which("docker") and not subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode:
        return plugin
    if not shutil.which("docker-compose"):
        unavailable("Compose: apt-get install docker-compose")
    return ["docker-compose"]


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
        assert image in stages or re.search(r":\d+\.\d+\.\d+-[a-z-]+@sha256:[0-9a-f]{64}$", image), image
    assert re.findall(r"^USER (\S+)", text, re.M)[-1] == "50000"
    assert not re.search(r"(PASSWORD|SECRET|TOKEN)\s*=", text)


def pins(path):
    """Version by package of a file of pins, and how many hashes each has."""
    found, hashes = {}, {}
    for line in path.read_text().splitlines():
        if pin := re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", line):
            last = pin[1].lower().replace("_", "-").replace(".", "-")
            found[last], hashes[last] = pin[2], 0
        hashes[last] = hashes.get(last, 0) + line.count("--hash=sha256:") if found else 0
    return found, hashes


@pytest.mark.parametrize("name", FILES)
def test_an_image_installs_what_is_tested_by_hash(project, name):
    """The versions of constraints.txt, each with the hash of its file, and nothing that is not listed."""
    found, hashes = pins(project / f"docker/locks/{name}.txt")
    tested, _ = pins(project / "constraints.txt")
    assert len(found) > 80
    assert all(hashes.values()), [name for name, count in hashes.items() if not count]
    differing = {key: (found[key], tested[key]) for key in found.keys() & tested.keys() if found[key] != tested[key]}
    assert not differing, "run python docker/lock.py"
    allowed = re.compile(r"^(nvidia-|cuda-|triton)") if name == "worker" else re.compile("^$")
    assert not [key for key in found.keys() - tested.keys() if not allowed.match(key)]
    text = (project / f"docker/{name}.Dockerfile").read_text().replace("\\\n", " ")
    for step in re.findall(r"pip install [^&|;\n]*", text):
        assert step.rstrip().endswith(" .") or {"--require-hashes", "--no-deps"} <= set(step.split()), step


def test_what_is_reached_over_the_network_asks_for_a_password(compose):
    """Redis, MongoDB, MLflow, PostgreSQL, FiftyOne: each has one from the environment, and its clients send it."""
    services = compose["services"]
    worker = services["worker"]["environment"]
    assert re.search(r"://:[^@]+@redis:", worker["AIRFLOW__CELERY__BROKER_URL"])
    assert re.search(r"://[^:]+:[^@]+@mongo:", worker["FIFTYONE_DATABASE_URI"])
    assert worker["MLFLOW_TRACKING_USERNAME"]
    assert worker["MLFLOW_TRACKING_PASSWORD"]
    assert services["mongo"]["environment"]["MONGO_INITDB_ROOT_PASSWORD"]
    assert "requirepass" in " ".join(services["redis"]["command"])
    assert services["fiftyone"]["environment"]["HPEFAIR_APP_TOKEN"]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"]


def test_redis_takes_its_password_from_standard_input(compose, tmp_path):
    """The command as compose has it, with a real Redis."""
    if not shutil.which("redis-server"):
        unavailable("redis-server: make services")
    port = reserved_port()
    words = [word.replace("$$", "$") for word in compose["services"]["redis"]["command"]]
    words[-1] = words[-1].replace("redis-server -", f"redis-server - --bind 127.0.0.1 --port {port} --dir {tmp_path}")
    env = {"PATH": os.environ["PATH"], "REDISCLI_AUTH": "hunter2hunter2"}
    with serve(words, port, tmp_path / "log", env=env):
        for given, said in (({}, "NOAUTH"), (env, "PONG")):
            done = subprocess.run(
                ["redis-cli", "-p", str(port), "ping"], env={"PATH": os.environ["PATH"], **given},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert said in done.stdout + done.stderr
        # The shell above it is what `serve` ends.
        subprocess.run(["redis-cli", "-p", str(port), "shutdown", "nosave"], env=env, check=False)


def test_mlflow_asks_for_a_password(project, tmp_path):
    """The script of the image, on this machine."""
    port = reserved_port()
    env = {
        **os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "MLFLOW_PORT": str(port),
        "MLFLOW_HOST": "127.0.0.1", "MLFLOW_FOLDER": str(tmp_path), "MLFLOW_PASSWORD": "correct horse battery",
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "x" * 32, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }  # fmt: skip
    address = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search?max_results=5"
    with serve([str(project / "docker/mlflow-server.sh")], port, tmp_path / "log", env=env):
        assert requests.get(address, timeout=60).status_code == 401
        assert requests.get(address, auth=("admin", "password1234"), timeout=60).status_code == 401
        assert requests.get(address, auth=("admin", env["MLFLOW_PASSWORD"]), timeout=60).status_code == 200
        assert requests.get(f"http://127.0.0.1:{port}/health", timeout=60).status_code == 200
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in tmp_path.iterdir() if path.is_file()}
    assert {"auth.ini", "users.db", "mlflow.db"} <= set(modes)
    assert not any(modes.values()), modes


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
        # Compose 2 says it in parts, Compose 1 in one word.
        host = port["host_ip"] if isinstance(port, dict) else port.partition(":")[0]
        assert host == "127.0.0.1", port


def test_every_part_is_there_pinned_and_watched(compose):
    """What the guide promises; whatever runs on has a health check."""
    services = compose["services"]
    assert set(services) == {
        "postgres", "redis", "s3", "s3-bucket", "models", "airflow-init", "airflow-apiserver", "airflow-scheduler",
        "airflow-dag-processor", "airflow-triggerer", "worker", "mlflow", "mongo", "fiftyone",
    }  # fmt: skip
    for name, service in services.items():
        assert re.search(r":\d+\.\d+", service["image"]), name
        assert service["image"].startswith("hpefair-") or re.search(r"@sha256:[0-9a-f]{64}$", service["image"]), name
        if service.get("restart") != "no":
            assert "healthcheck" in service, name


def test_secrets_come_from_the_environment(project):
    """No password, key or token is written in the compose file."""
    text = (project / "docker/compose.yaml").read_text()
    for line in text.splitlines():
        if re.search(r"(PASSWORD|SECRET|_KEY|FERNET)\w*:", line) and "${" not in line:
            assert re.search(r":\s*$|condition", line), line
    assert "/docker/.env" in (project / ".gitignore").read_text()
