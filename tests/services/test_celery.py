"""Celery workers that share nothing but the remote; one is killed; the result is that of one machine, byte for byte."""

import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import commit, dvc, make_workspace, unavailable
from tests.dags.installation import bare_origin, variables_of
from tests.services.celery_cluster import CeleryCluster, missing

pytestmark = [pytest.mark.services, pytest.mark.timeout(1500)]
SHARDS = ["s0", "s1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, tiny_coco) -> Path:
    """A folder that the database's user may enter, with a repository in which two stages have two shards."""
    if absent := missing():
        unavailable(f"services: {absent}; `make test-services` installs them")
    root = tmp_path_factory.mktemp("services")
    for parent in (root, *root.parents[:3]):
        # Those of pytest; the folder above them is everybody's, and lets everybody in.
        if not (mode := parent.stat().st_mode) & stat.S_IXOTH:
            parent.chmod(mode | 0o055)
    make_workspace(root / "first", tiny_coco)
    path = root / "first/params.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["attribute"]["shards"] = tree["generate"]["shards"] = SHARDS
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    commit(root / "first", "two shards")
    bare_origin(root)
    return root


def test_two_workers_one_of_which_dies_give_what_one_machine_gives(folder):
    """Shards are spread, the dead worker's stage is done by the other, no finished stage is done twice."""
    with CeleryCluster(folder / "cluster", **variables_of(folder)) as air:
        places = [air.worker("one"), air.worker("two")]
        air.parsed("hpefair_dataset", "hpefair_augment")
        beside = {"pool": "gpu", "slots": 2, "include_deferred": False}
        air.call("PATCH", "/api/v2/pools/gpu?update_mask=slots", beside)
        run = air.trigger("hpefair_dataset")
        air.in_state("hpefair_dataset", run, "attribute[0]", "running", 300)
        victim = air.wait(lambda: _busy(places), "a worker to take up a shard")
        air.kill(victim)
        assert air.ended("hpefair_dataset", run, 900) == "success", air.states("hpefair_dataset", run)
        tasks = air.tasks("hpefair_dataset", run)
        tries = [(task["task_id"], task["try_number"]) for task in tasks if task["try_number"] > 1]
        air.worker("three")
        made = air.wait(lambda: air.runs("hpefair_augment"), "a run of hpefair_augment")[0]["dag_run_id"]
        air.in_state("hpefair_augment", made, "publish_pending", "success", 900)
    # The killed worker had one slot, so one task was tried again, and it is a shard.
    assert [task for task, _ in tries] == ["attribute"]
    worked = {place.parent.name for place in places if list(place.glob("hpefair_dataset/*/.hpefair/finished/*"))}
    worked |= {place.parent.name for place in places if list((place.parent / "cache/runs").glob("*/*"))}
    assert worked == {"one", "two"}
    branches = subprocess.run(
        ["git", "for-each-ref", "--format=%(refname:short)", "refs/heads/auto"],
        cwd=folder / "origin.git", capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert sorted(name.split("/")[1] for name in branches) == ["hpefair_augment", "hpefair_dataset"]
    dvc(folder / "first", "repro", "--quiet", "screen", "gate@original")
    alone = yaml.safe_load((folder / "first/dvc.lock").read_text())["stages"]
    assert {"attribute@s1", "generate@s1", "screen"} <= set(alone)
    together = _locked(folder / "origin.git", next(name for name in branches if "augment" in name))
    assert {name: together[name] for name in alone} == alone


def _busy(places: list[Path]) -> str:
    """Name of the worker on whose machine a shard is being worked on."""
    for place in places:
        if list(place.glob("*/*/.hpefair/leases/attribute@s*.json")):
            return place.parent.name
    return ""


def _locked(repository: Path, branch: str) -> dict:
    shown = subprocess.run(
        ["git", "show", f"{branch}:dvc.lock"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout
    return yaml.safe_load(shown)["stages"]
