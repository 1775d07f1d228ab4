"""Settings and thresholds, read and checked before anything is computed.

Everything else depends on what this writes, so that nothing runs with settings that are not in order: names of
params.yaml become paths of outputs, which dvc removes before it runs a stage. The output says the same whatever the
settings are: what they change is decided stage by stage.
"""

from pathlib import Path

from hpefair import artifacts
from hpefair.errors import MissingArtifactError
from hpefair.settings import params
from hpefair.tools.dvc import stage
from hpefair.tools.gx import suites

SAID = "params.yaml and expectations were read and are in order\n"


def write(out: Path, work: Path, item: str) -> None:
    """Refuse settings that are not in order."""
    print(f"check: {check()}")
    (out / "checked.txt").write_text(SAID, encoding="utf-8")


def check() -> str:
    """Read everything; what was read.

    Raises:
        MissingArtifactError: If this is not a workspace.
        SettingsError: If a key is unknown, or a value is not of its form.
    """
    params.load()
    files = sorted(artifacts.EXPECTATIONS.glob("*.yaml"))
    if not files:
        raise MissingArtifactError(f"{artifacts.EXPECTATIONS} holds no suite: run hpefair from the root of a workspace")
    for path in files:
        suites.load_suite(path)
    return f"{artifacts.PARAMS} and {len(files)} suites of {artifacts.EXPECTATIONS} are in order"


if __name__ == "__main__":
    stage.main("check", write)
