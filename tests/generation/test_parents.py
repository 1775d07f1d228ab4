"""Who may be altered, what may lend a scene, and which licences mix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpefair.generation.parents import capacity, donors, eligible, fit_for_company
from hpefair.generation.protocol import Item, Made
from hpefair.generation.recompose.recompose import Recompose
from hpefair.generation.recompose.rights import derived_from, may_mix
from hpefair.generation.recompose.spread import turn
from hpefair.generation.recompose.stretches import Donor, empty_place
from hpefair.generation.shots import read_shot
from hpefair.settings.params import ContrastBins, Generate

BINS = ContrastBins(low_below=10, high_from=25)
FORBIDDEN = ("NoDerivs",)
SETTINGS = Generate(shards=("s0",), seed=1, context=0.1, max_tries=6, size=256, forbid_licenses=FORBIDDEN)


def test_no_forbidden_licence_and_no_minor(training):
    """Neither as parents nor as lenders of a scene, in any picture that is made."""
    people, images = (table.copy() for table in training)
    locked = set(images["image_id"].iloc[::3])
    for table in (people, images):
        table.loc[table["image_id"].isin(locked), "license"] = "Attribution-NoDerivs License"
    young = set(people["person_id"].iloc[1::4])
    people.loc[people["person_id"].isin(young), "age_band"] = "child"
    with_young = set(people.loc[people["person_id"].isin(young), "image_id"])
    backend = Recompose(people, images, BINS, SETTINGS)
    items = [Item(f"a{n}", {"contrast": "mid"}, n, n) for n in range(16)]
    made = [one for one in backend.make(items) if isinstance(one, Made)]
    assert len(made) >= 5
    for one in made:
        assert not set(one.sources) & locked
        assert not set(one.sources[1:]) & with_young
        assert not {person.parent_person for person in (one.person, *one.others)} & young
        assert "NoDerivs" not in one.license


def test_eligible_people(training):
    """Known minors, forbidden licences, crowds, and whoever stands alongside one of them are left out."""
    people, images = training
    everybody = eligible(people, 0.1, FORBIDDEN)
    assert len(everybody) > 20
    assert eligible(people.assign(age_band="teen"), 0.1, FORBIDDEN).empty
    assert eligible(people.assign(license="Attribution-NoDerivs License"), 0.1, FORBIDDEN).empty
    pairs = people["image_id"].duplicated(keep="first")
    beside = people.assign(iscrowd=pairs)
    left = eligible(beside, 2.0, FORBIDDEN)
    assert not set(left["image_id"]) & set(people.loc[pairs, "image_id"])
    lenders = donors(people.assign(age_band=np.where(pairs, "child", "adult")), images, FORBIDDEN)
    assert not set(lenders["image_id"]) & set(people.loc[pairs, "image_id"])


def test_neighbours_in_the_window_are_read(training):
    """Two people close together: the second is annotated in the window of the first."""
    people, _ = training
    rows = people[people["image_id"] == people.loc[people["image_id"].duplicated(), "image_id"].iloc[0]]
    shot = read_shot(rows.iloc[0], rows, 2.0)
    assert [other.parent_person for other in shot.others] == [rows["person_id"].iloc[1]]
    assert shot.taken.sum() == shot.others[0].mask.sum() > 0


def test_scenes_need_feet_and_outlines(training):
    """Nobody is pasted where nobody's size can be told, or somebody could not be annotated."""
    rows = training[0].iloc[:1]
    assert fit_for_company(rows)
    assert not fit_for_company(rows.assign(segmentation=""))
    assert not fit_for_company(rows.assign(iscrowd=True))
    joints = [[*rows["keypoints"].iloc[0][:45], 0, 0, 0, 0, 0, 0]]
    assert not fit_for_company(rows.assign(keypoints=joints))


def test_capacity_counts_distinct_parents(training):
    """Every contrast can be reached from every parent; the other groups must be there."""
    people = training[0].copy()
    people["age_band"] = np.where(np.arange(len(people)) % 3 == 0, "older", "child")
    found = capacity(people, ["age_band", "contrast"], 0.1, FORBIDDEN)
    assert len(found) == 5 * 3
    able = {name: parents for name, (parents, _) in found.items()}
    assert able["older.low"] == able["older.mid"] == able["older.high"] > 0
    assert found["child.low"] == found["adult.high"] == (0, 0)
    strangers = [found[f"older.{group}"][1] for group in ("low", "mid", "high")]
    assert sum(strangers) == 2 * able["older.low"]  # each is a stranger to the two contrasts that are not their own


@given(st.integers(1, 40), st.integers(0, 5), st.integers(0, 2**32), st.text(max_size=5))
def test_each_round_names_each_parent_once(parents, round_number, seed, cell):
    """A permutation per round, the same whenever it is asked for."""
    numbers = range(round_number * parents, (round_number + 1) * parents)
    order = [turn(number, parents, seed, cell) for number in numbers]
    assert sorted(order) == list(range(parents))
    assert order == [turn(number, parents, seed, cell) for number in numbers]


def test_no_turn_without_parents():
    """Nobody's turn."""
    with pytest.raises(ValueError, match="at least one parent"):
        turn(0, 0, 1, "low")


def test_licences_are_named_strictest_first_and_mixed_only_where_both_can_be_kept():
    """ShareAlike without NonCommercial permits what NonCommercial forbids."""
    by, sa = "Attribution License", "Attribution-ShareAlike License"
    nc, nc_sa = "Attribution-NonCommercial License", "Attribution-NonCommercial-ShareAlike License"
    assert derived_from([by, sa, by]) == f"derived from: {sa}, {by}"
    assert derived_from([nc, nc_sa]) == f"derived from: {nc_sa}, {nc}"
    assert may_mix([by, sa])
    assert may_mix([by, nc, nc_sa])
    assert not may_mix([sa, nc])
    assert not may_mix([sa, nc_sa])
    assert not may_mix(["CC BY-SA 4.0", "CC BY-NC 4.0"])  # the short names
    assert may_mix(["CC BY-NC-SA 4.0", "CC BY-NC 4.0", "CC BY 4.0"])
    assert derived_from(["CC BY 4.0", "CC BY-NC-SA 2.0"]) == "derived from: CC BY-NC-SA 2.0, CC BY 4.0"


@given(st.integers(0, 1000), st.integers(20, 60), st.integers(20, 60))
def test_stretches_hold_nobody(seed, height, width):
    """A stretch lies inside the image and touches no box, or there is none."""
    boxes = np.array([[60.0, 40.0, 50.0, 90.0]])
    donor = Donor("a/1", "", "free", (160, 200), boxes, None)
    found = empty_place(donor, (height, width), None, np.random.default_rng(seed))
    if found is None:
        return
    rows, columns = found
    assert 0 <= rows.start < rows.stop <= 160
    assert 0 <= columns.start < columns.stop <= 200
    shown = np.zeros((160, 200), bool)
    shown[found] = True
    assert not shown[40:130, 60:110].any()


def test_a_covered_image_has_no_stretch():
    """Nothing is empty where somebody is everywhere."""
    donor = Donor("a/1", "", "free", (160, 200), np.array([[0.0, 0.0, 200.0, 160.0]]), None)
    assert empty_place(donor, (30, 30), None, np.random.default_rng(0)) is None
