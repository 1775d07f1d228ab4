"""Write docker/locks/*.txt: what each image installs, by exact version and hash, for CPython 3.11 on Linux x86-64.

    python docker/lock.py

Versions are those of constraints.txt; whatever that does not name (CUDA's libraries, which torch brings on PyPI) is
pinned here for the first time. Needs uv, and the package index; mirrors and local wheels are left out, for an image is
built elsewhere. The build tools of packages that come as source are in build.txt.
"""

import os
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "docker/locks"
PLACE = (
    "sys_platform == 'linux' and platform_machine == 'x86_64' and platform_python_implementation == 'CPython' "
    "and python_full_version >= '3.11.14'"
)
TRACKING = ["mlflow[auth]", "psycopg2-binary", "boto3"]
BUILD = ["setuptools==80.9.0", "wheel==0.45.1"]  # newer ones no longer build antlr4 and glob2
MARKER = re.compile(r" ;[^\\\n]*?( \\)?$", re.M)


def main() -> None:
    """Resolve once for all images, so that they agree, and write one file each."""
    LOCKS.mkdir(exist_ok=True)
    constraints = read(ROOT / "constraints.txt")
    images = {"airflow": read(ROOT / "docker/airflow-requirements.txt"), "worker": worker(), "mlflow": TRACKING}
    for name, text in (exported(images, constraints) | exported({"build": [*BUILD, "uv==0.13.9"]}, [])).items():
        (LOCKS / f"{name}.txt").write_text(text, encoding="utf-8")
        print(f"docker/locks/{name}.txt: {text.count('==')} packages")


def worker() -> list[str]:
    """Everything that hpefair needs on a worker."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *extras(project["optional-dependencies"], ["all", "cluster"])]


def extras(known: dict[str, list[str]], names: list[str]) -> Iterator[str]:
    """Requirements of extras, those that name other extras followed."""
    for requirement in (one for name in names for one in known[name]):
        inner = re.match(r"hpefair\[(.*)\]", requirement)
        yield from extras(known, inner[1].split(",")) if inner else [requirement]


def exported(groups: dict[str, list[str]], constraints: list[str]) -> dict[str, str]:
    """Pins with hashes for each group of requirements."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("UV_", "PIP_"))}
    with tempfile.TemporaryDirectory() as scratch:
        listed = "".join(f"{name} = {toml(requirements)}\n" for name, requirements in groups.items())
        (Path(scratch) / "pyproject.toml").write_text(
            '[project]\nname = "locks"\nversion = "0"\nrequires-python = "==3.11.*"\n[project.optional-dependencies]\n'
            f'{listed}[tool.uv]\npackage = false\nenvironments = ["{PLACE}"]\n'
            f"constraint-dependencies = {toml(constraints)}\n",
            encoding="utf-8",
        )
        uv = ["uv", "--quiet", "--no-config"]
        subprocess.run([*uv, "lock", "--python", "3.11"], cwd=scratch, env=environment, check=True)
        words = [
            "export",
            "--frozen",
            "--no-header",
            "--no-annotate",
            "--no-emit-project",
            "--format",
            "requirements-txt",
        ]
        out = {}
        for name in groups:
            done = subprocess.run(
                [*uv, *words, "--extra", name], cwd=scratch, env=environment, check=True, capture_output=True, text=True
            )
            out[name] = MARKER.sub(r"\1", done.stdout)  # one platform: a marker would say it again on every line
        return out


def read(path: Path) -> list[str]:
    """Requirements of a file."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def toml(values: list[str]) -> str:
    """A list of texts as TOML."""
    return "[" + ", ".join('"' + value.replace('"', "'") + '"' for value in values) + "]"


if __name__ == "__main__":
    main()
