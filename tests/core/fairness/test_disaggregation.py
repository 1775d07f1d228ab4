"""Group means are fairlearn's; intervals are clustered."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame

from hpefair.core.fairness.disaggregation import disaggregate, with_overall
from hpefair.core.fairness.disparity import Evidence, gaps, null_means
from hpefair.core.fairness.draws import draw
from hpefair.core.shares.groups import groups
from hpefair.core.uncertainty.intervals import ratio, resample, resampled_sums

CLUSTERS = np.arange(20)


def means_of(*arguments):
    """Means of every resample."""
    return ratio(*resampled_sums(*arguments))


@pytest.fixture
def people():
    """Forty people of two groups in twenty images."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "image": np.repeat(np.arange(20), 2),
            "ar": rng.random(40),
            "gender_presentation": rng.choice(["feminine", "masculine"], 40),
        }
    )


def test_values_gaps_and_ratios_equal_fairlearn(people):
    """overall, by_group, difference and ratio, between groups and to overall, mean what they mean in fairlearn."""
    listed = groups(people, ["gender_presentation"])
    draws = draw(people, ["ar"], with_overall(listed, 40), CLUSTERS, resample(CLUSTERS, 200, 1))
    table = disaggregate(draws, 0.95, ["ar"]).set_index("group")
    frame = MetricFrame(
        metrics=lambda y, p: float(np.mean(y)),
        y_true=people["ar"],
        y_pred=people["ar"],
        sensitive_features=people["gender_presentation"],
    )
    assert table.loc["all", "value"] == pytest.approx(frame.overall)
    for group, value in frame.by_group.items():
        assert table.loc[group, "value"] == pytest.approx(value)
    part, evidence = draws.without_first(), Evidence(0.95, 2, 50, 0)
    gap = gaps(part, null_means(part, ["ar"], evidence), evidence).iloc[0]
    assert gap["difference"] == pytest.approx(frame.difference())
    assert gap["ratio"] == pytest.approx(frame.ratio())
    assert gap["worst_value"] == pytest.approx(frame.group_min())
    # fairlearn takes the largest distance to overall on either side; ours is the worst group's.
    assert gap["difference_to_overall"] == pytest.approx(frame.overall - frame.by_group.min())
    assert gap["ratio_to_overall"] == pytest.approx(frame.by_group.min() / frame.overall)
    assert np.isnan(table.loc["unknown", "value"])


def test_resampled_means_equal_a_literally_repeated_table(people):
    """Every cell of every resample, against pandas on the repeated rows; groups not drawn are NaN."""
    listed = groups(people, ["gender_presentation"])
    member = np.stack([group.member for group in listed], axis=1)
    counts = resample(CLUSTERS, 30, 2)
    draws = means_of(people[["ar"]].to_numpy(), member, people["image"].to_numpy(), counts)[:, :, 0]
    for row, count in zip(draws, counts, strict=True):
        repeated = people.loc[np.repeat(people.index, count[people["image"]])]
        means = repeated.groupby("gender_presentation")["ar"].mean()
        np.testing.assert_allclose(row[:2], means.reindex(["feminine", "masculine"]), atol=1e-12)
        assert np.isnan(row[2])


def test_six_people_with_recall_zero_do_not_prove_zero():
    """An interval of zero width is widened; where nothing bounds the metric it is unknown."""
    people = pd.DataFrame({"image": np.arange(6), "ar": np.zeros(6), "epe_px": np.zeros(6), "contrast": "low"})
    clusters = np.arange(6)
    listed = groups(people, ["contrast"])
    draws = draw(people, ["ar", "epe_px"], listed, clusters, resample(clusters, 50, 0))
    low = disaggregate(draws, 0.95, ["ar"]).set_index(["group", "metric"]).loc["low"]
    assert (low.loc["ar", "low"], round(low.loc["ar", "high"], 2)) == (0.0, 0.39)
    assert np.isnan(low.loc["epe_px", "low"])


def test_people_without_a_normalizer_are_counted_as_missing():
    """Not guessed, not dropped silently."""
    people = pd.DataFrame({"image": np.arange(4), "pdj": [1.0, np.nan, 0.0, np.nan], "contrast": "low"})
    clusters = np.arange(4)
    draws = draw(people, ["pdj"], groups(people, ["contrast"]), clusters, resample(clusters, 20, 0))
    row = disaggregate(draws, 0.95, ["pdj"]).iloc[0]
    assert (row["n_people"], row["n_missing"], row["value"]) == (2, 2, 0.5)
