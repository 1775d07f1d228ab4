"""Settings and thresholds, read and checked before anything is computed.

Everything else depends on what this writes, so that nothing runs with settings that are not in order: names of
params.yaml become paths of outputs, which dvc removes before it runs a stage. The output says the same whatever the
settings are: what they change is decided stage by stage.
"""

from pathlib import Path

from hpefair.tools.dvc import stage
from hpefair.tools.gx.workspace_settings import check

SAID = "params.yaml and expectations were read and are in order\n"


def write(out: Path, work: Path, item: str) -> None:
    """Refuse settings that are not in order."""
    print(f"check: {check()}")
    (out / "checked.txt").write_text(SAID, encoding="utf-8")


if __name__ == "__main__":
    stage.main("check", write)
