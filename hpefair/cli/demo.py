"""The demo: a scratch workspace, the whole pipeline, the result in the terminal, and where to look."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console

from hpefair.cli import workspace_marker
from hpefair.commands.dataset.add import SAMPLE_PLAN
from hpefair.data.other_formats import recognise
from hpefair.errors import InputError, ToolError
from hpefair.judges.catalogue import CATALOGUE
from hpefair.settings import params, params_file
from hpefair.tools.dvc import cli, side_by_side

# What makes a workspace: the pipeline and its code, brought up to date every time …
CODE = (".dvc/config", ".dvc/.gitignore", ".dvcignore", ".gitignore", "dvc.yaml", "hpefair", "dags")
RAW: Final = "data/raw"  # cleared: a demo is about one dataset
# … and what people set and decide, copied once.
THEIRS = (
    "params.yaml",
    "expectations",
    "review",
    "history",
    "models/attributes/README.md",
    "models/diffusion/README.md",
    "models/judges/README.md",
)

WITHOUT_JUDGES: Final = {"judges": [], "counter": ""}  # what a demo that cannot fetch them sets


def run(console: Console, data: Path | None, workspace: Path) -> None:
    """Run everything on a dataset.

    Args:
        console: Where to print.
        data: COCO folder; the built-in sample where none is given.
        workspace: Scratch workspace, made if absent; the folder hpefair runs from stays unchanged.
    """
    root = workspace.resolve()
    if data is not None:
        data = data.resolve()
        recognise.find(data)
        if data.is_relative_to(root):
            raise InputError(f"{data} lies in the workspace, which a demo clears; name another --workspace")
    create_workspace(Path(__file__).resolve().parents[2], root)
    console.print(f"workspace: {root}")
    # A demo is about one dataset: what an earlier one brought would be mixed in.
    shutil.rmtree(root / RAW, ignore_errors=True)
    with _judges(console, root):
        if data is None:
            command(["add", "sample"], root)
        else:
            _forget_sample_plan(Path(__file__).resolve().parents[2], root)
            command(["add", str(data), "--discover", "--replace"], root)
    side_by_side.repro(root)
    with _beside(["log"], root):
        command(["review", "--no-launch"], root)
    command(["gaps"], root)
    console.print(where_to_look(workspace), highlight=False)


def create_workspace(project: Path, root: Path) -> None:
    """Copy the project into a workspace and make it a git and DVC repository; settings and decisions there stay.

    Args:
        project: Folder of the clone.
        root: Workspace; new, empty, or made by a demo.

    Raises:
        InputError: If it is anything else: what is replaced or deleted there is somebody's.
        ToolError: If git fails.
    """
    workspace_marker.claim(root, (*CODE, RAW))
    for name in (*CODE, *(name for name in THEIRS if not (root / name).exists())):
        source, target = project / name, root / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    if not (root / ".git").exists():
        _git(["init", "--quiet"], root)
    ours = [name for name in (workspace_marker.MARKER, *CODE, *THEIRS) if (root / name).exists()]
    plain = ["-c", "core.excludesFile=/dev/null"]  # what somebody ignores everywhere is wanted here
    _git([*plain, "add", "--all", "--", *ours], root)
    if subprocess.run(["git", "diff", "--cached", "--quiet", "--", *ours], cwd=root, check=False).returncode:
        identity = ["-c", "user.name=hpefair demo", "-c", "user.email=demo@localhost"]
        _git([*plain, *identity, "commit", "--quiet", "--message", "hpefair workspace", "--", *ours], root)


def _forget_sample_plan(project: Path, root: Path) -> None:
    """Where an earlier demo let the plan repair the built-in sample, and nobody changed it since, take the default."""
    settings = root / "params.yaml"
    plan = params.load(settings).plan
    if list(plan.attributes) == SAMPLE_PLAN["attributes"]:
        default = params.load(project / "params.yaml").plan
        params_file.set_values("plan", {"attributes": list(default.attributes)}, settings)


@contextlib.contextmanager
def _judges(console: Console, root: Path) -> Iterator[None]:
    """Fetch the judges that the screen asks, beside the body; where that cannot be, the screen works without them."""
    settings = root / "params.yaml"
    if WITHOUT_JUDGES.items() <= params.load(settings).screen.model_dump(mode="json").items():
        default = params.load(Path(__file__).resolve().parents[2] / "params.yaml").screen
        params_file.set_values("screen", {"judges": list(default.judges), "counter": default.counter}, settings)
    screen = params.load(settings).screen
    wanted = {*screen.judges, *([screen.counter] if screen.counter else [])} & set(CATALOGUE)
    if not wanted:
        yield
        return
    try:
        with _beside(["judges", "fetch", *sorted(wanted)], root):
            yield
    except _BesideError:
        console.print(
            "no judges fetched: poses of generated people are not checked, and people are not counted", style="yellow"
        )
        params_file.set_values("screen", WITHOUT_JUDGES, settings)


class _BesideError(ToolError):
    """What ran beside the body failed."""


@contextlib.contextmanager
def _beside(arguments: list[str], root: Path) -> Iterator[None]:
    """Run a command beside the body, and wait for its end.

    Raises:
        ToolError: If it fails; its messages are on the terminal already.
    """
    running = subprocess.Popen(_typed(arguments), cwd=root, env=cli.environment())
    try:
        yield
    except BaseException:
        running.terminate()
        running.wait()
        raise
    if running.wait():
        raise _BesideError(f"hpefair {arguments[0]} failed; its message is above")


def command(arguments: list[str], root: Path) -> None:
    """Run a command of the workspace's own hpefair.

    Raises:
        ToolError: If it fails; its messages are on the terminal already.
    """
    done = subprocess.run(_typed(arguments), cwd=root, env=cli.environment(), check=False)
    if done.returncode:
        raise ToolError(f"hpefair {arguments[0]} failed; its message is above")


def _typed(arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "hpefair", *arguments]


def where_to_look(workspace: Path) -> str:
    """Where report, numbers and people are."""
    return (
        "\nWhere to look\n"
        f"  report     {workspace / 'data/report/report.html'}  (one page, open it in a browser)\n"
        f"  checks     {workspace / 'data/validate'}/*/*.html  (Great Expectations Data Docs)\n"
        f"  numbers    cd {workspace} && mlflow ui --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1\n"
        f"  people     cd {workspace} && hpefair review  (FiftyOne on http://127.0.0.1:5151)\n"
        f"  again      cd {workspace} && dvc repro  (runs only what changed)\n"
        "  The commands need this clone's environment: source .venv/bin/activate"
    )


def _git(arguments: list[str], root: Path) -> None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ToolError("git is not installed: a workspace is a git repository") from error
    if done.returncode:
        raise ToolError(f"git {arguments[0]} failed: {done.stderr.strip()}")
