"""Assignments never move."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.splits import assign, deal

FRACTIONS = {"train": 0.5, "val": 0.1, "test": 0.3, "sealed": 0.1}


@given(st.lists(st.text(min_size=1), unique=True, min_size=1), st.text(min_size=1))
def test_new_data_moves_nobody(keys, newcomer):
    """An image's split depends on its own name alone."""
    before = dict(zip(keys, assign(keys, "salt", FRACTIONS), strict=True))
    after = dict(zip([newcomer, *keys], assign([newcomer, *keys], "salt", FRACTIONS), strict=True))
    assert all(after[key] == split for key, split in before.items())


def test_fractions_are_met_and_the_salt_matters():
    """Within sampling error; another salt is another split."""
    keys = [f"image {n}" for n in range(20_000)]
    found = Counter(assign(keys, "salt", FRACTIONS))
    assert all(abs(found[name] / 20_000 - share) < 0.015 for name, share in FRACTIONS.items())
    assert assign(keys, "salt", FRACTIONS) != assign(keys, "pepper", FRACTIONS)


def test_shards_are_even():
    """Every shard gets its part."""
    found = Counter(deal([str(n) for n in range(3000)], ["a", "b", "c"]))
    assert min(found.values()) > 900
