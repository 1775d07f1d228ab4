"""`hpefair attributes …`: what a person types about who is in the picture; parses and calls, nothing else."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hpefair.cli import workspace_marker
from hpefair.errors import InputError
from hpefair.machine.terminal import console

app = typer.Typer(help="Who is in the picture: review labels, calibrate, train, delete.", no_args_is_help=True)


@app.callback()
def within(context: typer.Context) -> None:
    """Refuse what is about a workspace in a folder that is none; `train` takes any annotated folder."""
    if context.invoked_subcommand != "train" and not {"--help", "-h"} & set(sys.argv):
        workspace_marker.require()


@app.command("show")
def show() -> None:
    """Print how far the attributes can be trusted: calibration, corrected shares, errors by stratum."""
    from hpefair.commands.labels import attribute_errors as command

    command.show(console)


@app.command("sample")
def sample(
    out: Annotated[Path, typer.Option(help="Folder to write: pictures, a form for a browser, a CSV file.")],
    number: Annotated[int, typer.Option(help="Size of the label review; a larger one contains a smaller one.")] = 300,
    ask: Annotated[
        list[str] | None, typer.Option(help="Attributes to ask about, joined by commas; three by default.")
    ] = None,
) -> None:
    """Export a random sample of people for a label review: somebody looks at each and says what they see."""
    from hpefair.commands.labels import label_review as command

    names = [name.strip() for part in ask or [] for name in part.split(",") if name.strip()]
    for sentence in command.export(out, number, names or ["gender_presentation", "age_band", "build"]):
        console.print(sentence, highlight=False)


@app.command("import")
def take_in(
    table: Annotated[Path, typer.Argument(help="The filled CSV file of an export.")],
    reviewer: Annotated[str, typer.Option(help="Who looked; initials will do.")] = "",
) -> None:
    """Take what reviewers saw into review/labels.jsonl; calibration and shares follow with `dvc repro`."""
    from hpefair.commands.labels import label_review as command

    for sentence in command.take_in(table, reviewer):
        console.print(sentence, highlight=False)


@app.command("reference")
def reference(
    dataset: Annotated[str, typer.Argument(help="A dataset under data/raw whose labels were reviewed.")],
    out: Annotated[Path, typer.Option(help="CSV file; params.yaml takes those under expectations/references.")],
) -> None:
    """Write the shares of a dataset as a reference population."""
    from hpefair.commands.dataset import reference as command

    for sentence in command.write_reference(dataset, out):
        console.print(sentence, highlight=False)


@app.command("train")
def train(
    folder: Annotated[Path, typer.Argument(help="COCO folder whose people's attributes are labelled.")],
    labels: Annotated[Path | None, typer.Option(help="CSV or Parquet keyed by person_id or image_id.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write; params.yaml names it.")] = Path(
        "models/attributes/classifier"
    ),
    steps: Annotated[int, typer.Option(help="Optimizer steps.")] = 2200,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same weights.")] = 0,
) -> None:
    """Train the attribute source `classifier`, and print how good it is on people it did not see."""
    from hpefair.attributes.sources.classifier_training import Recipe
    from hpefair.commands.labels import train_classifier as command

    if steps < 1:
        raise InputError(f"--steps must be at least 1, not {steps}")
    report = command.train(folder, labels, out, Recipe(steps=steps, shape_steps=2 * steps, seed=seed))
    console.print(command.table(report))
    console.print(f"{out}: name `classifier` under attribute.sources in params.yaml to use it", highlight=False)


@app.command("delete")
def delete(
    person: Annotated[list[str] | None, typer.Option(help="Person, <dataset>/<annotation id>; repeatable.")] = None,
    image: Annotated[list[str] | None, typer.Option(help="Image, <dataset>/<image id>; repeatable.")] = None,
) -> None:
    """Remove people from everything that was derived from them, and say what must be rebuilt."""
    from hpefair.commands.dataset import delete_people as command

    if not person and not image:
        raise InputError(
            "no person or image named: pass --person <dataset>/<annotation id>, or --image <dataset>/<image id>"
        )
    for sentence in command.delete(person or [], image or []):
        console.print(sentence, highlight=False)
