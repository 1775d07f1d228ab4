"""`hpefair sample` and `hpefair sheet`: built-in people, and people on one picture; parses and calls, nothing else."""

from pathlib import Path
from typing import Annotated

import typer

from hpefair.machine.terminal import console

Folder = Annotated[Path, typer.Argument(help="Folder with a COCO keypoints JSON and its images.")]


def sample(
    out: Annotated[Path, typer.Option(help="Folder to write: images, annotations.json, labels.csv.")],
    number: Annotated[int, typer.Option("--images", help="Number of images.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same bytes.")] = 0,
    bias: Annotated[Path | None, typer.Option(help="YAML with shares of groups; equal shares by default.")] = None,
    size: Annotated[int, typer.Option(help="Pixels a side.")] = 256,
    photos: Annotated[Path | None, typer.Option(help="Folder of background photographs that show nobody.")] = None,
    depth: Annotated[bool, typer.Option(help="Also write depth/: 16-bit PNG, millimetres, 0 where nobody is.")] = False,
    workers: Annotated[int, typer.Option(help="Processes; as many as cores by default.")] = 0,
) -> None:
    """Make a dataset of built-in synthetic people with exact annotations; an interrupted run is finished."""
    from hpefair.commands.dataset import sample as command

    request = command.read_request(number, seed, size, bias, photos, depth)
    for sentence in command.sample(out, request, workers):
        console.print(sentence, highlight=False)


def sheet(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="PNG or JPEG to write.")] = Path("sheet.png"),
    number: Annotated[int, typer.Option("--images", help="Number of images.")] = 24,
    columns: Annotated[int, typer.Option(help="Pairs per row.")] = 4,
    tile: Annotated[int, typer.Option(help="Pixels a side of one picture on the sheet.")] = 256,
) -> None:
    """Draw people of a COCO folder side by side, as they are and with skeleton, box and visibility."""
    from hpefair.commands.dataset import sheet as command

    console.print(command.sheet(folder, out, number, columns, tile), highlight=False)
