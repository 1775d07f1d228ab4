"""Uncovered patterns against brute force, and the absent group."""

from itertools import product

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.shares.patterns import patterns
from hpefair.schema import ATTRIBUTES, groups_of

NAMES = ("gender_presentation", "age_band", "contrast")


@st.composite
def people(draw):
    """A few people with three attributes, unknown included."""
    n = draw(st.integers(1, 60))
    return pd.DataFrame(
        {name: draw(st.lists(st.sampled_from(groups_of(name)), min_size=n, max_size=n)) for name in NAMES}
    )


def matches(table, pattern):
    """Rows that lie in a pattern; None leaves an attribute open."""
    inside = np.ones(len(table), bool)
    for name, group in zip(NAMES, pattern, strict=True):
        if group is not None:
            inside &= (table[name] == group).to_numpy()
    return inside


def wider(pattern):
    """All patterns with some attributes of this one left open."""
    return set(product(*[(group, None) for group in pattern])) - {pattern}


@given(people(), st.integers(1, 5))
def test_equals_brute_force(table, minimum):
    """Maximal: uncovered, and nothing wider is."""
    found, coverage = patterns(table, table, np.arange(len(table)), NAMES, minimum)
    every = list(product(*[(*ATTRIBUTES[name], None) for name in NAMES]))
    bare = {p for p in every if matches(table, p).sum() < minimum}
    expected = {p for p in bare if not (wider(p) & bare)}
    texts = {", ".join(f"{n}={g}" for n, g in zip(NAMES, p, strict=True) if g) or "everybody" for p in expected}
    assert set(found.loc[found["maximal"], "pattern"]) == texts
    assert len(found) == len(bare)
    full = [p for p in every if None not in p]
    assert (coverage.cells, coverage.covered) == (len(full), sum(p not in bare for p in full))
    assert coverage.low == coverage.covered <= coverage.high


@given(people(), st.integers(1, 5))
def test_unknown_people_may_be_anybody_but_not_measured_ones(table, minimum):
    """n_high counts who is compatible: unknown age and gender presentation, never unknown contrast."""
    found, _ = patterns(table, table, np.arange(len(table)), NAMES, minimum)
    for row in found.itertuples():
        wanted = dict(part.split("=") for part in row.pattern.split(", ")) if row.level else {}
        may = np.ones(len(table), bool)
        for name, group in wanted.items():
            allowed = [group] if name == "contrast" else [group, "unknown"]
            may &= table[name].isin(allowed).to_numpy()
        assert row.n_high == may.sum()
        assert row.n_low == row.n_distinct == matches(table, [wanted.get(name) for name in NAMES]).sum()


def test_people_count_once_and_doubtful_values_do_not_count_surely():
    """Ten rows of one person are one person; a value in doubt may be true, and may not."""
    table = pd.DataFrame({name: [ATTRIBUTES[name][0]] * 10 for name in NAMES})
    sure = table.assign(age_band="unknown")
    found, coverage = patterns(table, sure, np.zeros(10, int), NAMES, 2)
    assert found.loc[found["pattern"] == "everybody", "n_distinct"].tolist() == [1]
    assert found["maximal"].sum() == 1
    row = patterns(table, sure, np.arange(10), NAMES, 11)[0].set_index("pattern").loc["age_band=child"]
    assert (row["n_distinct"], row["n_low"], row["n_high"]) == (10, 0, 10)
    assert coverage.covered == 0
