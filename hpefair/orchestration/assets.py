"""What the DAGs hand to each other; an event's extra carries the commit."""

from typing import Final

from airflow.sdk import Asset, AssetWatcher

from hpefair.orchestration import settings
from hpefair.orchestration.raw_watcher import RawDataTrigger
from hpefair.orchestration.workspaces.naming import safe


def _watchers() -> list[AssetWatcher]:
    known = settings.load()
    if not known.watch_s:
        return []
    ref = known.ref
    memory = str(known.watched / safe(ref))
    return [
        AssetWatcher(name="repository", trigger=RawDataTrigger(known.origin.repository, ref, memory, known.watch_s))
    ]


RAW: Final = Asset("hpefair_raw", watchers=_watchers())
DATASET: Final = Asset("hpefair_dataset")
TRAIN_SET: Final = Asset("hpefair_train_set")
CANDIDATES: Final = Asset("hpefair_candidates")
CHAMPION: Final = Asset("hpefair_champion")
