"""Code: an edit re-runs the stages that execute what was edited, and no other."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from hpefair.data import tables
from hpefair.stages import code
from hpefair.tools.dvc import executed_code, graph
from tests.conftest import dvc, environment, run

pytestmark = pytest.mark.pipeline

NOTHING = set()
TRAINED = {"train@original", "train@balanced", "predict@original", "predict@balanced"}
JUDGED = {"validate@original", "validate@balanced"}
EDITS = [
    ("hpefair/tools/fiftyone/views.py", "", "\nMORE = 1\n", NOTHING),
    ("hpefair/cli/main.py", 'help="MLflow tracking URI."', 'help="The tracking URI of MLflow."', NOTHING),
    ("hpefair/training/engine.py", '"""', '"""More: ', NOTHING),
    ("hpefair/report/report.css", "", "\nbody { margin: 1px }\n", {"report"}),
    ("hpefair/estimators/deeppose.py", "", "\nMORE = 1\n", NOTHING),
    ("hpefair/estimators/heatmap.py", "", "\nMORE = 1\n", TRAINED),
    ("hpefair/stages/split.py", "", "\nMORE = 1\n", {"split"}),
    (
        "hpefair/attributes/sources/zero_shot.py",
        "a hub id needs a revision",
        "a hub id has to have a revision",
        NOTHING,
    ),
    ("hpefair/generation/diffusion/prompts.py", 'painted: str = "person"', 'painted: str = "people"', NOTHING),
    ("hpefair/settings/refusals.py", "missing key", "the key is missing:", NOTHING),
    (
        "hpefair/core/fairness/gates.py",
        "tolerance: float) -> Judged",
        "tolerance: float, _: int = 0) -> Judged",
        JUDGED,
    ),
]


@pytest.fixture(scope="module")
def workspace(made_workspace, tmp_path_factory) -> Path:
    """A copy for all edits of this module, one after the other."""
    import shutil

    root = tmp_path_factory.mktemp("edited") / "w"
    shutil.copytree(made_workspace, root, symlinks=True)
    return root


def changed(root: Path) -> set[str]:
    """Stages that DVC would run again for what they read themselves, once it has looked at the code."""
    dvc(root, "repro", "--quiet", "code")
    return set(json.loads(dvc(root, "status", "--json").stdout))


QUIET = [edit for edit in EDITS if edit[3] == NOTHING]
LOUD = [edit for edit in EDITS if edit[3] != NOTHING]


@pytest.mark.parametrize("edits", [QUIET, LOUD[::2], LOUD[1::2]], ids=["nothing", "some", "others"])
def test_an_edit_reaches_who_executes_it(workspace, edits):
    """Where `before` is empty, text is added at the end. Two at a time, and those that reach nobody all at once."""
    texts = {path: (workspace / path).read_text() for path, *_ in edits}
    for path, before, after, _ in edits:
        assert before in texts[path]
        (workspace / path).write_text(texts[path].replace(before, after, 1) if before else texts[path] + after)
    try:
        assert changed(workspace) == set().union(*(reached for *_, reached in edits))
    finally:
        for path, text in texts.items():
            (workspace / path).write_text(text)


def test_what_no_setting_names_reaches_nobody(workspace):
    """A template of zero_shot where no attribute asks it; where one does, everything that asks."""
    path = workspace / "params.yaml"
    text = path.read_text()
    tree = yaml.safe_load(text)
    tree["attribute"]["zero_shot"]["template"] = "a drawing of {}"
    tree["generate"]["diffusion"]["steps"] = 31
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    dvc(workspace, "repro", "--quiet", "check")
    assert changed(workspace) == NOTHING
    tree["attribute"]["sources"]["build"] = ["labels", "zero_shot"]
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    dvc(workspace, "repro", "--quiet", "check")
    assert {"attribute@s0", "screen"} <= changed(workspace)
    asked = json.loads((workspace / "data/code/attribute.json").read_text())["settings"]
    assert asked.keys() == {"attribute.zero_shot", "attribute.face"}
    path.write_text(text)


def test_optional_settings_may_be_left_out(workspace):
    """DVC stops where a parameter that a stage lists is absent: none that may be absent is listed."""
    path = workspace / "params.yaml"
    text = path.read_text()
    tree = yaml.safe_load(text)
    for key in ("diffusion", "photos"):
        tree["generate"].pop(key)
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    dvc(workspace, "repro", "--quiet", "check")
    assert changed(workspace) <= {"generate@s0"}, "photos was written out, and was empty"
    path.write_text(text)


def test_a_comment_runs_nothing_but_the_digests(workspace):
    """The whole pipeline, asked to run: a second, and no stage."""
    file = workspace / "hpefair/core/pose/similarity.py"
    file.write_text(file.read_text() + "\n# A comment.\n")
    said = dvc(workspace, "repro").stdout
    assert [line for line in said.splitlines() if line.startswith("Running stage")] == ["Running stage 'code':"]


def test_a_rejected_person_reaches_what_contains_them(workspace):
    """The balanced variant and what is counted of it; models that were trained on others are not asked again."""
    person = tables.read(workspace / "data/assemble/provenance.parquet")["person_id"].iloc[0]
    ledger = workspace / "review/decisions.jsonl"
    decision = {"person_id": person, "decision": "reject", "reviewer": "t", "when": "2026-01-01T00:00:00+00:00"}
    ledger.write_text(ledger.read_text() + json.dumps(decision) + "\n")
    dvc(workspace, "repro", "--quiet", "assemble")
    assert person not in set(tables.read(workspace / "data/assemble/balanced/people.parquet")["person_id"])
    assert changed(workspace) == {"audit@balanced", "train@balanced", "report"}


TRACED = [
    ("check", ""), ("split", ""), ("calibrate", ""), ("audit", "original"), ("validate", "balanced"),
    ("gate", "balanced"),
    ("plan", ""), ("assemble", ""), ("predict", "balanced"), ("evaluate", "balanced"), ("compare", ""), ("report", ""),
]  # fmt: skip
# Libraries are loaded once; each stage is traced in a child of its own, where nothing of hpefair was called before.
TRACE = """
import importlib, json, os, sys, tempfile, threading
from pathlib import Path
import numba, pandas, scipy.sparse
root, seen = f"{Path('hpefair').resolve()}/", set()
def profile(frame, event, _):
    code = frame.f_code
    key = code.co_filename[len(root):], code.co_qualname.partition(".")[0]
    if event != "call" or not code.co_filename.startswith(root) or not code.co_filename.endswith(".py") or key in seen:
        return
    if code.co_flags & 1 and not within_settings(frame):  # 1: a function, no class body
        seen.add(key)
def within_settings(frame):  # where all sections are checked, those that a stage does not use as well
    while frame is not None and not frame.f_code.co_filename.startswith(f"{root}settings/"):
        frame = frame.f_back
    return frame is not None
def trace(word, item):
    module = importlib.import_module(f"hpefair.stages.{word}")
    threading.setprofile(profile)
    sys.setprofile(profile)
    module.write(Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp()), item)
    sys.setprofile(None)
    Path(sys.argv[1], f"{word}.json").write_text(json.dumps(sorted(seen)))
for word, item in json.loads(sys.argv[2]):
    assert not [name for name in sys.modules if name.startswith("hpefair")]
    if not os.fork():
        trace(word, item)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def traces(made_workspace, tmp_path_factory) -> Path:
    """A folder with what each stage of `TRACED` called."""
    folder = tmp_path_factory.mktemp("traces")
    command = [sys.executable, "-c", TRACE, str(folder), json.dumps(TRACED)]
    done = subprocess.run(command, cwd=made_workspace, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def package(made_workspace):
    """Every module of the package, read once."""
    return executed_code.load(made_workspace / "hpefair")


@pytest.mark.parametrize(("word", "item"), TRACED, ids=[one[0] for one in TRACED])
def test_no_function_runs_that_does_not_count(made_workspace, traces, package, word, item):
    """Against Python itself: every function of hpefair that a stage calls is among what its digest is of."""
    called = json.loads((traces / f"{word}.json").read_text())
    one = graph.load(made_workspace).stage(f"{word}@{item}" if item else word)
    settings = graph.read_yaml(made_workspace / "params.yaml")
    sections = {executed_code.EVERY} if word == "check" else {key.partition(".")[0] for key in one.params}
    walk = executed_code.Walk(package, frozenset(sections), tuple(code.unasked_code(settings)))
    walk.whole(f"hpefair.stages.{word}")
    for name in [*code._estimators(one, settings), *code.REGISTERED.get(word, ())]:
        walk.target(name)
    missed = []
    for path, name in called:
        module = executed_code._dotted(f"hpefair/{path}")
        known = name in package[module].definitions
        if module not in executed_code.NOT_COUNTED and known and (module, name) not in walk.reached:
            missed.append((module, name))
    assert missed == []
    assert called


def test_predictions_count_the_detector_whose_boxes_they_use():
    """A model of crops, within the boxes that a model of pictures finds."""
    models = {"small": {"estimator": "heatmap"}, "finder": {"estimator": "yolo_pose"}}
    settings = {"train": {"models": models}, "predict": {"models": {
        "small": {"from": "data/train/small", "boxes": "data/train/finder"},
        "brought": {"from": "data/raw/x/results/brought.json", "boxes": "data/ingest"},
    }}}  # fmt: skip
    stage = graph.Stage("predict@small", "", (), (), (), "")
    assert code._estimators(stage, settings) == ["hpefair.estimators.heatmap", "hpefair.estimators.yolo_pose"]
    assert code._estimators(replace(stage, name="predict@brought"), settings) == []


def test_settings_that_are_not_in_order_are_one_line(workspace_copy):
    """Names of models become names of files here, before the check of settings has run."""
    path = workspace_copy / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["train"]["models"]["../../../outside"] = tree["train"]["models"]["original"]
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    assert "error: params.yaml: " in run(workspace_copy, "check", expect=2).stderr
    said = dvc(workspace_copy, "repro", "code", expect=255)
    assert "error: params.yaml: " in said.stderr + said.stdout
    assert "Traceback" not in said.stderr + said.stdout
    assert not list(workspace_copy.parent.rglob("outside*"))
