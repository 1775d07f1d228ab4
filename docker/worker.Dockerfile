# Celery worker that runs the stages: everything hpefair needs. Targets: cpu (default) and cuda (written, never tested).
# On PyPI torch is the CUDA build. TORCH_INDEX may name an index of CPU wheels (https://pytorch.org lists them), and
# TORCH_SHA256 has to say which wheel is meant.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS cpu
ARG TORCH_INDEX=""
ARG TORCH_SHA256=""

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       build-essential=12.9 dumb-init=1.2.5-2 git=1:2.39.* npm=9.2.* libgl1=1.6.0-1 libglib2.0-0=2.74.* openssh-client=1:9.2* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 50000 --gid 0 --home-dir /srv/worker --create-home worker

WORKDIR /opt/hpefair
# By version and hash; `python docker/lock.py` writes them. Three packages come as source: what builds them is hashed, too.
COPY docker/locks/worker.txt docker/locks/build.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement build.txt
RUN cp worker.txt wanted.txt; if [ -n "$TORCH_SHA256" ]; then \
      printf 'torch==2.13.0 --hash=sha256:%s\n' "$TORCH_SHA256" > torch.txt \
      && pip install --no-cache-dir --no-deps --require-hashes ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} --requirement torch.txt \
      && awk '/^[a-z]/ {others = !/^(torch==|triton==|cuda-|nvidia-)/} others' worker.txt > wanted.txt; fi
RUN uv pip install --no-cache --compile-bytecode --python "$(command -v python)" --no-deps \
    --require-hashes --require-build-hashes --build-constraints build.txt --requirement wanted.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY hpefair hpefair
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

COPY --chown=50000:0 dvc.yaml params.yaml ./
COPY --chown=50000:0 dags dags
ENV AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/hpefair/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    DVC_NO_ANALYTICS=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    FIFTYONE_DO_NOT_TRACK=true \
    GX_ANALYTICS_ENABLED=false \
    HF_HUB_DISABLE_TELEMETRY=1 \
    PYTHONUNBUFFERED=1
# Repositories that are mounted belong to somebody else.
RUN git config --system --add safe.directory '*' && mkdir -p /opt/airflow/logs /data && chown -R 50000:0 /opt/airflow /data && chmod -R g+w /opt/airflow /data
USER 50000
# 0: the worker gets SIGTERM alone and ends its tasks itself.
ENV DUMB_INIT_SETSID=0
ENTRYPOINT ["dumb-init", "--"]
CMD ["airflow", "celery", "worker"]

# Never tested: no machine with a GPU and Docker was at hand. torch from PyPI brings CUDA's libraries; the host brings the driver.
FROM cpu AS cuda
USER 0
RUN uv pip install --no-cache --compile-bytecode --python "$(command -v python)" --no-deps --reinstall \
    --require-hashes --require-build-hashes --build-constraints build.txt --requirement worker.txt
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 50000
CMD ["airflow", "celery", "worker", "--queues", "gpu", "--concurrency", "1"]

# The target that is built where none is named.
FROM cpu AS worker
