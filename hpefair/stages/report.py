"""One self-contained page that somebody who does not train models can read."""

from pathlib import Path

from hpefair.adapters import dvc_stage, report_page, report_values


def build(out: Path, work: Path, item: str) -> None:
    """Write report.html."""
    page = report_page.render(report_values.collect())
    (out / "report.html").write_text(page, encoding="utf-8")
    print(f"report: {len(page) // 1024} kB")


if __name__ == "__main__":
    dvc_stage.main("report", build)
