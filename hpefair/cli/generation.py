"""`hpefair generation …`: what a person types about generated people; parses and calls, nothing else."""

from pathlib import Path
from typing import Annotated

import typer

from hpefair.errors import InputError
from hpefair.machine.terminal import console

app = typer.Typer(help="Generated people: train a small diffusion model.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Generated people."""


@app.command("train-tiny")
def train_tiny(
    data: Annotated[
        Path | None, typer.Option(help="COCO folder to learn from; the workspace's training split by default.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write; params.yaml names it.")] = Path("models/diffusion/tiny"),
    side: Annotated[int, typer.Option(help="Pixels a side, a multiple of 16.")] = 64,
    steps: Annotated[int, typer.Option(help="Optimizer steps.")] = 4000,
    minutes: Annotated[float, typer.Option(help="Stop after so many minutes; 0 leaves it to --steps.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed; with --steps alone, the same seed gives the same weights.")] = 0,
    device: Annotated[str, typer.Option(help="cpu, cuda, …; HPEFAIR_DEVICE or a GPU by default.")] = "",
) -> None:
    """Train a small pose-conditioned diffusion model on a dataset's own people; resumable."""
    from rich.progress import Progress

    from hpefair.commands.models import train_diffusion as command
    from hpefair.generation.diffusion.machine import from_environment
    from hpefair.generation.diffusion.tiny_training import Recipe

    if steps < 1 or minutes < 0:
        raise InputError(f"--steps must be at least 1 and --minutes not negative, not {steps} and {minutes}")
    machine = from_environment({"HPEFAIR_DEVICE": device}) if device else from_environment()
    source = command.from_folder(data) if data else command.from_stages()
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("training", total=1.0)

        def advance(step: int, loss: float, done: float) -> None:
            bar.update(task, completed=done, description=f"step {step}, loss {loss:.3f}")

        recipe = Recipe(steps=steps, minutes=minutes, seed=seed)
        said = command.train(source, out, side, recipe, machine.device, advance)
    for sentence in said:
        console.print(sentence, highlight=False)
