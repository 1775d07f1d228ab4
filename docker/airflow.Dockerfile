# API server, scheduler, DAG processor, triggerer: thin, so that nothing heavy can be imported where DAGs are parsed. The
# triggerer looks into the git repository for new raw data.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d

RUN apt-get update \
    && apt-get install -y --no-install-recommends dumb-init=1.2.5-2 git=1:2.39.* openssh-client=1:9.2* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 50000 --gid 0 --home-dir /srv/airflow --create-home airflow

WORKDIR /opt/hpefair
# By version and hash; `python docker/lock.py` writes it from airflow-requirements.txt.
COPY docker/locks/airflow.txt docker/locks/build.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement build.txt \
    && uv pip install --no-cache --compile-bytecode --python "$(command -v python)" --no-deps \
       --require-hashes --requirement airflow.txt \
    && pip uninstall --yes uv

COPY --chown=50000:0 dvc.yaml params.yaml ./
COPY --chown=50000:0 docker/pools.json docker/
COPY --chown=50000:0 hpefair hpefair
COPY --chown=50000:0 dags dags

ENV AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/hpefair/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    PYTHONPATH=/opt/hpefair \
    PYTHONUNBUFFERED=1
RUN git config --system --add safe.directory '*' && mkdir -p /opt/airflow/logs /opt/airflow/hpefair && chown -R 50000:0 /opt/airflow && chmod -R g+w /opt/airflow
USER 50000
ENTRYPOINT ["dumb-init", "--", "airflow"]
CMD ["version"]
