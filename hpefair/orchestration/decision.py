"""Questions to a person: what else was written, and who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLBranchOperator

from hpefair.orchestration.operators import DECIDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

ANSWERS: Final = "answers"
WHO: Final = "who"
NOBODY: Final = "nobody, the time ran out"


def answer(task_id: str, name: str) -> str:
    """Template of one field of the form that a question came with; empty where nobody filled it in."""
    return "{{ (ti.xcom_pull('%s', key='%s') or {}).get('%s') or '' }}" % (task_id, ANSWERS, name)  # noqa: UP031 - braces


def decider(task_id: str) -> str:
    """Template of the user who answered a question."""
    return answer(task_id, WHO)


class DecisionOperator(HITLBranchOperator):
    """Goes the way that a person chooses, and keeps the fields of the form, which its parent throws away."""

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Keep the fields and who filled them in below their own key, and branch."""
        _keep(context, event)
        return super().execute_complete(context, event)


class ApproveOperator(ApprovalOperator):
    """Goes on where a person approves, and keeps who that was."""

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Keep who answered, and go on or not."""
        _keep(context, event)
        return super().execute_complete(context, event)


def _keep(context: Context, event: Mapping[str, Any]) -> None:
    if "error" in event:
        return
    user = event.get("responded_by_user") or {}
    who = str(user.get("name") or user.get("id") or NOBODY)
    context["ti"].xcom_push(ANSWERS, {**(event.get("params_input") or {}), WHO: who})
    context["ti"].xcom_push(DECIDED, True)
