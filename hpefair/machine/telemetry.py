"""Telemetry of the tools below us is off unless the user turned it on."""

import os

QUIET_ENVIRONMENT = {
    "DVC_NO_ANALYTICS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "FIFTYONE_DO_NOT_TRACK": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def silence() -> None:
    """Set the opt-out variables that are not set yet; call before importing a tool."""
    for name, value in QUIET_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
