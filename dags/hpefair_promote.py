"""Candidates against the champion, on people nobody has looked at; a person decides; an alias and a tag follow."""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from hpefair.orchestration import assets, lifecycle, settings
from hpefair.orchestration.decision import DecisionOperator, answer, decider
from hpefair.orchestration.notify import Tell
from hpefair.orchestration.operators import HpefairOperator
from hpefair.orchestration.pipeline import REF, closing, dag_settings, optional

KNOWN = settings.load()
FORM = {
    "model": optional("Model", "Another candidate than the proposed one."),
    "reason": optional("Reason", "Needed where the verdict is not PASS."),
}
READ = ["ingest", "calibrate", "split", "train", "evaluate"]
LOG, COMPARE, APPLY = (
    [*words, "--uri", KNOWN.tracking] for words in (["log"], ["promote", "compare"], ["promote", "apply"])
)
FOUND = "{{ ti.xcom_pull('compare_sealed') }}"

with DAG("hpefair_promote", schedule=[assets.CANDIDATES], doc_md=__doc__, params={"ref": REF}, **dag_settings()):
    opened = lifecycle.OpenWorkspaceOperator(task_id="open_workspace").as_setup()
    log = HpefairOperator(task_id="log", arguments=LOG, needs=[*READ, "compare", "gate", "report"], pool="tracking")
    compare = HpefairOperator(task_id="compare_sealed", arguments=COMPARE, needs=READ, raw=True, result="^Against ")
    decide = DecisionOperator(
        task_id="decide", subject="Candidates of {{ run_id }}", body=FOUND, options=["promote", "hold", "rebalance"],
        defaults="hold", params=FORM, response_timeout=KNOWN.patience, notifiers=[Tell(f"waits: {FOUND}")],
    )  # fmt: skip
    filled = [*(f"--{name}={answer('decide', name)}" for name in FORM), f"--by={decider('decide')}"]
    promote = HpefairOperator(
        task_id="promote",
        arguments=APPLY + filled,
        needs=READ,
        result=r"^[a-z0-9_]+/[0-9]+$",
        outlets=[assets.CHAMPION],
    )
    said = f"{FOUND}\n\nPromoted-By: {decider('decide')}"
    tag = lifecycle.TagOperator(task_id="tag", name="model/{{ ti.xcom_pull('promote') }}", message=said)
    hold = EmptyOperator(task_id="hold")
    rebalance = lifecycle.AnnounceOperator(task_id="rebalance", outlets=[assets.DATASET])
    closed = closing(opened)
    opened >> log >> compare >> decide >> [promote, hold, rebalance] >> closed
    promote >> tag >> closed
