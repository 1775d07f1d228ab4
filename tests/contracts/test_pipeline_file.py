"""dvc.yaml: one word in six places, dependencies that cover imports, names that cannot collide."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hpefair import artifacts
from hpefair.orchestration.pipeline import task_id
from hpefair.settings import params
from hpefair.stages import code
from hpefair.stages.code import digest_file
from hpefair.tools.dvc import graph as dvc_graph

ROOT = Path(__file__).resolve().parents[2]
GRAPH = dvc_graph.load(ROOT)
WORDS = list(dict.fromkeys(stage.word for stage in GRAPH.stages))
# Stages that have no section of params.yaml of their own: they read several.
WITHOUT_SECTION = {"code", "check"}


@pytest.mark.parametrize("word", WORDS)
def test_one_word_in_six_places(word):
    """Stage, module, section, folder, test, task."""
    assert (ROOT / f"hpefair/stages/{word}.py").exists()
    assert (ROOT / f"tests/stages/test_{word}.py").exists()
    if word not in WITHOUT_SECTION:
        section = "validate_" if word == "validate" else word
        assert section in params.Params.model_fields
        assert word in yaml.safe_load((ROOT / "params.yaml").read_text())
    for stage in (stage for stage in GRAPH.stages if stage.word == word):
        assert stage.outs == (artifacts.out_folder(stage.name).as_posix(),)
        # No value of params.yaml: a shell would read it.
        assert stage.cmd == f"python -m hpefair.stages.{word}"
        assert re.fullmatch(r"[a-z0-9_.]+", task_id(stage.name))
        assert stage.desc


def test_no_stage_module_is_left_over():
    """Every module under stages is a stage."""
    modules = {path.stem for path in (ROOT / "hpefair/stages").glob("*.py")} - {"__init__"}
    assert modules == set(WORDS)


def test_templated_values_cannot_collide():
    """DVC joins values with a hyphen, so a hyphen in one makes two stages one."""
    for stage in GRAPH.stages:
        assert re.fullmatch(r"[a-z0-9_]+(@[a-z0-9_]+)?", stage.name)


@pytest.mark.parametrize("stage", GRAPH.stages, ids=lambda stage: stage.name)
def test_code_is_a_dependency_by_its_digest(stage):
    """Of each stage its own digest, and no folder of code, which would run everything again for a comment."""
    found = [dep for dep in stage.deps if dep.startswith(("hpefair", "data/code"))]
    assert found == (["hpefair"] if stage.word == "code" else [f"data/code/{digest_file(stage.name).as_posix()}"])


def test_modules_that_are_imported_by_name_are_known():
    """What is imported by a name that is made at run time is found in no text: the stage `code` has to know it."""
    found = [path for path in (ROOT / "hpefair").rglob("*.py") if "import_module(" in path.read_text()]
    assert {path.relative_to(ROOT).as_posix() for path in found} == {
        "hpefair/estimators/protocol.py",  # train.models names an estimator
        "hpefair/generation/diffusion/pipelines.py",  # generate.diffusion names a class
    }
    assert not [path for path in (ROOT / "hpefair").rglob("*.py") if re.search(r"import \*$", path.read_text(), re.M)]


def test_no_form_is_used_that_digests_cannot_see():
    """Names that are found by way of a class, a namespace or a docstring."""
    forms = re.compile(r"__subclasses__|__init_subclass__|globals\(\)|getdoc\(|__getattr__|sys\.modules\[.hpefair")
    texts = {path.relative_to(ROOT).as_posix(): path.read_text() for path in (ROOT / "hpefair").rglob("*.py")}
    assert [path for path, text in texts.items() if forms.search(text)] == []
    registry = {path for path, text in texts.items() if "get_expectation_impl" in text}
    assert registry == {"hpefair/tools/gx/checks.py", "hpefair/tools/gx/docs.py"}  # validate: see stages/code.py


def test_no_stage_depends_on_a_setting_that_may_be_left_out():
    """DVC stops where a listed key is absent; an optional part is tracked by the section that holds it."""
    for key in {key for stage in GRAPH.stages for key in stage.params}:
        section, _, rest = key.partition(".")
        field = params.Params.model_fields[f"{section}_" if section == "validate" else section]
        leaf = field.annotation.model_fields[rest.partition(".")[0]] if rest else field
        assert leaf.is_required(), key


def test_every_setting_is_a_dependency():
    """Of some stage, by its leaf or its section; or of `code`, where another setting asks for it."""
    asked = {key for keys in code.READ_BY.values() for key in keys}
    tracked = asked | {key for stage in GRAPH.stages if stage.word != "code" for key in stage.params}
    for section, field in params.Params.model_fields.items():
        name = section.rstrip("_")
        for leaf in field.annotation.model_fields:
            key = f"{name}.{leaf}"
            near = {name, key} & tracked or [one for one in tracked if one.startswith(f"{key}.")]
            assert near, f"{key}: list it under params of the stages that read it, or in stages/code.py"


def test_graph_equals_dvcs_own(made_workspace):
    """Same stages and same edges as `dvc stage list` and `dvc dag`."""
    ours = dvc_graph.load(made_workspace)
    command = [sys.executable, "-m", "dvc"]
    listed = subprocess.run(
        [*command, "stage", "list", "--name-only"], cwd=made_workspace, capture_output=True, text=True
    )
    assert {s.name for s in ours.stages} == set(listed.stdout.split())
    dot = subprocess.run(
        [*command, "dag", "--dot"], cwd=made_workspace, capture_output=True, text=True, check=True
    ).stdout
    edges = set(re.findall(r'"([^"]+)" -> "([^"]+)"', dot))
    assert ("data/raw.dvc", "ingest") in edges
    theirs = {pair for pair in edges if pair[0] != "data/raw.dvc"}
    assert {(up, stage.name) for stage in ours.stages for up in ours.upstream(stage)} == theirs


def test_no_command_holds_a_setting():
    """Commands are given to a shell: what stands in one is written in dvc.yaml, not in params.yaml."""
    declared = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    for word, entry in declared.items():
        assert "$" not in entry.get("do", entry)["cmd"], word


def test_everything_waits_for_the_check_of_settings():
    """Its output is above every other stage but the digests, so none runs with settings that are not in order."""
    above = {stage.name: set(GRAPH.upstream(stage)) for stage in GRAPH.stages}
    for name in above.keys() - {"code"}:
        reached, rest = set(), [name]
        while rest:
            one = rest.pop()
            reached.add(one)
            rest += above[one] - reached
        assert "check" in reached


def test_every_output_is_ignored_by_git():
    """Before it is written, so that DVC adds no .gitignore of its own."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {f"/data/{word}" for word in (*WORDS, "raw")} <= set(ignored)


def test_lists_every_param_it_reads():
    """Each stage depends on its own section, whole or in part."""
    for stage in (stage for stage in GRAPH.stages if stage.word not in WITHOUT_SECTION):
        assert any(key.partition(".")[0] == stage.word for key in stage.params), stage.name


def test_a_plan_loads_neither_compiler_nor_statistics():
    """`plan` runs again and again while thresholds are looked for; numba and scipy.stats would take a second."""
    heavy = ("numba", "scipy.stats", "torch", "matplotlib")
    code = f"import sys, hpefair.stages.plan; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
