# Tracking server and model registry.
FROM python:3.11.14-slim-bookworm

RUN useradd --uid 50000 --gid 0 --create-home mlflow && mkdir -p /mlflow && chown 50000:0 /mlflow
WORKDIR /opt/install
COPY constraints.txt ./
RUN pip install --no-cache-dir --constraint constraints.txt mlflow psycopg2-binary boto3
WORKDIR /mlflow
ENV MLFLOW_DISABLE_TELEMETRY=true
USER 50000
# The host names a server answers to: requests for any other are refused.
CMD ["mlflow", "server", "--host", "0.0.0.0", "--port", "5000", "--allowed-hosts", "mlflow:5000,localhost:*,127.0.0.1:*"]
