#!/bin/sh
# MLflow with a password: everybody who logs or promotes needs it. Its own file of passwords is this user's alone.
set -eu
umask 077
: "${MLFLOW_PASSWORD:?}" "${MLFLOW_FLASK_SERVER_SECRET_KEY:?}"
folder="${MLFLOW_FOLDER:-/mlflow}" port="${MLFLOW_PORT:-5000}" host="${MLFLOW_HOST:-0.0.0.0}"
printf '[mlflow]\ndefault_permission = NO_PERMISSIONS\ndatabase_uri = sqlite:///%s/users.db\nadmin_username = admin\nadmin_password = %s\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n' \
  "$folder" "$MLFLOW_PASSWORD" > "$folder/auth.ini"
export MLFLOW_AUTH_CONFIG_PATH="$folder/auth.ini"
unset MLFLOW_PASSWORD
# The host names a server answers to: requests for any other are refused.
exec mlflow server --app-name basic-auth --host "$host" --port "$port" --backend-store-uri "sqlite:///$folder/mlflow.db" \
  --artifacts-destination "$folder/artifacts" --allowed-hosts "mlflow:5000,localhost:*,127.0.0.1:*"
