#!/usr/bin/env bash
# Airflow with this clone's DAGs on http://127.0.0.1:8080; state under .airflow, removed by deleting that folder.
# Ctrl-C stops every part of it.
set -euo pipefail
cd "$(dirname "$0")/.."
export AIRFLOW_HOME="${AIRFLOW_HOME:-$PWD/.airflow}"
export AIRFLOW__CORE__DAGS_FOLDER="$PWD/dags"
export AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__CORE__PARALLELISM="${AIRFLOW__CORE__PARALLELISM:-2}"
export AIRFLOW__API__HOST=127.0.0.1
export AIRFLOW__API__PORT="${AIRFLOW__API__PORT:-8080}"
export AIRFLOW__API__BASE_URL="http://127.0.0.1:${AIRFLOW__API__PORT}"
export AIRFLOW__API__WORKERS=1
export AIRFLOW__CORE__EXECUTION_API_SERVER_URL="http://127.0.0.1:${AIRFLOW__API__PORT}/execution/"
export AIRFLOW__API_AUTH__JWT_SECRET="${AIRFLOW__API_AUTH__JWT_SECRET:-$(python -c 'import secrets; print(secrets.token_hex(64))')}"
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"

# Ctrl-C reaches a whole process group, and a scheduler that gets it twice hangs. So Airflow runs in a group of its own, with
# SIGINT set back to its default (bash ignores it for background jobs), and only its leader is told; it ends the others.
python -c 'import os, signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.setsid()
os.execvp("airflow", ["airflow", "standalone"])' &
leader=$!
trap 'kill -INT "$leader" 2>/dev/null' INT TERM
while kill -0 "$leader" 2>/dev/null; do wait "$leader" || true; done
