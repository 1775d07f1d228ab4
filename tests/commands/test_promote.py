"""`hpefair promote`: a champion on a PASS or with a reason, once, and nothing to decide when it is all there is."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.conftest import environment

pytestmark = [pytest.mark.pipeline, pytest.mark.xdist_group("pipeline")]
# One process: each command by itself would load torch and MLflow again.
SCRIPT = """
import json
from hpefair.commands import log, promote
from hpefair.errors import HpefairError

URI, said = "sqlite:///m.db", {}

def call(name, function, *arguments):
    try:
        said[name] = function(URI, "e", *arguments)
    except HpefairError as error:
        said[name] = f"{type(error).__name__}: {error}"

call("too early", promote.apply, "", "because")
call("compare", promote.compare)
call("unlogged", promote.apply, "", "because")
call("log", log.log)
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
call("crowned", promote.apply, "", "because")
call("again", promote.apply, "", "because")
call("nothing left", promote.compare)
said["aliases crowned"] = aliases()
champion = client.get_model_version_by_alias("hpefair", "champion")
said["tags"] = champion.tags
model = mlflow.pytorch.load_model("models:/hpefair@champion")
said["shape"] = list(model(torch.zeros(2, 3, 96, 64)).shape)
sealed = client.search_runs([client.get_experiment_by_name("e").experiment_id], "attributes.run_name = 'sealed'")
said["sealed"] = [run.data.tags for run in sealed]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(made_workspace, tmp_path_factory):
    """What each call said, in a copy without the cache."""
    root = tmp_path_factory.mktemp("promote") / "w"
    shutil.copytree(made_workspace, root, symlinks=True, ignore=shutil.ignore_patterns("cache"))
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
    assert said["stranger"].startswith("InputError: there is no candidate 'nobody'")


def test_the_champion_is_registered_with_why_and_whence(said):
    """It predicts when it is loaded by its alias; the comparison is a run of its own."""
    assert said["crowned"] == said["again"] == "balanced/1"
    assert said["tags"]["reason"] == "because"
    assert said["tags"]["verdict"] == "INCONCLUSIVE"
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


def test_nothing_else_reads_the_sealed_split(project):
    """Its name stands where it is made, where it is read for a promotion, and nowhere else in the code."""
    found = {
        path.relative_to(project / "hpefair").as_posix()
        for path in (project / "hpefair").rglob("*.py")
        if '"sealed"' in path.read_text()
    }
    assert found <= {"training/sealed.py", "commands/promote.py", "schema.py"}, found
