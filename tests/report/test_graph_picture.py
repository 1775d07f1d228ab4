"""A graph as a picture: what follows from what, which edges are left out, and that every box is drawn."""

from hpefair.report import graph_picture

ABOVE = {"a": set(), "b": {"a"}, "c": {"a", "b"}, "d": {"c"}}


def test_ancestors_and_direct_edges():
    assert graph_picture.ancestors("d", ABOVE) == {"a", "b", "c"}
    assert graph_picture.direct(ABOVE) == {"a": set(), "b": {"a"}, "c": {"b"}, "d": {"c"}}


def test_every_box_and_edge_is_drawn_and_text_is_escaped():
    drawn = graph_picture.picture(ABOVE, {"a": "1 < 2"}, "A & B")
    assert drawn.count("<rect") == 4
    assert drawn.count("<path") == 4
    assert "1 &lt; 2" in drawn
    assert 'aria-label="A &amp; B"' in drawn
