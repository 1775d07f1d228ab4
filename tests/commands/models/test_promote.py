"""`hpefair promote`: a champion on a PASS or with a reason, once, and nothing to decide when it is all there is."""

import json
import shutil
import stat
import subprocess
import sys

import pytest
import yaml

from tests.conftest import PROJECT, commit, dvc, environment

pytestmark = pytest.mark.pipeline
# One process: each command by itself would load torch and MLflow again.
SCRIPT = """
import json, shutil
from hpefair.commands.models import log, promote
from hpefair.errors import HpefairError

URI, said = "sqlite:///m.db", {}

def call(name, function, *arguments):
    try:
        said[name] = function(URI, "hpefair", *arguments)
    except HpefairError as error:
        said[name] = f"{type(error).__name__}: {error}"

call("too early", promote.apply, "", "because")
call("compare", promote.compare)
call("unlogged", promote.apply, "", "because")
call("log", log.log)
shutil.copyfile("m.db", "logged.db")
import mlflow, torch
client = mlflow.MlflowClient(URI)

def aliases():
    found = client.search_registered_models("name = 'hpefair'")
    return {alias: str(version) for alias, version in found[0].aliases.items()} if found else {}

said["aliases before"] = aliases()
call("compare logged", promote.compare)
said["aliases compared"] = aliases()
call("no reason", promote.apply, "", " ")
call("stranger", promote.apply, "nobody", "because")
call("crowned", promote.apply, "", "because", "ada")
call("again", promote.apply, "", "because", "ada")
call("nothing left", promote.compare)
said["aliases crowned"] = aliases()
champion = client.get_model_version_by_alias("hpefair", "champion")
said["tags"] = champion.tags
model = mlflow.pytorch.load_model("models:/hpefair@champion")
said["shape"] = list(model(torch.zeros(2, 3, 96, 64)).shape)
sealed = client.search_runs([client.get_experiment_by_name("hpefair").experiment_id], "attributes.run_name = 'sealed'")
said["sealed"] = [run.data.tags for run in sealed]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def root(made_workspace, tmp_path_factory):
    """A copy of the workspace, without the cache."""
    root = tmp_path_factory.mktemp("promote") / "w"
    shutil.copytree(made_workspace, root, symlinks=True, ignore=shutil.ignore_patterns("cache"))
    return root


@pytest.fixture(scope="module")
def said(root):
    """What each call said there; `logged.db` is the database as it was before anybody was promoted."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_nothing_is_promoted_that_was_not_compared_and_logged(said):
    assert "hpefair promote compare" in said["too early"]
    assert "hpefair log" in said["unlogged"]


def test_a_verdict_that_is_no_pass_needs_a_reason(said):
    """Six people cannot tell; somebody may know more, and has to say what."""
    assert "Against no champion, original, on 6 sealed people: balanced INCONCLUSIVE" in said["compare"]
    assert said["compare"].endswith("Proposed: balanced.")
    assert said["no reason"].startswith("InputError: the verdict on balanced is INCONCLUSIVE")
    assert said["stranger"].startswith("InputError: candidate 'nobody' not found")


def test_the_champion_is_registered_with_why_and_whence(said):
    """It predicts when it is loaded by its alias; the comparison is a run of its own."""
    assert said["crowned"] == said["again"] == "balanced/1"
    assert said["tags"]["reason"] == "because"
    assert said["tags"]["verdict"] == "INCONCLUSIVE"
    assert said["tags"]["promoted_by"] == "ada"
    assert len(said["tags"]["git.commit"]) == 40
    assert said["shape"] == [2, 17, 3]
    assert [run["proposed"] for run in said["sealed"]] == ["balanced"]


def test_the_best_candidate_is_challenger_until_it_is_champion(said):
    """Once it is logged; as one version, and one alias at a time."""
    assert said["aliases before"] == {}
    assert said["aliases compared"] == {"challenger": "1"}
    assert said["aliases crowned"] == {"champion": "1"}


def test_a_champion_that_is_all_there_is_leaves_nothing_to_decide(said):
    assert said["nothing left"].startswith("NothingToDo")


LOST = """
import json, shutil, sys
from pathlib import Path
from hpefair.commands.models import log, promote
from hpefair.errors import HpefairError
import mlflow

URI, said = sys.argv[1], {}

def spoil(path):
    Path(path).write_bytes(Path(path).read_bytes()[:-4] + b"abcd")

def aliases():
    models = mlflow.MlflowClient(URI).search_registered_models("name = 'hpefair'")
    return {alias: str(version) for alias, version in models[0].aliases.items()} if models else {}

def call(name, function, *arguments):
    try:
        said[name] = function(URI, "hpefair", *arguments)
    except HpefairError as error:
        said[name] = f"{type(error).__name__}: {error}"

FILES = {"move": shutil.move, "spoil": spoil, "remove": shutil.rmtree}
for name, function, *arguments in json.loads(sys.argv[2]):
    if function in FILES:
        FILES[function](*arguments)
        continue
    call(name, {"log": log.log, "compare": promote.compare, "apply": promote.apply}[function], *arguments)
    said[f"aliases after {name}"] = aliases()
said["aliases"] = aliases()
said["artifacts"] = mlflow.MlflowClient(URI).get_experiment_by_name("hpefair").artifact_location
print(json.dumps(said))
"""
LOAD = """
import sys, mlflow, torch
mlflow.set_tracking_uri(sys.argv[1])
print(list(mlflow.pytorch.load_model("models:/hpefair@champion")(torch.zeros(1, 3, 96, 64)).shape))
"""
ALL = [["log", "log"], ["compare", "compare"], ["apply", "apply", "", "because", "ada"]]


def calls(root, uri, *wanted):
    """What calls said, made in one process in a workspace."""
    done = subprocess.run(
        [sys.executable, "-c", LOST, uri, json.dumps(wanted)],
        cwd=root,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_two_runs_promote_on_the_defaults(made_workspace, tmp_path):
    """As `make airflow` has it: each run has a workspace, which is removed; the champion is loaded from what is left.

    Lost artifacts crown nobody, and are logged again.
    """
    home = tmp_path / "airflow/hpefair"
    uri = f"sqlite:///{home}/mlflow.db"
    first, second = tmp_path / "runs/first", tmp_path / "runs/second"
    shutil.copytree(made_workspace, first, symlinks=True)
    said = calls(first, uri, *ALL)
    assert said["apply"] == "balanced/1"
    assert said["artifacts"] == (home / "mlartifacts/hpefair").as_uri()
    assert stat.S_IMODE((home / "mlflow.db").stat().st_mode) == 0o600
    shutil.rmtree(first)
    shutil.copytree(made_workspace, second, symlinks=True)
    path = second / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["train"]["models"]["balanced"]["seed"] += 1
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    dvc(second, "repro", "--quiet", "compare")
    commit(second, "another seed")
    weights = [file for file in (home / "mlartifacts").rglob("weights.safetensors") if "balanced" in _card(file)]
    said = calls(second, uri, ["log", "log"], ["compare", "compare"])
    assert "Against champion balanced, version 1" in said["compare"]
    new = [file for file in (home / "mlartifacts").rglob("weights.safetensors") if "balanced" in _card(file)]
    (lost,) = set(new) - set(weights)
    said = calls(
        second, uri, ["", "move", str(lost), str(tmp_path / "away")],
        ["lost", "apply", "", "because", "ada"], ["", "move", str(tmp_path / "away"), str(lost)],
        ["", "spoil", str(lost)], ["spoilt", "apply", "", "because", "ada"],
        ["", "remove", str(lost.parent)], *ALL,
    )  # fmt: skip
    assert said["lost"].startswith("ToolError: ")
    assert said["aliases after lost"]["champion"] == "1"
    assert "are not those that were compared" in said["spoilt"]
    assert said["aliases after spoilt"]["champion"] == "1"
    assert said["apply"] == "balanced/3"
    assert said["aliases"] == {"champion": "3", "previous": "1"}
    shutil.rmtree(second)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, uri], cwd=PROJECT, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().splitlines()[-1] == "[1, 17, 3]", done.stderr[-2000:]


def _card(weights):
    return (weights.parent / "model.json").read_text()


def test_too_few_sealed_people_propose_nobody(said, root):
    """Below the declared support the proposal is to hold, with the people needed; a person may decide, and say why."""
    path = root / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["evaluate"]["min_support"] = 7
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    said = calls(
        root, "sqlite:///logged.db", ["compare", "compare"], ["nobody", "apply", "", "because"],
        ["silent", "apply", "balanced", ""], ["named", "apply", "balanced", "because"],
    )  # fmt: skip
    assert said["compare"].endswith("Proposed: hold: 6 sealed people are too few, at least 7 are needed.")
    assert said["nobody"].startswith("InputError: no model is proposed: 6 sealed people are too few, at least 7")
    assert "on 6 sealed people" in said["silent"]
    assert said["aliases after silent"] == {}
    assert said["named"] == "balanced/1"


PICKLED = """
import os, sys
from pathlib import Path
import mlflow, numpy as np, torch
from hpefair.data import content
from hpefair.tracking import mlflow as ours
from hpefair.tracking import registry
from hpefair.errors import ToolError

class Evil:
    def __reduce__(self):
        return os.system, ("touch PWNED",)

ours._open_experiment("sqlite:///m.db", "e")
tracker = ours.Mlflow()
Path("w").mkdir()
Path("w/weights.safetensors").write_bytes(b"abc")
with mlflow.start_run() as run:
    example = np.zeros((1, 2), dtype=np.float32)
    mlflow.pytorch.log_model(torch.nn.Linear(2, 2), name="pose_a", pip_requirements=["torch"], input_example=example)
    mlflow.log_artifacts("w", "weights")
version = registry.registered(tracker, run.info.run_id, "a", content.digest(Path("w")))
registry.check_loadable(tracker, version)
(about,) = Path("mlartifacts").rglob("MLmodel")
about.write_text(about.read_text().replace("pt2", "pickle"))
torch.save(Evil(), about.parent / "data/model.pth")
(about.parent / "data/pickle_module_info.txt").write_text("mlflow.pytorch.pickle_module")
try:
    registry.check_loadable(tracker, version)
except ToolError as error:
    print("refused", error)
print("ran" if Path("PWNED").exists() else "nothing ran")
"""


def test_code_in_place_of_a_model_is_not_run(tmp_path):
    """Whoever may write artifacts may put a pickle there: it is refused before it is opened."""
    done = subprocess.run(
        [sys.executable, "-c", PICKLED], cwd=tmp_path, env={**environment(), "PYTHONPATH": str(PROJECT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "refused" in done.stdout
    assert done.stdout.strip().endswith("nothing ran")


def test_nothing_else_reads_the_sealed_split(project):
    """Its name stands where it is made, where it is read for a promotion, and nowhere else in the code."""
    found = {
        path.relative_to(project / "hpefair").as_posix()
        for path in (project / "hpefair").rglob("*.py")
        if '"sealed"' in path.read_text()
    }
    assert found <= {"prediction/sealed.py", "commands/models/promote.py", "schema.py"}, found
