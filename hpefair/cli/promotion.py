"""`hpefair promote …`: candidates against the champion, and a new champion; parses and calls, nothing else."""

from typing import Annotated

import typer

from hpefair.machine.terminal import console

app = typer.Typer(help="Candidates against the champion on the sealed split, and a new champion.", no_args_is_help=True)
Uri = Annotated[str, typer.Option(help="MLflow tracking URI.")]
Experiment = Annotated[str, typer.Option(help="MLflow experiment.")]


@app.callback()
def group() -> None:
    """Promotion."""


@app.command()
def compare(uri: Uri = "sqlite:///mlflow.db", experiment: Experiment = "hpefair") -> None:
    """Compare the candidates with the champion on the sealed split; exit code 4 where the champion is all there is."""
    from hpefair.commands.models import promote as command

    console.print(command.compare(uri, experiment), highlight=False, soft_wrap=True, markup=False)


@app.command()
def apply(
    uri: Uri = "sqlite:///mlflow.db",
    experiment: Experiment = "hpefair",
    model: Annotated[str, typer.Option(help="Candidate; the one that the comparison proposes by default.")] = "",
    reason: Annotated[
        str, typer.Option(help="Why, where the verdict is not PASS or nobody was proposed; it is recorded.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who decided; the author that git knows by default. It is recorded.")] = "",
) -> None:
    """Make a candidate the champion in MLflow's registry; prints NAME/VERSION."""
    from hpefair.commands.models import promote as command

    console.print(command.apply(uri, experiment, model, reason, by), highlight=False, soft_wrap=True, markup=False)
