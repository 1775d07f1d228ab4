"""One self-contained page that somebody who does not train models can read, and the same facts as two cards."""

from pathlib import Path

from hpefair.attributes.measured import context
from hpefair.data import tables
from hpefair.report import page
from hpefair.report import values as report_values
from hpefair.settings import params
from hpefair.tools.dvc import stage

FILES = {
    "report.html": "report.html.j2",
    "data_card.md": "data_card.md.j2",
    "model_card.md": "model_card.md.j2",
}


def write(out: Path, work: Path, item: str) -> None:
    """Write report.html, data_card.md, model_card.md, and answer.json: the sentences at their top."""
    values = {**report_values.collect(params.load()), "context": context.DEFINITIONS}
    for name, template in FILES.items():
        (out / name).write_text(page.render(template, values), encoding="utf-8")
    tables.write_json(out / "answer.json", {"answer": values["answer"]})
    print(f"report: {(out / 'report.html').stat().st_size // 1024} kB")


if __name__ == "__main__":
    stage.main("report", write)
