"""The search strings of the guide, asked of a real MLflow server; its pages in a real browser."""

import contextlib
import os
import re
import sys

import pytest

from hpefair.errors import ToolError
from hpefair.tools.fiftyone import server as fiftyone_server
from hpefair.tracking.run import Data, Run
from hpefair.tracking.tracker import connected
from tests.browser.pages import browser_page
from tests.conftest import PROJECT
from tests.ports import reserved_port

# Run name to what its numbers and tags are; which of them an answer holds follows from reading the question.
GOOD = {"gap/ar/age_band": 0.02, "ar/all": 0.7, "worst/ar/contrast": 0.55, "n/age_band/child": 50.0}
CHILD = "ci_low/ar/age_band.gender_presentation/child.feminine"
RUNS = {
    "equal": (GOOD | {CHILD: 0.41}, {"boxes": "ground truth"}, {"verdict": "PASS"}),
    "unequal": (GOOD | {"gap/ar/age_band": 0.03, CHILD: 0.4}, {"boxes": "detector"}, {"verdict": "INCONCLUSIVE"}),
    "poor": (
        {"gap/ar/age_band": 0.0, "ar/all": 0.6, "worst/ar/contrast": 0.5, "n/age_band/child": 49.0},
        {"boxes": "ground truth"},
        {"verdict": "FAIL", "dag.run": "hpefair_train/scheduled__2026-11-28T06:00:00+00:00"},
    ),
    "silent": ({"ar/all": 0.9}, {"boxes": "ground truth"}, {}),
}
ANSWERS = [{"equal"}, {"equal"}, {"equal"}, {"equal", "unequal"}, {"equal"}, {"poor"}]


def documented() -> list[str]:
    """Search strings in the guide."""
    return re.findall(r"```mlflow\n(.*?)\n```", (PROJECT / "docs/guides/tracking.md").read_text(), re.S)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server over sqlite in which the runs were logged; its address, and where its files lie."""
    folder = tmp_path_factory.mktemp("mlflow")
    with serve(folder) as address:
        log(address, [made(name) for name in RUNS])
        yield address, folder


def log(uri: str, runs: list[Run]) -> list[str]:
    """One sentence per run that was written."""
    with connected(uri, "asked") as tracker:
        return [tracker.log(run) for run in runs]


@contextlib.contextmanager
def serve(folder):
    """A real `mlflow server` on this machine only; its address while it runs."""
    port = reserved_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "a")]
    env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with fiftyone_server.serve(command, port, folder / "server.log", cwd=str(folder), env=env):
        yield f"http://127.0.0.1:{port}"


def made(name: str) -> Run:
    """One of the runs."""
    metrics, params, tags = RUNS[name]
    decided = {key: value for key, value in tags.items() if key == "verdict"}
    about = (Data(PROJECT / "data/ingest", "people", "0" * 32 + ".dir", "evaluation"),)
    return Run(name, f"{name}:1", params, metrics, {**tags, "git.commit": "abc"}, decided, about)


def ask(address: str, question: str) -> set[str]:
    """Names of the runs that answer."""
    import mlflow

    mlflow.set_tracking_uri(address)
    found = mlflow.search_runs(experiment_names=["asked"], filter_string=question, output_format="list")
    return {run.info.run_name for run in found}


def test_every_documented_question_has_an_answer_here():
    """None is left untested."""
    assert len(documented()) == len(ANSWERS)


@pytest.mark.parametrize("number", range(len(ANSWERS)))
def test_documented_questions_find_the_right_runs(server, number):
    """Known answers, from a real server."""
    assert ask(server[0], documented()[number]) == ANSWERS[number]


def test_logging_again_changes_nothing_but_a_verdict(server):
    """Same runs, same metrics, same tags; a new verdict is brought up to date without a new run."""
    import mlflow

    def state():
        mlflow.set_tracking_uri(server[0])
        found = mlflow.search_runs(experiment_names=["asked"], output_format="list")
        return {run.info.run_id: (run.data.metrics, run.data.params, run.data.tags) for run in found}

    before = state()
    said = log(server[0], [made(name) for name in RUNS])
    assert all("logged before" in line for line in said)
    assert state() == before
    changed = Run("equal", "equal:1", decided={"verdict": "FAIL"})
    try:
        log(server[0], [changed])
        assert len(state()) == len(before)
        assert ask(server[0], "tags.verdict = 'FAIL'") == {"equal", "poor"}
    finally:
        log(server[0], [made("equal")])


def test_runs_name_their_people_with_the_digest_of_dvc(server):
    """As MLflow datasets."""
    import mlflow

    mlflow.set_tracking_uri(server[0])
    run = mlflow.search_runs(experiment_names=["asked"], filter_string="tags.verdict = 'PASS'", output_format="list")[0]
    used = run.inputs.dataset_inputs[0]
    assert (used.dataset.name, used.dataset.digest) == ("people", "0" * 32 + ".dir")
    assert [tag.value for tag in used.tags] == ["evaluation"]


def test_a_server_that_is_down_is_one_sentence():
    """Not minutes of tries, and no traceback of a library."""
    address = f"http://127.0.0.1:{reserved_port()}"
    with pytest.raises(ToolError, match=f"^MLflow at {address} does not answer: start the server"):
        log(address, [made("equal")])


@pytest.mark.browser
def test_the_search_box_of_the_page_takes_the_string(server, chromium, tmp_path):
    """The page lists the one run that answers the first question, and nothing leaves the machine for it."""
    import mlflow

    address, _ = server
    mlflow.set_tracking_uri(address)
    experiment = mlflow.get_experiment_by_name("asked").experiment_id
    with browser_page(chromium, 1600) as (page, _):
        page.goto(f"{address}/#/experiments/{experiment}/runs", wait_until="domcontentloaded")
        box = page.get_by_placeholder(re.compile("metrics.rmse"))
        box.wait_for(timeout=60_000)
        page.get_by_role("link", name="poor").wait_for(timeout=60_000)
        box.fill(documented()[0])
        box.press("Enter")
        page.get_by_role("link", name="poor").wait_for(state="detached", timeout=60_000)
        page.screenshot(path=str(tmp_path / "runs.png"))
        assert page.get_by_role("link", name="equal", exact=True).count() >= 1
        assert page.get_by_role("link", name="silent").count() == 0
