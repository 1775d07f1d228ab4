"""What a person types: parses, calls, translates errors; nothing else."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hpefair.cli import attributes, generation, judges, people, promotion, review, training, workspace_marker
from hpefair.errors import InputError
from hpefair.machine import failure_log, memory, telemetry
from hpefair.machine.terminal import console

app = typer.Typer(
    help="Audit a human-pose dataset and its models for fairness, repair what is found, and prove the repair.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(attributes.app, name="attributes")
app.add_typer(judges.app, name="judges")
app.add_typer(generation.app, name="generation")
app.add_typer(promotion.app, name="promote")
app.command("sample")(people.sample)
app.command("sheet")(people.sheet)
app.command("train")(training.train)
app.command("export")(training.export)
app.command("review")(review.review)
app.command("app")(review.serve)
app.command("report")(review.report)
# Commands that write into the current folder, or read what stages wrote there.
IN_WORKSPACE = frozenset(
    {"add", "check", "gaps", "gate", "log", "plan", "promote", "record", "report", "review", "stages"}
)


@app.callback()
def within(context: typer.Context) -> None:
    """Refuse commands of a workspace in a folder that is none, before anything is written."""
    if context.invoked_subcommand in IN_WORKSPACE and not {"--help", "-h"} & set(sys.argv):
        workspace_marker.require()


Added = Annotated[
    Path,
    typer.Argument(
        help="Folder with annotations and images: a COCO keypoints JSON (CrowdPose and others with named joints), "
        "joints.mat of LSP or LSP-Extended, MPII's .mat or JSON list, FLIC's examples.mat; or the word `sample` for "
        "the built-in people (./sample is a folder)."
    ),
]


@app.command()
def add(
    folder: Added,
    name: Annotated[str, typer.Option(help="Name under data/raw; the folder's name by default.")] = "",
    annotations: Annotated[Path | None, typer.Option(help="The annotation file, where the folder has several.")] = None,
    images: Annotated[Path | None, typer.Option(help="The folder that file_name is relative to.")] = None,
    labels: Annotated[Path | None, typer.Option(help="CSV or Parquet keyed by person_id or image_id.")] = None,
    results: Annotated[list[str] | None, typer.Option(help="Third-party results, NAME=FILE; repeatable.")] = None,
    discover: Annotated[
        bool, typer.Option(help="Also take the label and results files that lie in the folder.")
    ] = False,
    replace: Annotated[bool, typer.Option(help="Replace a dataset of the same name.")] = False,
    number: Annotated[int, typer.Option("--number", help="Images of the built-in sample.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the built-in sample.")] = 0,
) -> None:
    """Put a dataset under data/raw, versioned by DVC, pixels included: COCO, LSP, MPII, FLIC, or the sample."""
    from hpefair.commands.dataset import add as command
    from hpefair.data.coco.folder import find_images

    if str(folder) == command.SAMPLE:
        if name or annotations or images or labels or results or discover:
            raise InputError("`hpefair add sample` takes --number, --seed and --replace only")
        for sentence in command.add_sample(number, seed, replace):
            console.print(sentence, highlight=False, markup=False)
        return
    given = dict(_named_file(text) for text in results or ())
    if discover:
        found_labels, found_results, notes = command.discover(folder)
        labels, given = labels or found_labels, {**found_results, **given}
        for note in notes:
            console.print(f"  {note}", style="dim", highlight=False, markup=False)
    annotations, original, notes = command.opened(folder, annotations)
    for note in notes:
        console.print(f"  {note}", style="dim", highlight=False, markup=False)
    source = command.Source(
        name=command.word(name or folder.resolve().name),
        annotations=annotations,
        images=images or find_images(folder, annotations),
        labels=labels,
        results={command.word(key): path for key, path in given.items()},
        original=original,
    )
    for sentence in command.add(source, replace):
        console.print(sentence, highlight=False, markup=False)


@app.command()
def demo(
    data: Annotated[
        Path | None,
        typer.Option(help="A COCO folder with its label and results files; the built-in sample by default."),
    ] = None,
    workspace: Annotated[Path, typer.Option(help="Scratch workspace; made if it is not there.")] = Path(".demo"),
) -> None:
    """Run the whole pipeline on a dataset in a scratch workspace, print the result and where to look."""
    from hpefair.cli.demo import run

    run(console, data, workspace)


@app.command("audit-predictions")
def audit_predictions(
    annotations: Annotated[Path, typer.Option(help="COCO keypoints annotations.")],
    results: Annotated[Path, typer.Option(help="COCO keypoint results of a model.")],
    labels: Annotated[Path | None, typer.Option(help="CSV or Parquet keyed by person_id or image_id.")] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="Attributes to group by, joined by commas; a.b is an intersection.")
    ] = None,
    tolerance: Annotated[float, typer.Option(help="Shortfall against the rest that a group may have.")] = 0.05,
    ap_rule: Annotated[str, typer.Option(help="AP by group: shared, or ignore as many publications do.")] = "shared",
    pairs: Annotated[
        Path | None, typer.Option(help="Counterfactual pairs: before_id, after_id, factor, group.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write overall, by_group, by_keypoint, gaps, pairs and rejects to this file.")
    ] = None,
) -> None:
    """Evaluate a results file by group, with no pipeline around it."""
    from rich.markup import escape

    from hpefair.attributes.measured import context
    from hpefair.commands.models import audit_predictions as command
    from hpefair.commands.results.gaps import gap_lines, group_table, verdict_lines
    from hpefair.report import rich_tables

    choices = command.Choices(
        labels,
        [name.strip() for part in by or [] for name in part.split(",") if name.strip()],
        tolerance,
        ap_rule,
        pairs,
        json,
    )
    with memory.no_collection():
        audit = command.audit_predictions(annotations, results, choices)
    if json:
        command.write_json(audit, json)
    overall = audit.evaluation.overall
    console.print("  ".join(f"{name} {value:.3f}" for name, value in overall.items()), highlight=False)
    console.print(group_table(audit.evaluation.by_group, escape(results.name), "ar"))
    console.print(gap_lines(audit.evaluation.gaps, "ar"), end="")
    console.print(verdict_lines(audit.evaluation.by_group, tolerance, "ar"))
    if len(audit.pairs):
        console.print(rich_tables.paired(audit.pairs, "ar", "AR", tolerance))
    if (audit.evaluation.by_group["attribute"] == "scale").any():
        console.print(f"scale: {context.DEFINITIONS['Scale']}", style="dim", highlight=False)
    if labels:
        console.print(f"{audit.labelled} of {len(audit.evaluation.people)} people have a label", highlight=False)
    if audit.warning:
        console.print(audit.warning, style="yellow")
    if len(audit.rejects):
        reasons = audit.rejects["reason"].value_counts()
        said = f"{len(audit.rejects)} records quarantined; the commonest reason: {reasons.index[0]}"
        console.print(said, markup=False, highlight=False)


@app.command()
def gate(
    variant: Annotated[str, typer.Argument(help="original or balanced")],
    strict: Annotated[bool, typer.Option(help="Exit with code 3 on a critical FAIL.")] = False,
    suite: Annotated[str, typer.Option(help="Only these suites, joined by commas: images,people.")] = "",
) -> None:
    """Show the balance and quality gate of a variant."""
    from hpefair.commands.results import gate as command
    from hpefair.commands.results.gaps import verdict
    from hpefair.tools.gx.words import misses, needs

    if variant not in ("original", "balanced"):
        raise InputError(f"gate {variant!r} does not exist; choose original or balanced")
    decision = command.read(variant)
    if suite:
        decision = command.only(decision, [name.strip() for name in suite.split(",") if name.strip()])
    for row in decision["expectations"]:
        about = ", ".join(f"{key} {value}" for key, value in row["kwargs"].items())
        console.print(
            verdict(row["verdict"]), f"{row['severity']:8}", f"{row['suite']}: {row['expectation']} ({about})"
        )
        for line in (*misses(row), *needs(row)):
            console.print(f"    {line}", style="dim", highlight=False)
    console.print(f"gate {variant}:", verdict(decision["verdict"]))
    console.print(
        "  Attributes that only a model inferred, without a label review, count as unknown here.", style="dim"
    )
    if strict:
        command.enforce(decision)


@app.command()
def plan(
    audit: Annotated[str, typer.Option(help="Whose audit to start from: original or balanced.")] = "original",
    explain: Annotated[bool, typer.Option(help="Also print what it is for, and what it does in every cell.")] = False,
) -> None:
    """Print the smallest repair that follows from an audit; nothing is written, `dvc repro plan` does that."""
    from hpefair.commands.results import plan as command

    if audit not in ("original", "balanced"):
        raise InputError(f"audit {audit!r} does not exist; choose original or balanced")
    command.show(console, audit, explain)


@app.command()
def gaps(models: Annotated[list[str] | None, typer.Argument(help="Models to show; all by default.")] = None) -> None:
    """Print accuracy by group with intervals, gaps, gates and verdicts."""
    from hpefair.commands.results import gaps as command

    command.show(console, models)


@app.command()
def check() -> None:
    """Read params.yaml and expectations/ of this workspace and say what is wrong with them; nothing is run."""
    from hpefair.stages.check import check as read_settings

    console.print(read_settings(), highlight=False)


@app.command()
def stages() -> None:
    """Print the pipeline: every stage, what it does, and whether it is up to date."""
    from hpefair.commands.results import stages as command

    command.show(console)


@app.command()
def log(
    uri: Annotated[str, typer.Option(help="MLflow tracking URI.")] = "sqlite:///mlflow.db",
    experiment: Annotated[str, typer.Option(help="MLflow experiment.")] = "hpefair",
) -> None:
    """Write parameters, metrics by group, tables, report and models to MLflow."""
    from hpefair.commands.models import log as command

    for sentence in command.log(uri, experiment):
        console.print(sentence, highlight=False)


@app.command()
def record(
    release: Annotated[
        str, typer.Option(help="original or balanced: also keep its shares as those of the last release.")
    ] = "",
) -> None:
    """Append this batch's generation yield to history/acceptance.jsonl, which later plans learn from."""
    from hpefair.commands.results import record as command

    if release:
        if release not in ("original", "balanced"):
            raise InputError(f"variant {release!r} does not exist; choose original or balanced")
        console.print(f"history/release.jsonl: {command.record_release(release)} shares kept", highlight=False)
    console.print(f"history/acceptance.jsonl: {command.record()} lines added", highlight=False)


def main() -> None:
    """Run the command line; deliberate errors become one line and an exit code, never a traceback."""
    telemetry.silence()
    try:
        with failure_log.one_line_errors("hpefair"):
            app()
    finally:
        memory.leave_quickly()


def _named_file(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not (separator and name and path):
        raise InputError(f"--results {text}: expected NAME=FILE")
    return name, Path(path)
