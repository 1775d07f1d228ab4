"""Run the Great Expectations suites on the tables and the audit; always succeeds, the gate decides."""

from pathlib import Path

from hpefair import artifacts, params
from hpefair.adapters import dvc_stage, tables


def build(out: Path, work: Path, item: str) -> None:
    """Write the result of every suite as JSON and as a Data Docs page."""
    from hpefair.adapters import gx_checks, gx_docs

    settings = params.load().validate_
    everything = {
        "images": artifacts.INGEST / "images.parquet",
        "people": artifacts.INGEST / "people.parquet",
        "rejects": artifacts.INGEST / "rejects.parquet",
        "shares": artifacts.AUDIT / item / "shares.parquet",
    }
    results = {}
    for path in sorted(artifacts.EXPECTATIONS.glob("*.yaml")):
        suite = gx_checks.load_suite(path)
        table = tables.read(everything[suite.table])
        outcome = gx_checks.run(path, suite, table, settings.max_unexpected_rows)
        results[path.stem] = gx_checks.plain_results(outcome)
        lead = f"{suite.purpose} Table {suite.table} of the {item} data, {len(table)} rows."
        page = gx_docs.page(outcome, f"Expectations: {path.stem} ({item})", lead)
        (out / f"{path.stem}.html").write_text(page, encoding="utf-8")
    tables.write_json(out / "results.json", results)
    print(f"validate {item}: {sum(map(len, results.values()))} expectations in {len(results)} suites")


if __name__ == "__main__":
    dvc_stage.main("validate", build)
