"""A question with several answers, and what else the person wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLBranchOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

ANSWERS = "answers"


def answer(task_id: str, name: str) -> str:
    """Template of one field of the form that a question came with; empty where nobody filled it in."""
    return "{{ (ti.xcom_pull('%s', key='%s') or {}).get('%s') or '' }}" % (task_id, ANSWERS, name)  # noqa: UP031 - braces


class DecisionOperator(HITLBranchOperator):
    """Goes the way that a person chooses, and keeps the fields of the form, which its parent throws away."""

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Keep the fields below their own key, and branch."""
        context["ti"].xcom_push(ANSWERS, dict(event.get("params_input") or {}))
        return super().execute_complete(context, event)
