"""Operators in FiftyOne's App: accept or reject generated people, give real ones a label, flag anybody."""

import os
from typing import Any, Final

import fiftyone.operators as foo
from fiftyone.operators import types

from hpefair.schema import PERCEIVED, groups_of
from hpefair.tools.fiftyone.decisions import RELABEL, Decision, record
from hpefair.tools.fiftyone.selection import note, selected

REVIEWER: Final = "HPEFAIR_REVIEWER"
GENERATED: Final = "generated/"


class _Decide(foo.Operator):
    """A form about the selected people, and one decision for each of them."""

    decision = ""
    label = ""
    icon = ""
    who = "anybody"  # whom it is about: generated, real or anybody

    @property
    def config(self) -> Any:
        """How FiftyOne lists it."""
        return foo.OperatorConfig(name=self.decision, label=self.label, dynamic=True, icon=self.icon, view_target=False)

    def resolve_placement(self, ctx: Any) -> Any:
        """A button above the grid."""
        button = types.Button(label=self.label, icon=self.icon, prompt=True)
        return types.Placement(types.Places.SAMPLES_GRID_SECONDARY_ACTIONS, button)

    def resolve_input(self, ctx: Any) -> Any:
        """Who looked, why, and what the operator itself asks for."""
        inputs = types.Object()
        people = self._able(selected(ctx))
        if not people:
            warning = types.Warning(label=f"Select people first: this is about {self.who} people")
            inputs.view("nobody", warning).invalid = True
        else:
            inputs.view("people", types.Notice(label=f"{len(people)} people"))
        inputs.str(
            "reviewer", required=True, label="Who looked", default=os.environ.get(REVIEWER, ""), view=_field("reviewer")
        )
        self.ask(ctx, inputs)
        inputs.str("reason", label="Why", required=self.decision in ("reject", "flag"), view=_field("reason"))
        return types.Property(inputs, view=types.PromptView(label=self.label, submit_button_label="Save"))

    def execute(self, ctx: Any) -> dict[str, Any]:
        """Keep the decisions, and show them."""
        people = self._able(selected(ctx))
        given = {name: str(ctx.params.get(name) or "") for name in ("attribute", "group")}
        if self.decision == RELABEL and given["group"] not in groups_of(given["attribute"]):
            # A group that was chosen for another attribute before: written, it would make the whole file unreadable.
            ctx.ops.notify(f"{given['attribute']} has no group {given['group']}", variant="error")
            return {"count": 0}
        who, why = str(ctx.params.get("reviewer") or ""), str(ctx.params.get("reason") or "")
        decided = [Decision(person, self.decision, who, why, **given) for person in people]
        if decided:
            record(ctx.dataset.info["project"], decided)
            attribute, value = (given["attribute"], given["group"]) if given["group"] else ("decision", self.decision)
            if attribute == "decision" or not ctx.dataset.info["public"]:
                note(ctx, attribute, people, value)
        ctx.ops.notify(f"{self.decision}: {len(decided)} people", variant="success" if decided else "warning")
        ctx.ops.clear_selected_samples()
        ctx.ops.clear_selected_labels()
        ctx.ops.reload_dataset()
        return {"count": len(decided)}

    def ask(self, ctx: Any, inputs: Any) -> None:
        """What else the form asks for."""

    def _able(self, people: list[str]) -> list[str]:
        """Those of the selected whom the operator is about."""
        wanted = {"generated": (True,), "real": (False,), "anybody": (True, False)}[self.who]
        return [person for person in people if person.startswith(GENERATED) in wanted]


class Accept(_Decide):
    """Generated people who are as they should be."""

    decision, label, icon, who = "accept", "Accept people", "check", "generated"


class Reject(_Decide):
    """Generated people who must not be trained on."""

    decision, label, icon, who = "reject", "Reject people", "block", "generated"


class Flag(_Decide):
    """Anybody who needs another look."""

    decision, label, icon = "flag", "Flag people", "flag"


class Relabel(_Decide):
    """What real people are perceived as, by somebody who looked."""

    decision, label, icon, who = RELABEL, "Relabel people", "label", "real"

    def ask(self, ctx: Any, inputs: Any) -> None:
        """The attribute, then its group."""
        attribute = str(ctx.params.get("attribute") or "")
        _choice(inputs, "attribute", "Attribute", PERCEIVED)
        if attribute:
            _choice(inputs, "group", "Group", groups_of(attribute))


OPERATORS: Final = (Accept, Reject, Relabel, Flag)


def _choice(inputs: Any, name: str, label: str, values: tuple[str, ...]) -> None:
    menu = types.DropdownView()
    for value in values:
        menu.add_choice(value, label=value.replace("_", " "))
    inputs.enum(name, menu.values(), required=True, label=label, view=menu)


def _field(name: str) -> Any:
    """A text field that a test finds by name."""
    return types.TextFieldView(componentsProps={"field": {"inputProps": {"data-cy": f"hpefair-{name}"}}})
