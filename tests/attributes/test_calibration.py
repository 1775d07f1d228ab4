"""Sources' words become groups: scaled, thresholded, in order of trust, and never silently."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpefair.attributes.calibration import calibrate
from hpefair.attributes.doubt import corrected_means, counted, seen_codes, surely_known
from hpefair.attributes.label_reviews import audit_table, confusion_counts, errors_by_stratum, progress
from hpefair.attributes.resolution import resolve
from hpefair.core.labels.reviewed_sample import audit_order
from hpefair.schema import ATTRIBUTES, MEASURED, PERCEIVED, groups_of
from hpefair.settings import params

SETTINGS = params.load(Path(__file__).parents[2] / "params.yaml").calibrate
GROUPS = ATTRIBUTES["gender_presentation"]


def said(n=400, seed=0, exaggerate=3.0):
    """A source that exaggerates, about people two to an image; every tenth it cannot tell."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 1.5, n)
    true = rng.random(n) < 1 / (1 + np.exp(-logit))
    chance = 1 / (1 + np.exp(-exaggerate * logit))
    table = pd.DataFrame(
        {
            "person_id": [f"d/{k}" for k in range(n)],
            "image_id": [f"i/{k // 2}" for k in range(n)],
            "attribute": "gender_presentation",
            "source": "face",
            "model_id": "net 1",
            "probabilities": [[p, 1 - p] if k % 10 else [] for k, p in enumerate(chance)],
            "reason": ["" if k % 10 else "no face" for k in range(n)],
        }
    )
    truth = pd.DataFrame(
        {
            "person_id": table["person_id"],
            "attribute": "gender_presentation",
            "group": np.where(true, *GROUPS),
            "by": "review",
        }
    )
    return table, truth


def test_labels_calibrate_a_source():
    """Slope near a third, an honest error, and those who are named are right as often as wanted."""
    table, truth = said(3000)
    told, quality = calibrate(table, truth, SETTINGS)
    row = quality.iloc[0]
    assert row["slope"] == pytest.approx(1 / 3, rel=0.15)
    assert (row["labelled_by"], row["n_labelled"]) == ("review", 2700)
    assert row["error"] < 0.03 < row["error_before"]
    named = told[told["group"] != "unknown"].merge(truth, on="person_id", suffixes=("", "_true"))
    assert (named["group"] == named["group_true"]).mean() > SETTINGS.accuracy - 0.01
    assert row["named"] > 0.4
    assert (told.loc[told["reason"] != "", "group"] == "unknown").all()
    assert told["calibration_id"].nunique() == 1


def test_without_labels_the_default_threshold_counts():
    """And the calibration id says that there was none."""
    table, truth = said(100)
    told, quality = calibrate(table, truth[:0], SETTINGS)
    assert quality.iloc[0]["n_labelled"] == 0
    assert set(told["calibration_id"]) == {"none"}
    sure = np.array([max(p, default=0) for p in table["probabilities"]]) >= SETTINGS.default_thresholds["face"]
    assert ((told["group"] != "unknown").to_numpy() == sure).all()


def test_few_labels_of_an_auditor_give_way_to_given_ones():
    """Too few reviewed people calibrate nothing; given labels do."""
    table, truth = said(600)
    few = truth[:20]
    _, quality = calibrate(table, pd.concat([few, truth.assign(by="labels")]), SETTINGS)
    assert quality.iloc[0]["labelled_by"] == "labels"


def test_the_first_source_that_can_tell_counts():
    """Labels, then the model; the record says who."""
    people = pd.DataFrame({"person_id": ["a", "b", "c"]})
    for name in PERCEIVED:
        people[name], people[f"{name}_source"] = "unknown", ""
    people.loc[0, ["gender_presentation", "gender_presentation_source"]] = ["feminine", "labels:x.csv"]
    inferred = pd.DataFrame(
        {
            "person_id": ["a", "b", "c"],
            "attribute": "gender_presentation",
            "source": "face",
            "model_id": "net 1",
            "group": ["masculine", "masculine", "unknown"],
        }
    )
    found = resolve(people, inferred, {"gender_presentation": ["labels", "face"]})
    assert found["gender_presentation"].tolist() == ["feminine", "masculine", "unknown"]
    assert found["gender_presentation_source"].tolist() == ["labels:x.csv", "face:net 1", ""]
    assert (
        resolve(people, inferred, {"gender_presentation": ["face"]})["gender_presentation"].tolist()[0] == "masculine"
    )
    assert resolve(people, inferred, {"gender_presentation": []})["gender_presentation"].eq("unknown").all()


def audited_people(n=40):
    """People whose gender presentation a model told, half of them, and an auditor's labels for the first thirty."""
    people = pd.DataFrame({"person_id": [f"d/{k}" for k in range(n)], "image_id": [f"i/{k}" for k in range(n)]})
    for name in PERCEIVED:
        people[name], people[f"{name}_source"] = "unknown", ""
    people["gender_presentation"] = [GROUPS[k % 2] for k in range(n)]
    people["gender_presentation_source"] = ["face:net 1" if k % 2 else "labels:x.csv" for k in range(n)]
    for name in MEASURED:
        people[name] = groups_of(name)[0]
    people = people.assign(
        root_person=people["person_id"], root_image=people["image_id"], exposure=1.0, synthetic=False
    )
    order = audit_order(list(people["person_id"]))
    labels = people.iloc[order[:30]][["person_id"]].assign(attribute="gender_presentation", group="feminine")
    return people, labels, order


def test_an_audit_ends_at_the_first_person_nobody_looked_at():
    """People looked at beyond the gap were not drawn at random."""
    people, labels, order = audited_people()
    assert len(audit_table(people, labels)) == 30
    missing = people.iloc[order[12]]["person_id"]
    assert len(audit_table(people, labels[labels["person_id"] != missing])) == 12


def test_codes_of_an_attribute_and_of_a_cell():
    """Places in the order of the groups; people who were made so need no audit; what is measured is not in doubt."""
    people, labels, order = audited_people()
    audit = audit_table(people, labels)
    people.loc[order[0], "gender_presentation_source"] = "generated"
    codes = seen_codes(people, audit, ["gender_presentation", "scale", "gender_presentation.scale"])
    assert set(codes) == {"gender_presentation", "gender_presentation.scale"}
    assert (codes["gender_presentation"] >= 0).sum() == 29
    assert set(codes["gender_presentation"]) == {-1, 0}
    cell = groups_of("gender_presentation").index("feminine") * len(groups_of("scale"))
    assert set(codes["gender_presentation.scale"]) == {-1, cell}


def test_who_was_made_from_an_audited_person_is_what_was_seen_of_the_parent():
    """Otherwise the audit would be no random part of the people."""
    people, labels, order = audited_people()
    child = people.iloc[[order[0]]].assign(person_id="generated/x", synthetic=True)
    codes = seen_codes(
        pd.concat([people, child], ignore_index=True), audit_table(people, labels), ["gender_presentation"]
    )
    assert codes["gender_presentation"][-1] == 0
    assert (codes["gender_presentation"] >= 0).sum() == 31


def test_a_pair_needs_an_audit_of_both_guesses():
    """With one part audited and the other a model's word there is no audit of the pair."""
    people, labels, _ = audited_people()
    audit = audit_table(people, labels)
    people["age_band"] = "adult"
    given = seen_codes(people.assign(age_band_source="labels:x.csv"), audit, ["gender_presentation.age_band"])
    guessed = seen_codes(people.assign(age_band_source="face:net 1"), audit, ["gender_presentation.age_band"])
    assert (given["gender_presentation.age_band"] >= 0).sum() == 30
    assert guessed == {}


def test_a_gap_in_the_audit_is_counted():
    """Thirty looked at, twelve count, one more look closes the gap."""
    people, labels, order = audited_people()
    missing = people.iloc[order[12]]["person_id"]
    row = progress(people["person_id"], labels[labels["person_id"] != missing]).iloc[0]
    assert (row["looked_at"], row["counted"], row["missing"]) == (29, 12, 1)


def test_what_a_model_says_is_not_surely_known():
    """Nor does it count as exact."""
    people, _, _ = audited_people()
    known = surely_known(people, ["gender_presentation", "scale"])
    assert (known["gender_presentation"] == "unknown").sum() == 20
    assert known["scale"].equals(people["scale"])
    table = counted(people.assign(build_source="generated"))
    assert table.doubtful("gender_presentation.scale").sum() == 20
    assert table.beyond_doubt("build").all()
    assert table.beyond_doubt("build.contrast").all()
    assert not table.beyond_doubt("build.gender_presentation").any()
    assert not table.beyond_doubt("contrast").any()


def test_errors_are_listed_by_stratum():
    """Half of the values are wrong, in every stratum."""
    people, labels, _ = audited_people()
    found = errors_by_stratum(people, audit_table(people, labels), 0.95)
    assert set(found["by"]) == {"scale", "visibility", "brightness", "crowding", "group seen"}
    assert found["error"].between(0.2, 0.8).all()
    assert errors_by_stratum(people, audit_table(people, labels[:0]), 0.95).empty


def test_confusion_counts_what_was_said_and_seen():
    """Half of the thirty were called masculine; all were seen as feminine."""
    people, labels, _ = audited_people()
    found = confusion_counts(audit_table(people, labels)).set_index(["value", "seen"])["people"]
    assert found.sum() == 30
    assert found[("feminine", "feminine")] + found[("masculine", "feminine")] == 30
    assert found[("masculine", "masculine")] == 0


def test_means_of_groups_are_corrected_where_enough_were_audited():
    """A model calls the worst served of a group by another name; the corrected mean holds the truth."""
    rng = np.random.default_rng(0)
    n = 2000
    feminine = rng.random(n) < 0.5
    score = np.clip(rng.normal(0.7 - 0.2 * feminine, 0.1), 0, 1)
    said = np.where(feminine & (score < 0.45), "masculine", np.where(feminine, *GROUPS))
    scored = pd.DataFrame(
        {"person_id": [f"d/{k}" for k in range(n)], "image_id": range(n), "gender_presentation": said, "oks": score}
    )
    audit = pd.DataFrame(
        {
            "person_id": scored["person_id"][:300],
            "attribute": "gender_presentation",
            "value": said[:300],
            "seen": np.where(feminine, *GROUPS)[:300],
        }
    )
    found = corrected_means(scored, audit, ["gender_presentation", "build"], ["oks"], 0.95)
    rows = found[found["group"] == "feminine"].set_index("method")
    truth = score[feminine].mean()
    assert rows.loc["naive", "low"] > truth
    assert rows.loc["prediction_powered", "low"] <= truth <= rows.loc["prediction_powered", "high"]
    assert corrected_means(scored, audit[:10], ["gender_presentation"], ["oks"], 0.95).empty


def test_nobody_at_all_is_no_error():
    """A scope may be empty, as training people are where their licence forbids it."""
    people, _, _ = audited_people()
    empty = counted(people[:0])
    assert not empty.doubtful("gender_presentation").any()
    assert seen_codes(people[:0], audit_table(people[:0], people[:0].assign(attribute="", group="")), ["build"]) == {}
