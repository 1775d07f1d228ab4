"""PASS, FAIL or INCONCLUSIVE, per expectation and overall; always succeeds, `hpefair gate --strict` does not."""

from pathlib import Path

from hpefair import artifacts
from hpefair.core.fairness.verdict import Verdict, combine
from hpefair.data import tables
from hpefair.settings import params
from hpefair.tools.dvc import stage


def write(out: Path, work: Path, item: str) -> None:
    """Write the decision with the verdict of every expectation."""
    settings = params.load().gate
    results = tables.read_json(artifacts.VALIDATE / item / "results.json")
    rows = [
        # What could not be evaluated must not let anything through.
        {
            "suite": suite,
            **row,
            "verdict": "FAIL" if row["verdict"] == "ERROR" else row["verdict"],
            "decides": row["severity"] in settings.failing_severities,
        }
        for suite, expectations in results.items()
        for row in expectations
    ]
    decisive = [Verdict(row["verdict"]) for row in rows if row["decides"]]
    decision = combine(decisive)
    tables.write_json(out / "decision.json", {"variant": item, "verdict": decision, "expectations": rows})
    print(f"gate {item}: {decision}")


if __name__ == "__main__":
    stage.main("gate", write)
