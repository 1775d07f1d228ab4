"""`hpefair train` and `hpefair export`: estimators with no pipeline around them; parses and calls, nothing else."""

import os
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from hpefair.errors import InputError, SettingsError
from hpefair.machine.terminal import console
from hpefair.settings.training import ObjectiveName

LARGEST = 2048  # pixels a side; far beyond it no step would end


def train(
    folders: Annotated[list[Path], typer.Argument(help="Annotated folders, as `hpefair add` takes them.")],
    out: Annotated[Path, typer.Option(help="Folder to write: weights, model.json, curves.")] = Path("model"),
    estimator: Annotated[str, typer.Option(help="heatmap, deeppose or yolo_pose.")] = "heatmap",
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the estimator, NAME=VALUE; repeatable.")
    ] = None,
    labels: Annotated[list[Path] | None, typer.Option(help="Label file of each folder, in their order.")] = None,
    annotations: Annotated[
        list[Path] | None, typer.Option(help="Annotation file of each folder, in their order, where one has several.")
    ] = None,
    by: Annotated[str, typer.Option(help="Attribute whose groups count, or several joined by dots.")] = "",
    objective: Annotated[
        str, typer.Option(help="balanced_sampling, erm, reweighting, group_dro, cvar or variance.")
    ] = "balanced_sampling",
    size: Annotated[str, typer.Option(help="Width and height of crops in pixels.")] = "96x128",
    steps: Annotated[int, typer.Option(help="Optimizer steps.")] = 3000,
    batch: Annotated[int, typer.Option(help="People, or pictures, per step of all processes together.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate of the one-cycle schedule.")] = 0.004,
    precision: Annotated[str, typer.Option(help="fp32, bf16, or auto: whichever is faster on this machine.")] = "auto",
    validation: Annotated[float, typer.Option(help="Share of the pictures to validate on.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same weights.")] = 0,
    track: Annotated[str, typer.Option(help="MLflow tracking URI to write curves to.")] = "",
) -> None:
    """Train a pose estimator on annotated folders; an interrupted call goes on where it was.

    Several processes share the work under `torchrun --nproc-per-node N -m hpefair train …`, with the same result.
    """
    from hpefair.commands.models import train as command

    if objective not in get_args(ObjectiveName):
        raise InputError(f"--objective {objective}: expected one of {', '.join(get_args(ObjectiveName))}")
    if seed < 0:
        raise InputError(f"--seed {seed}: expected 0 or more")
    if not 0 <= validation < 1:
        raise InputError(f"--validation {validation}: expected a share from 0 to below 1")
    if labels and len(labels) != len(folders):
        raise InputError(f"--labels is given {len(labels)} times for {len(folders)} folders: once for each, or never")
    if annotations and len(annotations) != len(folders):
        raise InputError(f"--annotations is given {len(annotations)} times for {len(folders)} folders: once for each")
    width, height = _size(size)
    request = command.Request(
        folders=tuple(folders),
        labels=tuple(labels or [None] * len(folders)),
        annotations=tuple(annotations or [None] * len(folders)),
        estimator=estimator,
        options=dict(_option(text) for text in option or ()),
        settings=_settings(
            input_width=width, input_height=height, steps=steps, batch=batch, learning_rate=learning_rate,
            precision=_precision(precision),
        ),
        objective=cast(ObjectiveName, objective),
        by=by,
        validation=validation,
        seed=seed,
    )  # fmt: skip
    main = os.environ.get("RANK", "0") == "0"  # of several processes one speaks
    with _tracker(track if main else "", out.name) as tracker:
        last = command.train(request, out, tracker)
    if not main:
        return
    if len(last):
        console.print(command.table(last))
    elif validation:
        console.print("no validation: too few pictures for the share given by --validation", style="dim")
    console.print(
        f"{out}: weights.safetensors, model.json and curves; `hpefair export {out}` writes ONNX", highlight=False
    )


def export(
    model: Annotated[Path, typer.Argument(help="Folder of a trained model, such as data/train/original.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write.")] = Path("model.onnx"),
    suppress: Annotated[bool, typer.Option(help="Let the graph of a detector drop duplicates itself.")] = True,
) -> None:
    """Write a trained model as one ONNX file, normalization and decoding included, and check it."""
    from hpefair.commands.models import export as command

    console.print(command.export(model, out, suppress), highlight=False)


def _settings(**changed: Any) -> Any:
    from pydantic import ValidationError

    from hpefair.commands.models.train import DEFAULTS

    try:
        return type(DEFAULTS).model_validate({**DEFAULTS.model_dump(), **changed})
    except ValidationError as error:
        said = "; ".join(f"--{e['loc'][0]}: {e['msg']}, got {e['input']!r}".replace("_", "-") for e in error.errors())
        raise InputError(said) from error


def _precision(text: str) -> str:
    """What `auto` stands for on this machine; anything else as it is."""
    if text != "auto":
        return text
    from hpefair.training import precision

    return precision.fastest()


def _size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) for part in parts):
        raise InputError(f"--size {text}: expected WIDTHxHEIGHT, such as 96x128")
    if max(int(part) for part in parts) > LARGEST:
        raise InputError(f"--size {text}: expected at most {LARGEST} pixels a side")
    return int(parts[0]), int(parts[1])


def _option(text: str) -> tuple[str, str | int | float | bool]:
    import yaml

    name, separator, value = text.partition("=")
    try:
        parsed = yaml.safe_load(value) if separator and name and value else None
    except yaml.YAMLError:
        parsed = None
    if not isinstance(parsed, str | int | float | bool):
        raise SettingsError(f"--option {text}: expected NAME=VALUE")
    return name, parsed


def _tracker(uri: str, name: str) -> Any:
    from contextlib import nullcontext

    if not uri:
        return nullcontext()
    from hpefair.tracking.tracker import curves

    return curves(uri, name)
