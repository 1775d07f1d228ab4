#!/usr/bin/env bash
# Airflow with this clone's DAGs on http://127.0.0.1:8080, and FiftyOne's App on http://127.0.0.1:5151 for reviews.
# State lies under .airflow, removed by deleting that folder. Ctrl-C stops every part.
set -euo pipefail
cd "$(dirname "$0")/.."
export AIRFLOW_HOME="${AIRFLOW_HOME:-$PWD/.airflow}"
export AIRFLOW__CORE__DAGS_FOLDER="${AIRFLOW__CORE__DAGS_FOLDER:-$PWD/dags}"
export AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION=False
export AIRFLOW__CORE__PARALLELISM="${AIRFLOW__CORE__PARALLELISM:-2}"
export AIRFLOW__API__HOST=127.0.0.1
export AIRFLOW__API__PORT="${AIRFLOW__API__PORT:-8080}"
export AIRFLOW__API__BASE_URL="http://127.0.0.1:${AIRFLOW__API__PORT}"
export AIRFLOW__API__WORKERS=1
export AIRFLOW__CORE__EXECUTION_API_SERVER_URL="http://127.0.0.1:${AIRFLOW__API__PORT}/execution/"
export AIRFLOW__API_AUTH__JWT_SECRET="${AIRFLOW__API_AUTH__JWT_SECRET:-$(python -c 'import secrets; print(secrets.token_hex(64))')}"
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
mkdir -p "$AIRFLOW_HOME/hpefair"

airflow db migrate >"$AIRFLOW_HOME/migrate.log" 2>&1 || { cat "$AIRFLOW_HOME/migrate.log"; exit 1; }
airflow pools import docker/pools.json >>"$AIRFLOW_HOME/migrate.log" 2>&1 || { cat "$AIRFLOW_HOME/migrate.log"; exit 1; }

# Ctrl-C reaches a whole process group, and a scheduler that gets it twice hangs. So Airflow runs in a group of its own, with
# SIGINT set back to its default (bash ignores it for background jobs), and only its leader is told; it ends the others.
apart() {
  exec python -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.setsid()
os.execvp(sys.argv[1], sys.argv[1:])' "$@"
}

app=""
if [ -z "${FIFTYONE_DATABASE_URI:-}" ]; then
  app_port="${HPEFAIR_APP_PORT:-5151}" database_port="${HPEFAIR_DATABASE_PORT:-27018}"
  export FIFTYONE_DATABASE_URI="mongodb://127.0.0.1:$database_port" HPEFAIR_APP="http://127.0.0.1:$app_port"
  (unset FIFTYONE_DATABASE_URI; apart hpefair app --folder "$AIRFLOW_HOME/hpefair/fiftyone" --port "$app_port" --database-port "$database_port") &
  app=$!
fi
apart airflow standalone &
leader=$!
trap 'kill -INT "$leader" $app 2>/dev/null' INT TERM
while kill -0 "$leader" 2>/dev/null; do wait "$leader" || true; done
[ -z "$app" ] || { kill -INT "$app" 2>/dev/null || true; while kill -0 "$app" 2>/dev/null; do wait "$app" || true; done; }
