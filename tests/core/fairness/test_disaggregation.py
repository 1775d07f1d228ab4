"""Group means are fairlearn's; intervals are clustered by image."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame

from hpefair.core.fairness.disaggregation import disaggregate, with_overall
from hpefair.core.fairness.disparity import gaps
from hpefair.core.fairness.groups import groups
from hpefair.core.fairness.intervals import percentile_interval, resample_images, resampled_means


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
    """overall, by_group, difference and ratio mean what they mean in fairlearn."""
    listed = groups(people, ["gender_presentation"])
    counts = resample_images(20, 200, 1)
    table = disaggregate(people, ["ar"], with_overall(listed, 40), counts, 0.95).set_index("group")
    frame = MetricFrame(
        metrics=lambda y, p: float(np.mean(y)),
        y_true=people["ar"],
        y_pred=people["ar"],
        sensitive_features=people["gender_presentation"],
    )
    assert table.loc["all", "value"] == pytest.approx(frame.overall)
    for group, value in frame.by_group.items():
        assert table.loc[group, "value"] == pytest.approx(value)
    gap = gaps(people["ar"].to_numpy(), people["image"].to_numpy(), listed, counts, 0.95, 2).iloc[0]
    assert gap["difference"] == pytest.approx(frame.difference())
    assert gap["ratio"] == pytest.approx(frame.ratio())
    assert np.isnan(table.loc["unknown", "value"])


def test_resampled_means_equal_a_literally_repeated_table(people):
    """Every cell of every resample, against pandas on the repeated rows; groups not drawn are NaN."""
    listed = groups(people, ["gender_presentation"])
    member = np.stack([group.member for group in listed], axis=1)
    counts = resample_images(20, 30, 2)
    draws = resampled_means(people[["ar"]].to_numpy(), member, people["image"].to_numpy(), counts)[:, :, 0]
    for row, count in zip(draws, counts, strict=True):
        repeated = people.loc[np.repeat(people.index, count[people["image"]])]
        means = repeated.groupby("gender_presentation")["ar"].mean()
        np.testing.assert_allclose(row[:2], means.reindex(["feminine", "masculine"]), atol=1e-12)
        assert np.isnan(row[2])


def test_clustered_intervals_cover_where_independent_ones_do_not():
    """People of an image share their luck: resampling images covers, resampling people does not."""
    rng = np.random.default_rng(5)
    clustered = naive = 0
    for trial in range(200):
        values = (rng.normal(0.5, 0.2, 60)[:, None] + rng.normal(0, 0.05, (60, 4))).reshape(-1, 1)
        everyone = np.ones((240, 1), bool)
        for image, n in ((np.repeat(np.arange(60), 4), 60), (np.arange(240), 240)):
            draws = resampled_means(values, everyone, image, resample_images(n, 200, trial))[:, 0, 0]
            low, high = percentile_interval(draws[:, None], 0.95)
            hit = low[0] <= 0.5 <= high[0]
            clustered += hit * (n == 60)
            naive += hit * (n == 240)
    assert clustered / 200 >= 0.9
    assert naive / 200 < 0.8


def test_six_people_with_recall_zero_do_not_prove_zero():
    """An interval of zero width is widened."""
    people = pd.DataFrame({"image": np.arange(6), "ar": np.zeros(6), "contrast": "low"})
    table = disaggregate(people, ["ar"], groups(people, ["contrast"]), resample_images(6, 50, 0), 0.95)
    low = table[table["group"] == "low"].iloc[0]
    assert (low["low"], round(low["high"], 2)) == (0.0, 0.39)
