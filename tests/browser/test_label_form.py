"""The audit form in a real browser: filled with the mouse, saved as the CSV file that the import takes."""

import csv

import cv2
import numpy as np
import pytest

from hpefair.report import label_form
from hpefair.schema import groups_of
from tests.browser.pages import browser_page

pytestmark = pytest.mark.browser


def test_answers_are_saved_and_survive_a_reload(tmp_path, chromium):
    """Two of three people answered; nothing is asked of any other host."""
    (tmp_path / "people").mkdir()
    rows = []
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"people/{number}.jpg"), np.full((80, 60, 3), 60 * number, np.uint8))
        rows.append({"person_id": f'd/{number}"<b>', "picture": f"people/{number}.jpg"})
    groups = {name: groups_of(name) for name in ("build", "age_band")}
    (tmp_path / "audit.html").write_text(label_form.page(rows, groups, "audit.csv"))
    with browser_page(chromium) as (page, outside):
        page.goto((tmp_path / "audit.html").as_uri())
        people = page.locator("section")
        for place, group, age in ((0, "slim", "older"), (2, "unknown", "child")):
            people.nth(place).get_by_text(group, exact=True).first.click()
            people.nth(place).get_by_text(age, exact=True).first.click()
        assert "2 of 3 done" in page.locator("#count").inner_text()
        page.reload()
        assert "2 of 3 done" in page.locator("#count").inner_text()
        with page.expect_download() as download:
            page.click("#save")
        download.value.save_as(tmp_path / "saved.csv")
    assert outside == []
    found = list(csv.DictReader((tmp_path / "saved.csv").open()))
    assert [row["person_id"] for row in found] == [row["person_id"] for row in rows]
    assert [(row["build"], row["age_band"]) for row in found] == [("slim", "older"), ("", ""), ("unknown", "child")]
