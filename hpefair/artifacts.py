"""Where each artifact lives: `data/<stage that wrote it>/<name>`, relative to the workspace (the current folder)."""

from pathlib import Path

DATA = Path("data")
RAW = DATA / "raw"
CODE = DATA / "code"
CHECK = DATA / "check"
INGEST = DATA / "ingest"
ATTRIBUTE = DATA / "attribute"
CALIBRATE = DATA / "calibrate"
SPLIT = DATA / "split"
AUDIT = DATA / "audit"
VALIDATE = DATA / "validate"
GATE = DATA / "gate"
PLAN = DATA / "plan"
GENERATE = DATA / "generate"
SCREEN = DATA / "screen"
ASSEMBLE = DATA / "assemble"
TRAIN = DATA / "train"
PREDICT = DATA / "predict"
EVALUATE = DATA / "evaluate"
COMPARE = DATA / "compare"
REPORT = DATA / "report"

PARAMS = Path("params.yaml")
EXPECTATIONS = Path("expectations")
REVIEW_DECISIONS = Path("review/decisions.jsonl")
REVIEW_LABELS = Path("review/labels.jsonl")
DELETIONS = Path("review/deletions.jsonl")
ACCEPTANCE_HISTORY = Path("history/acceptance.jsonl")
SCRATCH = Path(".hpefair")
RELEASE_HISTORY = Path("history/release.jsonl")


def out_folder(stage: str) -> Path:
    """Output folder of a stage instance.

    Args:
        stage: `word` or `word@item`, as in dvc.yaml.

    Returns:
        `data/<word>` or `data/<word>/<item>`.
    """
    word, _, item = stage.partition("@")
    return DATA / word / item if item else DATA / word
