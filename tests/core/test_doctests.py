"""The examples in core's docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import hpefair.core

MODULES = [found.name for found in pkgutil.walk_packages(hpefair.core.__path__, "hpefair.core.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    """Run as written."""
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_there_are_examples():
    """Otherwise the test above could not fail."""
    assert sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES) >= 8
