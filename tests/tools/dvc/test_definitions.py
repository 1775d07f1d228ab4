"""What a module defines and uses, read from its text."""

import pytest

from hpefair.tools.dvc.definitions import ALWAYS, read

PLAIN = """
'''About.'''
import os
from a.b import c as d

LIMIT = 3  # people


def f(x):
    '''Say.'''
    return d.value + LIMIT + x


class K:
    '''Kind.'''

    word = "data.yaml"

    def g(self):
        from a import late
        return late.h(os)
"""


def digests(source: str) -> dict[str, str]:
    """Name to digest."""
    return {name: one.digest for name, one in read(source, "m").definitions.items()}


def test_uses_words_and_imports():
    module = read(PLAIN, "m")
    assert set(module.definitions) == {"LIMIT", "f", "K"}
    assert module.imports == {"import os": "os", "d": "a.b.c"}
    assert {("d", "value"), ("LIMIT", ""), ("x", "")} <= module.definitions["f"].uses
    assert module.definitions["K"].imports == {"late": {"a.late"}}
    assert ("late", "h") in module.definitions["K"].uses
    assert module.definitions["K"].words == {"data.yaml"}


@pytest.mark.parametrize(
    ("before", "after"),
    [("'''Say.'''", "'''Say it.'''"), ("  # people", ""), ("'''Kind.'''\n", "'''Kind.'''\n\n"), ("'''About.'''", "")],
)
def test_what_is_not_executed_changes_no_digest(before, after):
    assert before in PLAIN
    assert digests(PLAIN) == digests(PLAIN.replace(before, after, 1))


@pytest.mark.parametrize(
    ("before", "after", "changed"), [("= 3", "= 4", "LIMIT"), ("+ x", "- x", "f"), ("h(os)", "h(1)", "K")]
)
def test_what_is_executed_changes_its_own_digest_only(before, after, changed):
    one, other = digests(PLAIN), digests(PLAIN.replace(before, after, 1))
    assert {name for name in one if one[name] != other[name]} == {changed}


def test_docstrings_count_where_they_are_read():
    """As by a command line that prints them."""
    shown = PLAIN + "\nHELP = f.__doc__\n"
    assert digests(shown)["f"] != digests(shown.replace("Say.", "Say it."))["f"]


@pytest.mark.parametrize(
    "statement", ["print(1)", "os.environ['A'] = 'b'", "import numba\nnumba.config.A = 1", "if x:\n    y = 1"]
)
def test_what_runs_on_import_is_kept_apart(statement):
    assert ALWAYS in read(statement, "m").definitions


def test_imports_for_type_checkers_are_not_executed():
    module = read("if TYPE_CHECKING:\n    from a import b\n", "m")
    assert module.definitions == {}
    assert module.imports == {}


def test_relative_imports_start_from_the_package():
    assert read("from . import x\nfrom ..y import z", "p.q.m").imports == {"x": "p.q.x", "z": "p.y.z"}
    assert read("from . import x", "p.q", package=True).imports == {"x": "p.q.x"}
