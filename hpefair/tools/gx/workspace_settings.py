"""Read every setting and threshold of the workspace, before anything is computed with them."""

from hpefair import artifacts
from hpefair.errors import MissingArtifactError
from hpefair.settings import params
from hpefair.tools.gx import suites


def check() -> str:
    """What was read.

    Raises:
        MissingArtifactError: If this is not a workspace.
        SettingsError: If a key is unknown, or a value is not of its form.
    """
    params.load()
    found = sorted(artifacts.EXPECTATIONS.glob("*.yaml"))
    if not found:
        raise MissingArtifactError(f"{artifacts.EXPECTATIONS} holds no suite: run hpefair from the root of a workspace")
    for path in found:
        suites.load_suite(path)
    return f"{artifacts.PARAMS} and {len(found)} suites of {artifacts.EXPECTATIONS} are in order"
