"""The panel `hpefair` in FiftyOne's App: numbers by group with intervals, gaps over runs; a bar shows its people."""

from typing import Any, Final

import fiftyone.operators as foo
from fiftyone.operators import types

from hpefair.schema import DECIDING, PERCEIVED
from hpefair.tools.fiftyone.operators import OPERATORS
from hpefair.tools.fiftyone.views import members

COLUMNS: Final = ("group", "people", "value", "low", "high")
LAYOUT: Final = {"height": 290, "margin": {"t": 36, "b": 40, "l": 44, "r": 10}}
BARE: Final = {"displayModeBar": False}


class FairnessPanel(foo.Panel):
    """Menus for model, attribute and metric; a table, bars with intervals, a line of gaps, and buttons to decide."""

    @property
    def config(self) -> Any:
        """How FiftyOne lists it."""
        return foo.PanelConfig(name="hpefair", label="Fairness", icon="balance", surfaces="grid")

    def on_load(self, ctx: Any) -> None:
        """Choose the first of everything, and fill."""
        for name, values in self._choices(ctx).items():
            if ctx.panel.get_state(f"menu.{name}") not in values and values:
                ctx.panel.set_state(f"menu.{name}", values[0])
        self.fill(ctx)

    def on_change_selected(self, ctx: Any) -> None:
        """Say how many are selected."""
        ctx.panel.set_state("selected", len(ctx.selected))

    def fill(self, ctx: Any) -> None:
        """Numbers of what is chosen; asked again, the same."""
        model, attribute, metric = (ctx.panel.get_state(f"menu.{name}") for name in ("model", "attribute", "metric"))
        info = ctx.dataset.info
        rows = [
            row
            for row in info["rows"]
            if (row["model"], row["metric"]) == (model, metric) and row["attribute"] in (attribute, "all")
        ]
        ctx.panel.set_data("groups", [_words(row) for row in rows])
        ctx.panel.set_data("bars", [_bars([row for row in rows if row["value"] is not None])])
        history = [row for row in info["history"] if (row["metric"], row["attribute"]) == (metric, attribute)]
        ctx.panel.set_data("gaps", _lines(history))

    def show(self, ctx: Any) -> None:
        """Show exactly the people behind a bar."""
        self._show(ctx, str(ctx.params["x"]))

    def show_row(self, ctx: Any) -> None:
        """Show exactly the people behind a row of the table."""
        model, attribute, metric = (ctx.panel.get_state(f"menu.{name}") for name in ("model", "attribute", "metric"))
        rows = [
            row["group"]
            for row in ctx.dataset.info["rows"]
            if (row["model"], row["metric"]) == (model, metric) and row["attribute"] in (attribute, "all")
        ]
        self._show(ctx, rows[int(ctx.params["row"])])

    def _show(self, ctx: Any, group: str) -> None:
        model, attribute = (str(ctx.panel.get_state(f"menu.{name}")) for name in ("model", "attribute"))
        if ctx.dataset.info["public"] and set(attribute.split(".")) & set(PERCEIVED):
            ctx.ops.notify("What people are perceived as was left out of this dataset", variant="warning")
            return
        ctx.ops.set_view(members(ctx.dataset, "all" if group == "all" else attribute, group, model))

    def render(self, ctx: Any) -> Any:
        """Lay the panel out; called after every event."""
        panel = types.Object()
        menu = panel.menu("menu", variant="square")
        for name, values in self._choices(ctx).items():
            view = types.DropdownView(label=name)
            for value in values:
                view.add_choice(value, label=value.replace("_", " "))
            menu.enum(name, values=view.values(), view=view, on_change=self.fill)
        if not ctx.dataset.info.get("rows"):
            panel.md("No model is evaluated in this dataset.", name="nothing")
        table = types.TableView()
        for column in COLUMNS:
            table.add_column(column, label=column)
        table.add_row_action("show", self.show_row, label="Show", icon="search", tooltip="Show these people")
        panel.list("groups", types.Object(), view=table, label="By group")
        title = {"text": "Click a bar to see its people"}
        bars = {**LAYOUT, "yaxis": {"range": [0, 1]}, "title": title}
        panel.plot("bars", layout=bars, config=BARE, on_click=self.show)
        title = {"text": "Gap between best and worst group, by run"}
        if ctx.dataset.info.get("history"):
            panel.plot("gaps", layout={**LAYOUT, "title": title, "yaxis": {"rangemode": "tozero"}}, config=BARE)
        else:
            panel.md("Gaps over runs are shown once `hpefair log` has logged some.", name="unlogged")
        self._buttons(ctx, panel)
        return types.Property(panel, view=types.GridView(orientation="vertical", gap=2))

    def _buttons(self, ctx: Any, panel: Any) -> None:
        row = panel.h_stack("buttons", gap=2)
        for operator in OPERATORS:
            name = operator.decision
            row.btn(name, label=operator.label, icon=operator.icon, on_click=f"@hpefair/review/{name}", prompt=True)
        panel.md(
            f"{len(ctx.selected or [])} selected; decisions are written to review/ when `hpefair review` ends",
            name="said",
        )

    def _choices(self, ctx: Any) -> dict[str, list[str]]:
        info = ctx.dataset.info
        attributes = [name for name in info.get("attributes", []) if name != "all"]
        return {"model": list(info.get("models", [])), "attribute": attributes, "metric": list(DECIDING)}


def _words(row: dict[str, Any]) -> dict[str, str]:
    numbers = {name: "too few" if row[name] is None else f"{row[name]:.3f}" for name in ("value", "low", "high")}
    people = "too few" if row["n_people"] is None else str(int(row["n_people"]))
    return {"group": row["group"], "people": people, **numbers}


def _bars(rows: list[dict[str, Any]]) -> dict[str, Any]:
    groups, values = [row["group"] for row in rows], [row["value"] for row in rows]
    up = [(row["high"] if row["high"] is not None else row["value"]) - row["value"] for row in rows]
    down = [row["value"] - (row["low"] if row["low"] is not None else row["value"]) for row in rows]
    spread = {"type": "data", "symmetric": False, "array": up, "arrayminus": down}
    return {"type": "bar", "name": "groups", "x": groups, "y": values, "ids": groups, "error_y": spread,
            "marker": {"color": "#0072b2"}}  # fmt: skip


def _lines(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line per model, over the runs that logged it."""
    lines = []
    for model in dict.fromkeys(row["run"] for row in history):
        rows = [row for row in history if row["run"] == model]
        x, y = [f"{row['when'][:16]} {row['commit']}" for row in rows], [row["gap"] for row in rows]
        lines.append({"type": "scatter", "mode": "lines+markers", "name": model, "x": x, "y": y})
    return lines
