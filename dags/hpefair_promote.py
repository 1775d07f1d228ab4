"""Candidates against the champion, on people nobody has looked at; a person decides; an alias and a tag follow."""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from hpefair.orchestration import assets, settings
from hpefair.orchestration.decision import DecisionOperator, answer
from hpefair.orchestration.lifecycle import (
    AnnounceOperator,
    CloseWorkspaceOperator,
    OpenWorkspaceOperator,
    TagOperator,
)
from hpefair.orchestration.notify import Tell
from hpefair.orchestration.operators import HpefairOperator
from hpefair.orchestration.pipeline import REF, dag_settings, optional

KNOWN = settings.load()
LOGGED = ["train", "evaluate", "compare", "gate", "report"]
READ = ["ingest", "calibrate", "split", "train", "evaluate"]

with DAG("hpefair_promote", schedule=[assets.CANDIDATES], doc_md=__doc__, params={"ref": REF}, **dag_settings()):
    opened = OpenWorkspaceOperator(task_id="open_workspace").as_setup()
    log = HpefairOperator(task_id="log", arguments=["log", "--uri", KNOWN.tracking], needs=LOGGED)
    compare = HpefairOperator(
        task_id="compare_sealed", arguments=["promote", "compare", "--uri", KNOWN.tracking], needs=READ, raw=True
    )
    decide = DecisionOperator(
        task_id="decide",
        subject="Candidates of {{ run_id }}",
        body="{{ ti.xcom_pull('compare_sealed') }}",
        options=["promote", "hold", "rebalance"],
        defaults="hold",
        params={
            "model": optional("Model", "Another candidate than the proposed one."),
            "reason": optional("Reason", "Needed where the verdict is not PASS."),
        },
        response_timeout=KNOWN.patience,
        notifiers=[Tell("waits for a decision: {{ ti.xcom_pull('compare_sealed') }}")],
    )
    filled = [f"--{name}={answer('decide', name)}" for name in ("model", "reason")]
    words = ["promote", "apply", "--uri", KNOWN.tracking, *filled]
    promote = HpefairOperator(task_id="promote", arguments=words, needs=READ, outlets=[assets.CHAMPION])
    tag = TagOperator(
        task_id="tag", name="model/{{ ti.xcom_pull('promote') }}", message="{{ ti.xcom_pull('compare_sealed') }}"
    )
    hold = EmptyOperator(task_id="hold")
    rebalance = AnnounceOperator(task_id="rebalance", outlets=[assets.DATASET])
    closed = CloseWorkspaceOperator(task_id="close_workspace").as_teardown(setups=opened)
    opened >> log >> compare >> decide >> [promote, hold, rebalance]
    promote >> tag
    [tag, hold, rebalance] >> closed
