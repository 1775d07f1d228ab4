"""Quotas are filled, by the backends that were planned where they can, and nobody forbidden comes in."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.balance.admission import admitted, exposures_of, refusals, review_sample, reviewed


def accepted(rows):
    backend, cell = zip(*rows, strict=True) if rows else ((), ())
    return pd.DataFrame({"backend": backend, "cell": cell, "parent_person": [""] * len(rows)})


cells = st.tuples(st.sampled_from(["render", "recompose"]), st.sampled_from(["low", "high"]))


@given(st.lists(cells, max_size=40), st.dictionaries(cells, st.integers(0, 12), max_size=4))
def test_as_many_as_planned_and_as_there_are(rows, quota):
    """Per cell the quota or everybody; of a backend at least its own quota or everybody it has."""
    table = accepted(rows)
    taken = admitted(table, quota, 3)
    for cell in ("low", "high"):
        wanted = sum(number for (_, name), number in quota.items() if name == cell)
        there = table["cell"] == cell
        assert taken[there].sum() == min(wanted, there.sum())
        for backend in ("render", "recompose"):
            own = there & (table["backend"] == backend)
            assert taken[own].sum() >= min(quota.get((backend, cell), 0), own.sum())


def test_the_first_of_each_backend_are_taken():
    table = accepted([("render", "low")] * 3 + [("recompose", "low")] * 3)
    assert admitted(table, {("render", "low"): 1, ("recompose", "low"): 2}, 3).tolist() == [
        True, False, False, True, True, False,
    ]  # fmt: skip
    assert admitted(table, {("render", "low"): 5}, 3).sum() == 5  # two of the other backend fill in


def test_children_are_spread_over_parents():
    """Everybody's first child before anybody's second, and nobody's third where two are allowed."""
    parents = ["p", "p", "p", "q", "q", "r"]
    table = pd.DataFrame({"backend": "recompose", "cell": "low", "parent_person": parents})
    three = admitted(table, {("recompose", "low"): 3}, 2)
    assert table.loc[three, "parent_person"].tolist() == ["p", "q", "r"]
    assert admitted(table, {("recompose", "low"): 6}, 2).tolist() == [True, True, False, True, True, True]


def test_reasons_to_refuse():
    """Licence, an ancestor or a lender who is gone; capital letters do not matter."""
    table = pd.DataFrame(
        {
            "license": ["free", "free", "Evaluation Only; CC-BY", "free", "free"],
            "parent_person": ["", "p1", "p1", "gone", "p1"],
            "sources": [[], ["i1"], ["i1"], ["i1"], ["i1", "i9"]],
        }
    )
    gone = "made from somebody who is not there any more"
    found = refusals(table, ["evaluation only"], {"p1"}, {"i1"})
    assert found.tolist() == ["", "", "its licence forbids training", gone, gone]


@given(st.lists(st.sampled_from(["accept", "reject", None]), max_size=30), st.integers(1, 40))
def test_only_the_gapless_beginning_of_the_sample_counts(decided, number):
    """Against counting by hand; nobody is in the sample twice, and it does not depend on the order of rows."""
    table = pd.DataFrame({"person_id": [f"g/{k}" for k in range(len(decided))]})
    decision = pd.Series(decided, dtype=object)
    sample = review_sample(table, number)
    assert sorted(sample[sample > 0]) == list(range(1, min(number, len(table)) + 1))
    in_order = [
        decision[sample[sample == place].index[0]] for place in range(1, int(sample.max() if len(table) else 0) + 1)
    ]
    before_gap = []
    for one in in_order:
        if one is None:
            break
        before_gap.append(one)
    assert reviewed(sample, decision) == (len(before_gap), before_gap.count("reject"))
    shuffled = table.sample(frac=1, random_state=0)
    assert review_sample(shuffled, number).sort_index().equals(sample)


def test_nobody_accepted_is_no_fault():
    nobody = accepted([("render", "low")]).iloc[:0].assign(license="", sources=[])
    assert not len(refusals(nobody, ["x"], set(), set()))
    assert not len(admitted(nobody, {("render", "low"): 2}, 3))


def test_exposures_keep_a_cells_total():
    made = pd.DataFrame({"cell": ["a", "a", "b"], "weight": [2.0, 1.0, 0.5]})
    found = exposures_of(made)
    assert found.groupby(made["cell"]).sum().tolist() == [2.0, 1.0]
    assert found[0] == 2 * found[1]
