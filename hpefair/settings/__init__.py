"""The settings: params.yaml as typed sections."""
