"""Quotas are filled, by the backends that were planned where they can, and nobody forbidden comes in."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hpefair.core.balance.admission import admitted, exposures_of, refusals


def accepted(rows):
    backend, cell = zip(*rows, strict=True) if rows else ((), ())
    return pd.DataFrame({"item_id": [f"i{k}" for k in range(len(rows))], "backend": backend, "cell": cell})


cells = st.tuples(st.sampled_from(["render", "recompose"]), st.sampled_from(["low", "high"]))


@given(st.lists(cells, max_size=40), st.dictionaries(cells, st.integers(0, 12), max_size=4))
def test_as_many_as_planned_and_as_there_are(rows, quota):
    """Per cell the quota or everybody; of a backend at least its own quota or everybody it has."""
    table = accepted(rows)
    taken = admitted(table, quota)
    for cell in ("low", "high"):
        wanted = sum(number for (_, name), number in quota.items() if name == cell)
        there = table["cell"] == cell
        assert taken[there].sum() == min(wanted, there.sum())
        for backend in ("render", "recompose"):
            own = there & (table["backend"] == backend)
            assert taken[own].sum() >= min(quota.get((backend, cell), 0), own.sum())


def test_the_first_of_each_backend_are_taken():
    table = accepted([("render", "low")] * 3 + [("recompose", "low")] * 3)
    assert admitted(table, {("render", "low"): 1, ("recompose", "low"): 2}).tolist() == [
        True, False, False, True, True, False,
    ]  # fmt: skip
    assert admitted(table, {("render", "low"): 5}).sum() == 5  # two of the other backend fill in


def test_reasons_to_refuse():
    """Review, licence, an ancestor or a lender who is gone; capital letters do not matter."""
    table = pd.DataFrame(
        {
            "person_id": list("abcdef"),
            "license": ["free", "free", "Evaluation Only; CC-BY", "free", "free", "free"],
            "parent_person": ["", "p1", "p1", "gone", "p1", ""],
            "sources": [[], ["i1"], ["i1"], ["i1"], ["i1", "i9"], []],
        }
    )
    found = refusals(table, {"f"}, ["evaluation only"], {"p1"}, {"i1"})
    assert found.tolist() == [
        "",
        "",
        "its licence forbids training",
        "made from somebody who is not there any more",
        "made from somebody who is not there any more",
        "turned down in review",
    ]


def test_exposures_keep_a_cells_total():
    made = pd.DataFrame({"cell": ["a", "a", "b"], "weight": [2.0, 1.0, 0.5]})
    found = exposures_of(made)
    assert found.groupby(made["cell"]).sum().tolist() == [2.0, 1.0]
    assert found[0] == 2 * found[1]
