"""The model registry: who is champion, and making somebody champion."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import mlflow

from hpefair.errors import ToolError

NAME: Final = "hpefair"
ALIAS: Final = "champion"
BEFORE: Final = "previous"
WEIGHTS: Final = "hpefair.weights"
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
    client = mlflow.MlflowClient()
    try:
        version = client.get_model_version_by_alias(NAME, ALIAS)
    except mlflow.exceptions.MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
    return Champion(
        version.version, version.tags.get("hpefair.model", ""), version.run_id, version.tags.get(WEIGHTS, "")
    )


def weights_of(who: Champion, folder: Path) -> Path:
    """Download a version's weights into a folder; where they are.

    Raises:
        ToolError: If its run holds none.
    """
    found = Path(mlflow.artifacts.download_artifacts(run_id=who.run_id, artifact_path="weights", dst_path=str(folder)))
    if not any(found.iterdir()):
        raise ToolError(f"run {who.run_id} of champion version {who.version} holds no weights")
    return found


def crowned(key: str) -> str:
    """`<name>/<version>` of an earlier attempt at the same promotion, or an empty string; completes it."""
    client = mlflow.MlflowClient()
    known = [one for one in _versions(client) if one.tags.get(PROMOTION) == key]
    if not known:
        return ""
    _seat(client, known[0].version)
    return f"{known[0].tags['hpefair.model']}/{known[0].version}"


def crown(run_id: str, model: str, digest: str, tags: Mapping[str, str]) -> str:
    """Register a logged model as a new version and make it the champion.

    Args:
        run_id: Run that logged it.
        model: Its name.
        digest: Digest of its weights.
        tags: Tags of the version: why it was promoted, and `PROMOTION`, by which `crowned` finds it again.

    Returns:
        The version.
    """
    client = mlflow.MlflowClient()
    everything = {"hpefair.model": model, WEIGHTS: digest, **tags}
    # The tags come with the registration: an attempt that ends here is found by the next one.
    version = str(mlflow.register_model(f"runs:/{run_id}/pose_{model}", NAME, tags=everything).version)
    _seat(client, version)
    return version


def _seat(client: mlflow.MlflowClient, version: str) -> None:
    before = champion()
    if before and before.version != version:
        client.set_registered_model_alias(NAME, BEFORE, before.version)
    client.set_registered_model_alias(NAME, ALIAS, version)


def _versions(client: mlflow.MlflowClient) -> list[mlflow.entities.model_registry.ModelVersion]:
    return list(client.search_model_versions(f"name = '{NAME}'"))
