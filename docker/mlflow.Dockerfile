# Tracking server and model registry.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d

RUN useradd --uid 50000 --gid 0 --create-home mlflow && mkdir -p /mlflow && chown 50000:0 /mlflow
WORKDIR /opt/install
COPY docker/locks/mlflow.txt docker/locks/build.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement build.txt \
    && uv pip install --no-cache --compile-bytecode --python "$(command -v python)" --no-deps \
       --require-hashes --requirement mlflow.txt \
    && pip uninstall --yes uv
COPY docker/mlflow-server.sh /usr/local/bin/
WORKDIR /mlflow
ENV MLFLOW_DISABLE_TELEMETRY=true
USER 50000
CMD ["mlflow-server.sh"]
