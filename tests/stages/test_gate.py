"""Gate: a decision that always comes, and `--strict` that stops."""

import pytest
import yaml

from hpefair.commands.results import gate
from hpefair.data import tables
from hpefair.errors import GateFailure, InputError
from tests.conftest import run

pytestmark = pytest.mark.pipeline


def test_the_original_fails_and_the_balanced_passes(made_workspace):
    """The drawn set is short of high contrast; repairing it is what the pipeline is for."""
    verdicts = {
        variant: tables.read_json(made_workspace / f"data/gate/{variant}/decision.json")["verdict"]
        for variant in ("original", "balanced")
    }
    assert verdicts == {"original": "FAIL", "balanced": "PASS"}


def test_strict_is_exit_code_3_and_names_the_expectation(made_workspace):
    """Loose is 0; a gate that does not exist is 2."""
    assert "FAIL" in run(made_workspace, "gate", "original").stdout
    done = run(made_workspace, "gate", "original", "--strict", expect=3)
    assert "expect_share_ratio_to_reference_to_be_between" in done.stderr
    assert "Traceback" not in done.stderr
    run(made_workspace, "gate", "balanced", "--strict")
    assert "original or balanced" in run(made_workspace, "gate", "other", expect=2).stderr


def test_some_suites_alone_can_be_asked(made_workspace, monkeypatch):
    """The tables of a set that is out of balance are sound; a suite that there is not is named."""
    monkeypatch.chdir(made_workspace)
    decision = gate.read("original")
    sound = gate.only(decision, ["people", "images"])
    assert sound["verdict"] == "PASS"
    assert {row["suite"] for row in sound["expectations"]} == {"people", "images"}
    gate.enforce(sound)
    with pytest.raises(GateFailure):
        gate.enforce(gate.only(decision, ["balance"]))
    with pytest.raises(InputError, match="balance"):
        gate.only(decision, ["balanse"])


def test_what_could_not_be_evaluated_fails(workspace_copy, monkeypatch):
    """ERROR never lets anything through."""
    from hpefair.stages import gate

    monkeypatch.chdir(workspace_copy)
    path = workspace_copy / "data/validate/balanced/results.json"
    results = tables.read_json(path)
    results["balance"][0]["verdict"] = "ERROR"
    path.unlink()
    tables.write_json(path, results)
    out = workspace_copy / "out"
    gate.write(out, out, "balanced")
    assert tables.read_json(out / "decision.json")["verdict"] == "FAIL"


def test_only_the_severities_that_are_named_decide(workspace_copy, monkeypatch):
    """A failure of another one is in the decision, and stops nothing."""
    from hpefair.stages import gate

    monkeypatch.chdir(workspace_copy)
    file = workspace_copy / "data/validate/original/results.json"
    results = tables.read_json(file)
    for row in (row for rows in results.values() for row in rows):
        row["verdict"] = "FAIL" if row["severity"] == "warning" else "PASS"
    file.unlink()
    tables.write_json(file, results)
    path = workspace_copy / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    for severities, verdict in ((["critical", "info"], "PASS"), (["critical", "warning"], "FAIL")):
        tree["gate"]["failing_severities"] = severities
        path.write_text(yaml.safe_dump(tree, sort_keys=False))
        out = workspace_copy / f"out_{verdict}"
        gate.write(out, out, "original")
        decision = tables.read_json(out / "decision.json")
        assert decision["verdict"] == verdict
        assert {row["severity"] for row in decision["expectations"] if row["decides"]} == set(severities)
        assert "FAIL" in {row["verdict"] for row in decision["expectations"]}
