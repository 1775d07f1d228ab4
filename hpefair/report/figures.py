"""Figures of the report as inline SVG: same numbers, same bytes."""

import io
from collections.abc import Iterator, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, SOFT, ACCENT = "#1c2530", "#9aa7b4", "#0b6e99"
STYLE = {
    "svg.hashsalt": "hpefair",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
# Okabe and Ito's colours, the ones that show on white, each with a mark of its own: told apart without seeing colours.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#5b6773", "#8a6d1b")
MARKS = "osD^vP"


def shares(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Share of each group before and after balancing, alongside its reference.

    Args:
        before: Rows group, share_known, low, high, reference of one attribute.
        after: The same rows of the balanced set.

    Returns:
        SVG.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.75 * len(before) + 1.1))
        axes = figure.subplots()
        rows = np.arange(len(before))[::-1]
        for table, height, colour, when in ((before, 0.18, SOFT, "before"), (after, -0.18, ACCENT, "after balancing")):
            axes.barh(rows + height, table["share_known"], height=0.32, color=colour, label=when)
            axes.hlines(rows + height, table["low"], table["high"], color=INK, linewidth=1)
        axes.plot(before["reference"], rows, "|", color=INK, markersize=26, markeredgewidth=2, label="reference")
        axes.set_yticks(rows, list(before["group"]))
        axes.set_xlabel("share of the training people whose value is known")
        axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.22), ncols=3)
        return _svg(figure, "Share of each group before and after balancing")


def intervals(table: pd.DataFrame, label: str, zero_line: float | None = None) -> str:
    """Values with intervals, one row per group, one colour per model.

    Args:
        table: Rows group, model, value, low, high.
        label: Label of the horizontal axis.
        zero_line: A vertical line to draw, such as the tolerated loss.

    Returns:
        SVG.
    """
    groups, models = list(dict.fromkeys(table["group"])), list(dict.fromkeys(table["model"]))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, (0.24 * len(models) + 0.18) * len(groups) + 1.1))
        axes = figure.subplots()
        for model, part, rows, mark, colour in _by_model(table, groups, models):
            axes.hlines(rows, part["low"], part["high"], color=colour, linewidth=2)
            axes.plot(part["value"], rows, mark, color=colour, markersize=5.5, label=model)
        if zero_line is not None:
            axes.axvline(zero_line, color=INK, linewidth=1, linestyle=":")
        _name(axes, groups, label)
        axes.grid(axis="x", color="#e6ebef")
        axes.set_axisbelow(True)
        axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(len(models), 3))
        return _svg(figure, label)


def gaps(table: pd.DataFrame, label: str) -> str:
    """Gaps with intervals against what chance alone explains, and what is left in like circumstances.

    Args:
        table: Rows group (of the attribute), model, difference, low, high, null_floor, adjusted_difference.
        label: Label of the horizontal axis.

    Returns:
        SVG.
    """
    groups, models = list(dict.fromkeys(table["group"])), list(dict.fromkeys(table["model"]))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, (0.3 * len(models) + 0.2) * len(groups) + 1.3))
        axes = figure.subplots()
        for model, part, rows, mark, colour in _by_model(table, groups, models):
            axes.barh(rows, part["null_floor"], height=0.5 / len(models), color="#dde3e9", zorder=0)
            axes.hlines(rows, part["low"], part["high"], color=colour, linewidth=2)
            axes.plot(part["difference"], rows, mark, color=colour, markersize=6, label=model)
            axes.plot(part["adjusted_difference"], rows, mark, color=colour, markersize=6, markerfacecolor="white")
        _name(axes, groups, label)
        axes.set_xlim(left=min(0.0, 1.2 * float(np.nan_to_num(table["adjusted_difference"].to_numpy(float)).min())))
        axes.axvline(0, color=SOFT, linewidth=0.8)
        handles, names = axes.get_legend_handles_labels()
        handles += [mpl.patches.Patch(color="#dde3e9"), mpl.lines.Line2D([], [], marker="o", ls="", mfc="w", mec=INK)]
        names += ["chance alone", "in like circumstances"]
        axes.legend(handles, names, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        return _svg(figure, label)


def curves(named: Sequence[tuple[str, pd.DataFrame]]) -> str:
    """Training loss of each model, averaged over 25 steps."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.6))
        axes = figure.subplots()
        for number, (name, curve) in enumerate(named):
            smooth = curve["loss"].rolling(25, min_periods=1).mean()
            axes.plot(curve["step"], smooth, color=PALETTE[number % len(PALETTE)], label=name)
        axes.set_xlabel("optimizer step")
        axes.set_ylabel("training loss")
        axes.legend(frameon=False)
        return _svg(figure, "Training loss")


def _by_model(
    table: pd.DataFrame, groups: Sequence[str], models: Sequence[str]
) -> Iterator[tuple[str, pd.DataFrame, np.ndarray, str, str]]:
    """Each model with its rows by group, their heights, its mark and its colour."""
    for number, model in enumerate(models):
        part = table[table["model"] == model].set_index("group").reindex(groups)
        rows = _rows(len(groups), number, len(models))
        yield model, part, rows, MARKS[number % len(MARKS)], PALETTE[number % len(PALETTE)]


def _name(axes: Axes, groups: Sequence[str], label: str) -> None:
    """Groups up the side, the first on top, and what is measured below."""
    axes.set_yticks(np.arange(len(groups))[::-1].astype(float), groups)
    axes.set_ylim(-0.55, len(groups) - 0.45)
    axes.set_xlabel(label)


def _rows(groups: int, number: int, models: int) -> np.ndarray:
    offset = (number - (models - 1) / 2) * 0.72 / max(models, 1)
    return np.arange(groups)[::-1] - offset


def _svg(figure: Figure, title: str) -> str:
    buffer = io.StringIO()
    # No date and no creator: the page must not change when nothing changed.
    figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
