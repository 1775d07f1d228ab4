"""What the DAGs hand to each other; an event's extra carries the commit."""

from typing import Final

from airflow.sdk import Asset

RAW: Final = Asset("hpefair_raw")  # announced from outside, when somebody pushed new raw data
DATASET: Final = Asset("hpefair_dataset")
TRAIN_SET: Final = Asset("hpefair_train_set")
CANDIDATES: Final = Asset("hpefair_candidates")
CHAMPION: Final = Asset("hpefair_champion")
