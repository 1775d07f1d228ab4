"""What a stage executes, on packages of a few lines and on hpefair itself."""

import subprocess
import sys

import pytest

from hpefair.errors import InputError
from hpefair.tools.dvc import executed_code
from hpefair.tools.dvc.executed_code import Package, digests

STAGE = "hpefair/stages/make.py"
FILES = {
    "hpefair/__init__.py": "",
    "hpefair/stages/__init__.py": "",
    STAGE: "from hpefair import tool\nfrom hpefair.settings.params import load\n"
    "def build():\n    return tool.used(load)\n",
    "hpefair/tool.py": "from hpefair import deep\nTABLE = 'names.yaml'\ndef used(x):\n    return deep.one() + x\n"
    "def unused():\n    return deep.two(TABLE)\n",
    "hpefair/deep.py": "def one():\n    return 1\ndef two(x):\n    return x\n",
    "hpefair/names.yaml": "a: 1\n",
    "hpefair/page.html": "{% include 'page.css' %}",
    "hpefair/page.css": "a {}",
    "hpefair/named.py": "class N:\n    size = 1\n",
    "hpefair/settings/__init__.py": "",
    "hpefair/settings/params.py": "from hpefair.settings.pipeline import Params\ndef load():\n    return Params()\n",
    "hpefair/settings/pipeline.py": "class Section: ...\nclass Make(Section):\n    n = 1\n"
    "class Other(Section):\n    n = 1\n"
    "class Params(Section):\n    make: Make\n    other: Other\n",
}


def change(path: str, before: str, after: str) -> dict[str, str]:
    """Files with one text replaced."""
    assert before in FILES[path]
    return FILES | {path: FILES[path].replace(before, after)}


def found(files: dict[str, str], **how) -> dict[str, str]:
    """Digests of the stage `make`."""
    package = Package({path: text.encode() for path, text in files.items()})
    return digests(package, "hpefair.stages.make", **{"sections": ["make"], **how})


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("hpefair/tool.py", "TABLE)", "TABLE + '')"),
        ("hpefair/deep.py", "return x", "return x + 1"),
        ("hpefair/names.yaml", "1", "2"),
        ("hpefair/named.py", "1", "2"),
        ("hpefair/page.css", "a", "b"),
        ("hpefair/settings/pipeline.py", "class Other(Section):\n    n = 1", "class Other(Section):\n    n = 2"),
        ("hpefair/settings/pipeline.py", "    other: Other", "    other: Other\n    more: Other"),
    ],
)
def test_what_a_stage_does_not_reach_is_nothing_to_it(path, before, after):
    assert found(change(path, before, after)) == found(FILES)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (STAGE, "tool.used(load)", "tool.used(1)"),
        ("hpefair/tool.py", "+ x", "- x"),
        ("hpefair/deep.py", "return 1", "return 2"),
        ("hpefair/settings/pipeline.py", "class Make(Section):\n    n = 1", "class Make(Section):\n    n = 2"),
        (STAGE, "tool.used(load)", "tool.unused()"),
        (STAGE, "tool.used(load)", "getattr(tool, 'unused')"),
        (STAGE, "tool.used(load)", "'hpefair.named'"),
        (STAGE, "tool.used(load)", "'hpefair.named.N'"),
        (STAGE, "tool.used(load)", "'page.html'"),
        ("hpefair/deep.py", "def one", "print()\ndef one"),
        ("hpefair/stages/__init__.py", "", "print()"),
        ("hpefair/deep.py", "def one():\n    return 1", "try:\n    from hpefair.named import N\nfinally:\n    one = N"),
        (STAGE, "from hpefair import tool\n", "import hpefair.named\nfrom hpefair import tool\n"),
        (STAGE, "tool.used(load)", "tool.conjured"),
    ],
)
def test_what_a_stage_reaches_counts(path, before, after):
    assert found(change(path, before, after)) != found(FILES)


NESTED = {
    "hpefair/deep.py": "try:\n    from hpefair import named\nexcept ImportError:\n    named = None\n"
    "def one():\n    return named.N\n"
}
DOTTED = {STAGE: "import hpefair.named\ndef build():\n    return hpefair.named.N\n"}
EFFECT = {
    STAGE: "def build():\n    import hpefair.named as _\n",
    "hpefair/named.py": "class N:\n    size = 1\nprint()\n",
}
TWO = {
    STAGE: "class A:\n    def f(self):\n        from hpefair.tool import N\n        return N\n"
    "    def g(self):\n        from hpefair.named import N\n        return N\n"
}
TEXT = {STAGE: "def build():\n    return 'hpefair.named:N'\n"}
CONJURED = {STAGE: "from hpefair.named import Z\ndef build():\n    return Z\n"}


@pytest.mark.parametrize(
    "how",
    [NESTED, DOTTED, TWO, TEXT, CONJURED],
    ids=["below try", "by the whole name", "one name, two modules", "by text", "out of nothing"],
)
def test_every_way_to_import_is_followed(how):
    """An edit of what is used behind it is seen."""
    after = {"hpefair/named.py": "class N:\n    size = 2\n"}
    assert found(FILES | how) != found(FILES | how | after)


def test_an_import_for_its_effect_is_followed():
    """What runs on import counts, whoever uses the name."""
    after = {"hpefair/named.py": EFFECT["hpefair/named.py"].replace("print()", "print(1)")}
    assert found(FILES | EFFECT) != found(FILES | EFFECT | after)


def test_rules_of_all_settings_count_and_their_fields_do_not():
    """A rule may change a value; a field of another section is nothing to a stage."""
    path = "hpefair/settings/pipeline.py"
    ruled = FILES | {path: FILES[path] + "    def rule(self):\n        return 1\n"}
    assert found(ruled) != found(ruled | {path: ruled[path].replace("return 1", "return 2")})
    other = change(path, "class Other(Section):\n    n = 1", "class Other(Section):\n    n = 2")
    assert found(other, sections=[executed_code.EVERY]) != found(FILES, sections=[executed_code.EVERY])


def test_files_are_followed_from_string_to_template_to_style():
    files = FILES | {STAGE: FILES[STAGE].replace("tool.used(load)", "'page.html'")}
    assert {"hpefair/page.html", "hpefair/page.css"} <= found(files).keys()
    assert found(files) != found(files | {"hpefair/page.css": "b {}"})


def test_what_settings_name_counts():
    assert found(FILES, named=["hpefair.named.N"])["hpefair.named"]
    assert found(FILES, named=["somebody.elses"]) == found(FILES)


def test_nothing_that_a_stage_imports_is_missed():
    """Against Python itself: every module of hpefair that is loaded by importing a stage has been read."""
    package = executed_code.load()
    for stage in ("ingest", "evaluate", "train"):
        code = f"import sys, hpefair.stages.{stage}; print(*[m for m in sys.modules if m.startswith('hpefair')])"
        loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        walk = executed_code.Walk(package, frozenset())
        walk.whole(f"hpefair.stages.{stage}")
        runner = {
            "hpefair.tools",
            "hpefair.machine",
            *(name for name in loaded if name.startswith("hpefair.tools.dvc")),
        }
        runner |= {name for name in loaded if name.startswith("hpefair.machine")}  # which the runner imports
        assert set(loaded) - runner - {"hpefair", *executed_code.NOT_COUNTED} <= walk.imported


def test_code_that_is_not_python_is_named():
    """With its line, as somebody who edits it needs it."""
    with pytest.raises(InputError, match=r"^hpefair/deep.py, line 1: .*; mend the code$"):
        found(FILES | {"hpefair/deep.py": "def one(:\n"})


def test_every_file_of_the_package_is_somebodys():
    """A template that no stage and no command names is dead, or is opened by a name that nobody can see."""
    package = executed_code.load()
    walk = executed_code.Walk(package, frozenset())
    for name in package._texts:
        walk.whole(name)
    assert set(package.files) - walk.files == {"hpefair/tools/fiftyone/plugins/review/fiftyone.yml"}
