"""References that can be used, and clear words about those that cannot."""

import pandas as pd
import pytest

from hpefair.ledgers import deletions, release_history, review_labels
from hpefair.data.reference_shares import read, reference_shares
from hpefair.errors import InputError, SettingsError
from hpefair.settings.params import load

GOOD = "attribute,group,share\nbuild,slim,0.2\nbuild,average,0.5\nbuild,large,0.3\n"


def settings(project, **reference):
    """The audit section with another reference."""
    audit = load(project / "params.yaml").audit
    return type(audit).model_validate({**audit.model_dump(), "reference": reference})


def test_every_kind_of_reference(project, tmp_path, monkeypatch):
    """Uniform, given, from a file, from a dataset, none."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "expectations/references"
    folder.mkdir(parents=True)
    (folder / "x.csv").write_text(GOOD)
    people = pd.DataFrame({"dataset": ["a", "a", "a", "b"], "contrast": ["low", "low", "high", "mid"]})
    asked = settings(
        project,
        build={"file": "expectations/references/x.csv"},
        contrast={"dataset": "a"},
        age_band="uniform",
        gender_presentation={"feminine": 0.6, "masculine": 0.4},
    )
    assert reference_shares(asked, "build", people) == {"slim": 0.2, "average": 0.5, "large": 0.3}
    assert reference_shares(asked, "contrast", people) == pytest.approx({"low": 2 / 3, "mid": 0, "high": 1 / 3})
    assert reference_shares(asked, "age_band", people)["teen"] == 0.2
    assert reference_shares(asked, "gender_presentation", people)["feminine"] == 0.6
    assert reference_shares(asked, "scale", people) is None
    with pytest.raises(SettingsError, match="is not known of any person of dataset c"):
        reference_shares(settings(project, contrast={"dataset": "c"}), "contrast", people)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("0.3", "0.4"), "adding up to 1"),
        (GOOD.replace("build,large,0.3\n", ""), "exactly slim, average, large"),
        (GOOD + "build,slim,0.2\n", "names a group of build twice"),
        (GOOD.replace("0.2", "some"), "adding up to 1"),
        ("a,b\n1,2\n", "needs the columns attribute, group, share"),
        ("", "cannot be read"),
    ],
)
def test_bad_files_are_refused(tmp_path, text, message):
    """With what is wrong."""
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "x.csv", "build")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"person_id": "a/1", "attribute": "mood", "group": "x"}', "no attribute 'mood'"),
        ('{"person_id": "a/1", "attribute": "build", "group": "vast"}', "has no group 'vast'"),
        ('{"person_id": "a/1"}', "lacks attribute, group"),
        ("[1]", "not a JSON object"),
    ],
)
def test_bad_review_labels_are_refused(tmp_path, line, message):
    """With the line."""
    (tmp_path / "labels.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=message):
        review_labels.read(tmp_path / "labels.jsonl")


def test_a_later_label_replaces_an_earlier_one(tmp_path):
    """Of the same person and attribute."""
    path = tmp_path / "labels.jsonl"
    for group in ("slim", "large"):
        review_labels.append(path, [{"person_id": "a/1", "attribute": "build", "group": group, "reviewer": "x"}])
    assert review_labels.read(path)["group"].tolist() == ["large"]


def test_release_of_one_variant_leaves_the_other(tmp_path):
    """And is replaced by the next."""
    shares = pd.DataFrame([dict.fromkeys(release_history.SHARES, 0.5) | {"attribute": "build", "group": "slim"}])
    path = tmp_path / "release.jsonl"
    for variant in ("original", "balanced", "original"):
        assert release_history.write(path, variant, shares) == 1
    assert len(release_history.read(path, "original")) == len(release_history.read(path, "balanced")) == 1
    assert release_history.read(tmp_path / "none.jsonl", "original").empty


def test_deletions_touch_what_they_should(tmp_path):
    """Tables and COCO files below a folder, never the raw data; hard links are not written through."""
    data = tmp_path / "data"
    (data / "raw").mkdir(parents=True)
    table = pd.DataFrame({"person_id": ["a/1", "a/2"], "n": [1, 2]})
    for path in (data / "x.parquet", data / "raw/y.parquet"):
        table.to_parquet(path)
    (tmp_path / "linked.parquet").hardlink_to(data / "x.parquet")
    coco = {"images": [{"id": 1, "hpefair_id": "i"}], "annotations": [{"id": 1, "image_id": 1, "hpefair_id": "a/1"}]}
    (data / "c.json").write_text(str(coco).replace("'", '"'))
    removed = deletions.remove(data, data / "raw", {"a/1"})
    assert {one.path.name: one.rows for one in removed} == {"x.parquet": 1, "c.json": 1}
    assert pd.read_parquet(data / "x.parquet")["person_id"].tolist() == ["a/2"]
    assert len(pd.read_parquet(data / "raw/y.parquet")) == len(pd.read_parquet(tmp_path / "linked.parquet")) == 2
