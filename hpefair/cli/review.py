"""`hpefair review`, `hpefair app`, `hpefair report`: people in FiftyOne, the page; parses and calls, nothing else."""

from pathlib import Path
from typing import Annotated

import typer

from hpefair.errors import InputError
from hpefair.machine.terminal import console

ADDRESS = "http://127.0.0.1:5151"
LOOPBACK = "127.0.0.1"


def review(
    name: Annotated[str, typer.Option(help="FiftyOne dataset name; from the data and the commit by default.")] = "",
    launch: Annotated[bool, typer.Option(help="Open the App on 127.0.0.1; otherwise only build the dataset.")] = True,
    port: Annotated[int, typer.Option(help="Port of the App.")] = 5151,
    generated: Annotated[
        bool,
        typer.Option("--generated", help="Generated people only, accepted and rejected, before they are assembled."),
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="Leave out what people are perceived as.")] = False,
    audit: Annotated[
        int,
        typer.Option("--to-label", "--audit", min=0, help="Real people to label, in the order of the label review."),
    ] = 200,
    uri: Annotated[str, typer.Option(help="MLflow tracking URI, for gaps of earlier runs.")] = "sqlite:///mlflow.db",
    export: Annotated[
        bool, typer.Option("--export", help="Only write what was decided to review/, as closing the App does.")
    ] = False,
    app: Annotated[str, typer.Option(help="Address of an App that is open elsewhere, for the link.")] = ADDRESS,
) -> None:
    """Build the FiftyOne dataset of people, predictions and groups, and open the App; decisions go to review/."""
    from hpefair.commands.results import review as command

    if export:
        command.export(console)
        return
    wanted = command.Wanted(name, generated, public, audit, uri, app)
    command.review(console, wanted, port if launch else None)


def serve(
    folder: Annotated[Path, typer.Option(help="Where the database lives.")] = Path("fiftyone.db"),
    port: Annotated[int, typer.Option(help="Port of the App.")] = 5151,
    database_port: Annotated[int, typer.Option(help="Port of the database; FIFTYONE_DATABASE_URI names it.")] = 27017,
    address: Annotated[
        str, typer.Option(help="Address that the App listens on; others than this machine's need --i-know.")
    ] = LOOPBACK,
    host: Annotated[
        list[str] | None, typer.Option(help="Another host name under which the App answers; repeatable.")
    ] = None,
    media: Annotated[
        list[Path] | None, typer.Option(help="Folder whose pictures are shown, data/ by default; repeatable.")
    ] = None,
    i_know: Annotated[
        bool, typer.Option("--i-know", help="Listen on an address that other machines reach, over plain HTTP.")
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="Only what `hpefair review --public` built.")] = False,
) -> None:
    """Serve FiftyOne's App and its database, with all datasets in it but public ones, or these alone, until Ctrl-C."""
    from hpefair.commands.results import review as command
    from hpefair.tools.fiftyone.server import Served

    if address not in (LOOPBACK, "::1", "localhost") and not i_know:
        raise InputError(
            f"--address {address} opens the App to other machines: whoever has the token, which travels unencrypted, "
            "sees every picture below the folders of --media and all labels, and may decide in anybody's name. "
            "Put a proxy with TLS and logins in front of 127.0.0.1 instead, or pass --i-know"
        )
    served = Served(port, media or command.media(), address, host or ())
    command.serve(console, folder, served, database_port, public)


def report(
    browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser of this machine.")] = False,
) -> None:
    """Print the answer that the report gives, and where the page and the cards lie."""
    from hpefair.commands.results import report as command

    command.report(console, browser)
