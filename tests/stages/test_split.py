"""Split: whole images, every person once."""

import pytest

from hpefair.data import tables

pytestmark = pytest.mark.pipeline


def test_people_of_an_image_share_its_split(made_workspace):
    """No leak; every split named in params exists."""
    people = tables.read(made_workspace / "data/split/people.parquet")
    assert (people.groupby("image_id")["split"].nunique() == 1).all()
    assert {"train", "val", "test"} <= set(people["split"])
    assert len(people) == len(tables.read(made_workspace / "data/ingest/people.parquet"))


def test_forbidden_licences_never_train(workspace_copy, monkeypatch):
    """Their training images become unused, and everything after the split sees only the others; others may test."""
    import yaml

    from hpefair.stages import split

    monkeypatch.chdir(workspace_copy)
    before = tables.read(workspace_copy / "data/split/people.parquet")
    tree = yaml.safe_load((workspace_copy / "params.yaml").read_text())
    tree["split"]["forbid_training"] = ["DRAWN for tests"]
    (workspace_copy / "params.yaml").write_text(yaml.safe_dump(tree))
    out = workspace_copy / "out"
    split.write(out, out, "")
    after = tables.read(out / "people.parquet")
    assert "train" not in set(after["split"])
    assert (after["split"] == "unused").sum() == (before["split"] == "train").sum()
    assert (after["split"] == "test").sum() == (before["split"] == "test").sum()


def test_the_same_picture_under_two_names_stays_on_one_side(workspace_copy, monkeypatch):
    """Known by its bytes."""
    from hpefair.stages import split

    monkeypatch.chdir(workspace_copy)
    path = workspace_copy / "data/ingest/images.parquet"
    images = tables.read(path)
    images["content"] = images["content"].iloc[0]
    path.unlink()
    tables.write(path, images)
    out = workspace_copy / "out"
    split.write(out, out, "")
    assert tables.read(out / "images.parquet")["split"].nunique() == 1


def test_a_subject_stays_on_one_side(workspace_copy, monkeypatch):
    """Whoever is in several pictures, whatever their bytes; pictures of nobody known go where they went before."""
    from hpefair.stages import split

    monkeypatch.chdir(workspace_copy)
    path = workspace_copy / "data/ingest/images.parquet"
    images = tables.read(path)
    before = tables.read(workspace_copy / "data/split/images.parquet").set_index("image_id")["split"]
    test, train = (before.index[before == name][:4].tolist() for name in ("test", "train"))
    images.loc[images["image_id"].isin([*test, *train]), "subject_id"] = "ada"
    path.unlink()
    tables.write(path, images)
    out = workspace_copy / "out"
    split.write(out, out, "")
    after = tables.read(out / "images.parquet").set_index("image_id")["split"]
    assert after.loc[[*test, *train]].nunique() == 1
    others = after.index.difference([*test, *train])
    assert after.loc[others].equals(before.loc[others])
