"""Tell people: every failure and every question, to the log, and to a webhook where one is named."""

from __future__ import annotations

import http.client
import json
import logging
import os
import urllib.request
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk import BaseNotifier

if TYPE_CHECKING:
    from airflow.sdk import Context

LOG: Final = logging.getLogger(__name__)
TIMEOUT_S: Final = 10


class Tell(BaseNotifier):
    """Post `{"text": …}`, which chat servers understand, with the DAG, the run and the task alongside it.

    Args:
        text: What to say; a template.
    """

    template_fields: Sequence[str] = ("text",)

    def __init__(self, text: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text = text

    def notify(self, context: Context) -> None:
        """Tell; a webhook that is down is a warning, never a second failure."""
        task = context["ti"]
        about = {"dag": task.dag_id, "run": task.run_id, "task": task.task_id, "try": task.try_number}
        message = {"text": f"hpefair: {task.dag_id} {self.text}", **about}
        LOG.info("%s", json.dumps(message))
        address = os.environ.get("HPEFAIR_WEBHOOK", "")
        if not address:
            return
        if not address.startswith(("http://", "https://")):
            LOG.warning("HPEFAIR_WEBHOOK is no http address; nobody was told")
            return
        request = urllib.request.Request(  # noqa: S310 - checked above
            address, json.dumps(message).encode(), {"Content-Type": "application/json"}
        )
        try:
            urllib.request.urlopen(request, timeout=TIMEOUT_S).close()  # noqa: S310
        except (OSError, http.client.HTTPException, ValueError) as error:
            # Its path is a secret for many chat servers.
            LOG.warning("the webhook did not take the message (%s)", type(error).__name__)
