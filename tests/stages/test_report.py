"""Report: one page, no other file, no small group shown, and two cards that say the same."""

import base64
import re
from collections import Counter

import cv2
import numpy as np
import pandas as pd
import pytest

from hpefair import words as report_words
from hpefair.core.pose.skeletons import COCO_17
from hpefair.data import tables
from hpefair.report import accuracy, answer, body, lineage, open_questions
from hpefair.report import gallery as report_gallery
from hpefair.settings import params
from hpefair.tools.dvc import lock
from tests.conftest import run

pytestmark = pytest.mark.pipeline


BOX = r'y="(\d+)" text-anchor="middle" font-size="13"[^>]*>([^<]+)<'


@pytest.fixture
def page(made_workspace):
    """The page's text."""
    return (made_workspace / "data/report/report.html").read_text()


def test_the_page_needs_nothing_else_and_says_the_verdicts(made_workspace, page):
    """No script, no outside address, no path of the machine."""
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert str(made_workspace) not in page
    for verdict in ("FAIL", "PASS"):
        assert f'<span class="pill {verdict}">' in page
    for title in ("The answer", "What could not be concluded", "What was not audited", "Where it comes from"):
        assert f">{title}</h" in page


def test_the_answer_is_that_of_gates_and_comparison(made_workspace):
    """Three sentences, each with the verdict of the stage that reached it."""
    rows = tables.read_json(made_workspace / "data/report/answer.json")["answer"]
    gates = [tables.read_json(made_workspace / f"data/gate/{name}/decision.json") for name in ("original", "balanced")]
    verdicts = tables.read_json(made_workspace / "data/compare/verdicts.json")
    assert [row["verdict"] for row in rows] == [gate["verdict"] for gate in gates] + [
        verdicts["candidates"][-1]["verdict"]
    ]
    made = len(tables.read(made_workspace / "data/assemble/provenance.parquet"))
    assert f"{made} generated people" in rows[1]["sentence"]
    printed = " ".join(run(made_workspace, "report").stdout.split())
    assert "data/report/report.html" in printed
    assert rows[0]["sentence"][:40] in printed


def test_small_groups_are_not_shown(made_workspace, page):
    """Fewer than report.min_cell people are named as hidden, in the page and in the data card."""
    shares = tables.read(made_workspace / "data/audit/original/shares.parquet")
    small = shares[(shares["scope"] == "all") & shares["n_people"].between(1, 4)]
    assert ("too few people to show" in page) == (not small.empty)
    card = (made_workspace / "data/report/data_card.md").read_text()
    assert ("too few to show" in card) == (not small.empty)


def test_cards_are_markdown_with_the_same_numbers(made_workspace):
    """Every table row has as many cells as its head."""
    for name in ("data_card.md", "model_card.md"):
        text = (made_workspace / f"data/report/{name}").read_text()
        assert text.startswith("# ")
        for block in re.findall(r"(?:^\|.*\|\n)+", text, re.M):
            widths = {line.count("|") - line.count("\\|") for line in block.strip().splitlines()}
            assert len(widths) == 1, block
    overall = tables.read_json(made_workspace / "data/evaluate/balanced/overall.json")
    assert f"{overall['AP']:.3f}" in (made_workspace / "data/report/model_card.md").read_text()


def test_whoever_any_model_serves_worse_is_in_the_answer(workspace_copy, monkeypatch):
    """Of all traits that were measured, by models that were brought as well; nobody who may not be shown."""
    monkeypatch.chdir(workspace_copy)
    path = workspace_copy / "data/evaluate/tinynet/by_group.parquet"
    table = tables.read(path)
    asked = (table["metric"] == "oks") & table["attribute"].isin(["gender_presentation", "contrast"])
    table.loc[asked & (table["group"] != "unknown"), "verdict"] = "FAIL"
    path.unlink()
    table.to_parquet(path)
    settings = params.load()
    found = {row["group"] for row in accuracy.worse(settings) if row["model"] == "tinynet"}
    shown = {"gender presentation feminine", "gender presentation masculine", "contrast low"}
    assert found == shown  # the four of mid contrast, and the next smallest, are hidden
    said = [row for row in answer.answer_values(settings)["other_models"] if "tinynet" in row["sentence"]]
    assert [row["verdict"] for row in said] == ["FAIL"]
    assert all(group in said[0]["sentence"] for group in shown)


def test_an_expectation_that_could_not_be_evaluated_is_listed(workspace_copy, monkeypatch):
    """It has no result, and the gate calls it a FAIL."""
    monkeypatch.chdir(workspace_copy)
    path = workspace_copy / "data/gate/original/decision.json"
    decision = tables.read_json(path)
    broken = next(row for row in decision["expectations"] if row["kwargs"].get("attribute") == "contrast")
    broken.pop("result")
    broken |= {"verdict": "FAIL", "error": "no rows"}
    path.unlink()
    tables.write_json(path, decision)
    monkeypatch.setattr(
        open_questions, "small_groups", lambda shares, least: shares["n_people"] < 0
    )  # nobody is hidden
    listed = open_questions.open_values(pd.DataFrame({"verdict": []}), "original", params.load())["open_data"]
    assert "could not be evaluated: no rows" in [row["said"] for row in listed]


def test_what_is_open_is_a_line_per_group(made_workspace, page):
    """A cell per model, with how many people there are; models of which nobody may be shown are not in it."""
    part = page[page.index("Is a group served worse than everybody else?") :]
    rows = part[: part.index("</table>")].split("<tr>")[1:]
    head, *lines = (re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in rows)
    assert all(len(line) == len(head) for line in lines)
    evaluated = tables.read(made_workspace / "data/evaluate/tinynet/by_group.parquet")
    asked = evaluated[(evaluated["metric"] == "oks") & (evaluated["attribute"] == "contrast")]
    unclear = asked[(asked["verdict"] == "INCONCLUSIVE") & (asked["group"] != "unknown")]
    said = {line[0]: line[head.index("tinynet")] for line in lines}
    shown = [row for row in unclear.itertuples() if f"contrast {row.group}" in said]
    assert shown
    assert all(said[f"contrast {row.group}"].endswith(f"(has {row.n_people})") for row in shown)
    assert min(row.n_people for row in shown) >= 5 > unclear["n_people"].min()


def test_lineage_names_the_digests_of_dvc(made_workspace, page):
    """Of everything that the report follows from."""
    locked = lock.digests(made_workspace / "dvc.lock")
    for stage, path in (("ingest", "data/raw"), ("ingest", "data/ingest"), ("train@balanced", "data/train/balanced")):
        assert locked[stage][path] in page


def test_the_graph_runs_from_the_raw_data_to_the_page(made_workspace):
    """Every box below all that it follows from, the second audit below what it is an audit of, and with its digest."""
    found = lineage.lineage(made_workspace)
    heights = {name: int(height) for height, name in re.findall(BOX, found["lineage_figure"])}
    way = ["raw", "ingest", "attribute", "calibrate", "audit original", "plan", "generate", "screen", "assemble"]
    for after in (
        ["audit balanced", "validate", "gate", "report"],
        ["train", "predict", "evaluate", "compare", "report"],
    ):
        placed = [heights[name] for name in way + after]
        assert placed == sorted(set(placed))
    assert {row["stage"] for row in found["lineage_rows"]} == set(heights) - {"report"}


def test_a_body_shows_every_joint_by_its_share():
    """Numbers in percent, a question mark where nobody knows, ink that can be read."""
    values = dict.fromkeys(COCO_17.joints, 0.5) | {"left_knee": None, "left_ankle": 1.0, "right_ankle": 0.0}
    svg = body.bodies("title", [("low", values)])
    assert svg.count("<circle") == COCO_17.size
    assert svg.count(">50<") == 9
    assert all(f">{word}<" in svg for word in ("?", "100", "0", "low"))


@pytest.mark.parametrize(
    ("group", "attribute", "words"),
    [
        ("monk_03", "skin_tone", "Monk tone 3"),
        ("skin_tone/monk_10", "", "Monk tone 10"),
        ("child", "age_band", "age band child"),
        ("child.feminine", "", "child, feminine"),
    ],
)
def test_groups_are_named_as_people_say_them(group, attribute, words):
    """Never as they are called in tables."""
    assert report_words.group_words(group, attribute) == words


def test_the_gallery_shows_who_may_be_shown(made_workspace, monkeypatch):
    """Nobody from a photograph, unless that is wished; as many of each cell as of any other, small pictures."""
    monkeypatch.chdir(made_workspace)
    settings = params.load()
    closed = report_gallery.gallery_values(settings)
    assert closed["gallery"] == []
    assert closed["gallery_left_out"] == closed["generated"] > 0
    gallery = settings.report.gallery.model_copy(update={"photographs": True, "pictures": 6})
    report = settings.report.model_copy(update={"gallery": gallery})
    shown = report_gallery.gallery_values(settings.model_copy(update={"report": report}))["gallery"]
    assert len(shown) == 6
    assert Counter(tile["words"] for tile in shown) == {"contrast high, recomposed": 3, "contrast mid, recomposed": 3}
    for tile in shown:
        pixels = cv2.imdecode(np.frombuffer(base64.b64decode(tile["address"].partition(",")[2]), np.uint8), 1)
        assert pixels.shape[0] == report_gallery.HEIGHT
        half = pixels.shape[1] // 2
        assert np.abs(pixels[:, :half].astype(int) - pixels[:, half : 2 * half]).max() > 100
