#!/usr/bin/env bash
# Airflow with this clone's DAGs on http://127.0.0.1:8080, and FiftyOne's App on http://127.0.0.1:5151 for reviews.
# State lies under .airflow, removed by deleting that folder. Ctrl-C stops every part.
set -euo pipefail
umask 077  # passwords, databases and logs are this user's alone
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

# Ctrl-C reaches a whole process group, and a scheduler that gets it twice hangs. So every part runs in a group of its own, with
# SIGINT set back to its default (bash ignores it for background jobs), and only its leader is told; it ends the others.
apart() {
  local name="$1"; shift
  python -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.setsid()
os.execvp(sys.argv[1], sys.argv[1:])' "$@" >"$AIRFLOW_HOME/$name.log" 2>&1 &
  parts+=("$name:$!")
}
running() { kill -0 "${1#*:}" 2>/dev/null; }
stop() {
  trap '' INT TERM
  echo "stopping"
  for part in "${parts[@]}"; do kill -INT "${part#*:}" 2>/dev/null || true; done
  for part in "${parts[@]}"; do wait "${part#*:}" 2>/dev/null || true; done
  exit "$1"
}
parts=()
trap 'stop 0' INT TERM

if [ -z "${FIFTYONE_DATABASE_URI:-}" ]; then
  app_port="${HPEFAIR_APP_PORT:-5151}" database_port="${HPEFAIR_DATABASE_PORT:-27018}"
  secret() { python -c 'import secrets; print(secrets.token_hex(32))'; }
  export HPEFAIR_APP="http://127.0.0.1:$app_port"
  runs="${HPEFAIR_RUNS:-$AIRFLOW_HOME/hpefair/runs}" token="$(secret)" password="$(secret)"
  HPEFAIR_APP_TOKEN="$token" HPEFAIR_DATABASE_PASSWORD="$password" \
    apart fiftyone hpefair app --folder "$AIRFLOW_HOME/hpefair/fiftyone" --port "$app_port" --database-port "$database_port" --media "$runs"
  export FIFTYONE_DATABASE_URI="mongodb://__system:$password@127.0.0.1:$database_port/?authSource=local"
fi
# The parts of `airflow standalone`, but for the log servers, which would listen on every address; logs are read from disk here.
apart api-server airflow api-server
apart scheduler airflow scheduler --skip-serve-logs
apart dag-processor airflow dag-processor
apart triggerer airflow triggerer --skip-serve-logs

healthy() { python -c "import sys, urllib.request; urllib.request.urlopen('$AIRFLOW__API__BASE_URL/api/v2/monitor/health', timeout=5)" 2>/dev/null; }
until healthy; do
  for part in "${parts[@]}"; do
    running "$part" || { echo "${part%%:*} did not start; the end of $AIRFLOW_HOME/${part%%:*}.log:"; tail -n 20 "$AIRFLOW_HOME/${part%%:*}.log"; stop 1; }
  done
  sleep 1
done
login="$(python -c 'import json, sys; print(json.load(open(sys.argv[1])).get("admin", "see the file"))' "$AIRFLOW_HOME/simple_auth_manager_passwords.json.generated")"
echo "Airflow   $AIRFLOW__API__BASE_URL  (user admin, password $login)"
[ -z "${token:-}" ] || echo "FiftyOne  $HPEFAIR_APP/?token=$token"
echo "Logs      $AIRFLOW_HOME/*.log"
echo "Ctrl-C stops everything."
while true; do
  for part in "${parts[@]}"; do
    running "$part" || { echo "${part%%:*} ended by itself; the end of its log:"; tail -n 20 "$AIRFLOW_HOME/${part%%:*}.log"; stop 1; }
  done
  sleep 2 & wait $! || true
done
