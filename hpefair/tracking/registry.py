"""The model registry: who is champion, and making somebody champion who can be downloaded and loaded."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import mlflow

from hpefair.data import content
from hpefair.errors import ToolError
from hpefair.tracking import tracking

NAME: Final = "hpefair"
ALIAS: Final = "champion"
BEFORE: Final = "previous"
CHALLENGER: Final = "challenger"
MODEL: Final = "hpefair.model"
WEIGHTS: Final = "hpefair.weights"
PICKLES: Final = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
PROMOTION: Final = "hpefair.promotion"


@dataclass(frozen=True)
class Champion:
    """The version that the alias stands for.

    Attributes:
        version: Number of the version.
        model: Name of the model in params.yaml when it was trained.
        run_id: Run that logged it.
        digest: Digest of its weights.
    """

    version: str
    model: str
    run_id: str
    digest: str


def champion() -> Champion | None:
    """The champion, or None; call while connected."""
    version = _holder(mlflow.MlflowClient(), ALIAS)
    if version is None:
        return None
    return Champion(version.version, version.tags.get(MODEL, ""), version.run_id, version.tags.get(WEIGHTS, ""))


def weights_of(who: Champion, folder: Path) -> Path:
    """Download a version's weights into a folder; where they are.

    Raises:
        ToolError: If its run holds none.
    """
    return _download(who.run_id, who.version, folder)


def _download(run_id: str, version: str, folder: Path) -> Path:
    advice = "log the model again with `hpefair log`, and compare again"
    try:
        place = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=tracking.WEIGHTS, dst_path=str(folder))
    except (mlflow.exceptions.MlflowException, OSError) as error:
        said = str(error).splitlines()[0][:200]
        raise ToolError(f"the weights of version {version} cannot be downloaded ({said}): {advice}") from error
    if not any(Path(place).iterdir()):
        raise ToolError(f"run {run_id} of version {version} holds no weights: {advice}")
    return Path(place)


def check_loadable(version: str) -> None:
    """Download a version's weights and load its network, as whoever deploys it will.

    Args:
        version: Number of the version.

    Raises:
        ToolError: If its weights are absent or not those that were compared, or its network cannot be loaded.
    """
    found = mlflow.MlflowClient().get_model_version(NAME, version)
    with tempfile.TemporaryDirectory() as scratch:
        weights = _download(found.run_id, version, Path(scratch))
        if content.digest(weights) != found.tags.get(WEIGHTS):
            raise ToolError(f"the weights that MLflow has of version {version} are not those that were compared")
    os.environ[PICKLES] = "false"  # an exported program is loaded, code that somebody put in its place is not run
    try:
        mlflow.pytorch.load_model(f"models:/{NAME}/{version}")
    except Exception as error:  # what loading raises has no common class
        said = " ".join(str(error).split())[:200]
        raise ToolError(f"version {version} cannot be loaded from MLflow ({said}): log the model again") from error


def crowned(key: str) -> str:
    """`<name>/<version>` of an earlier attempt at the same promotion, or an empty string; completes it."""
    client = mlflow.MlflowClient()
    known = [one for one in _versions(client) if one.tags.get(PROMOTION) == key]
    if not known:
        return ""
    check_loadable(known[0].version)
    _seat(client, known[0].version)
    return f"{known[0].tags[MODEL]}/{known[0].version}"


def challenge(run_id: str, model: str, digest: str) -> str:
    """Register a logged model, if it is not, and make it the challenger.

    Args:
        run_id: Run that logged it.
        model: Its name.
        digest: Digest of its weights.

    Returns:
        The version.

    Raises:
        ToolError: If it cannot be downloaded and loaded.
    """
    client = mlflow.MlflowClient()
    version = _version(client, run_id, model, digest)
    check_loadable(version)
    client.set_registered_model_alias(NAME, CHALLENGER, version)
    return version


def crown(run_id: str, model: str, digest: str, tags: Mapping[str, str]) -> str:
    """Make a logged model the champion, registered as a version if it is not yet.

    Args:
        run_id: Run that logged it.
        model: Its name.
        digest: Digest of its weights.
        tags: Tags of the version: why it was promoted, and `PROMOTION`, by which `crowned` finds it again.

    Returns:
        The version.

    Raises:
        ToolError: If it cannot be downloaded and loaded; nobody is crowned then.
    """
    client = mlflow.MlflowClient()
    version = _version(client, run_id, model, digest)
    check_loadable(version)
    # The one by which an attempt that ends here is found by the next goes last.
    for key, value in sorted(tags.items(), key=lambda tag: tag[0] == PROMOTION):
        client.set_model_version_tag(NAME, version, key, value)
    _seat(client, version)
    return version


def _version(client: mlflow.MlflowClient, run_id: str, model: str, digest: str) -> str:
    for one in _versions(client):
        same = (one.tags.get(MODEL), one.tags.get(WEIGHTS)) == (model, digest)
        if same and tracking.holds_weights(one.run_id):
            return str(one.version)
    everything = {MODEL: model, WEIGHTS: digest}
    return str(mlflow.register_model(f"runs:/{run_id}/pose_{model}", NAME, tags=everything).version)


def _seat(client: mlflow.MlflowClient, version: str) -> None:
    before = champion()
    if before and before.version != version:
        client.set_registered_model_alias(NAME, BEFORE, before.version)
    client.set_registered_model_alias(NAME, ALIAS, version)
    challenger = _holder(client, CHALLENGER)
    if challenger and str(challenger.version) == version:
        client.delete_registered_model_alias(NAME, CHALLENGER)


def _holder(client: mlflow.MlflowClient, alias: str) -> mlflow.entities.model_registry.ModelVersion | None:
    """The version that an alias stands for; None where there is no model or no such alias, and nothing else."""
    try:
        return client.get_model_version_by_alias(NAME, alias)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _versions(client: mlflow.MlflowClient) -> list[mlflow.entities.model_registry.ModelVersion]:
    return list(client.search_model_versions(f"name = '{NAME}'"))
