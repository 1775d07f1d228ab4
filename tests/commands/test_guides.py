"""Every command of the documentation, typed by a shell in the order of its page; what takes a server has its own test.

Words that stand for the reader's own files are replaced, and sizes made small; nothing else is changed.
"""

import shutil
from pathlib import Path

import pytest

from hpefair.cli.demo import create_workspace
from tests.commands.labels.test_attributes import fill
from tests.conftest import PROJECT, shrink
from tests.documentation import PAGES, Reader, commands, name

pytestmark = pytest.mark.pipeline

FRESH = ("audit-model", "people", "estimators", "judges", "cluster")  # pages that begin before there are results
FINISHED = ("tracking", "README", "review", "add-attribute", "attributes", "repair")
ELSEWHERE = {  # downloads, servers that run until they are stopped, and this suite itself: which file has it, and how
    "make setup": ("Makefile", "test: setup"),
    "make test": ("Makefile", "-m pytest $(SPREAD) -m"),
    "make test-fast": ("Makefile", "-m pytest $(SPREAD) $(FAST)"),
    "make test-services": (".ci/run", "test-services"),
    "make demo": ("tests/pipeline/test_sample.py", 'dvc(root, "repro"'),
    "make airflow": ("tests/dags/airflow_server.py", "docker/airflow-standalone.sh"),
    "source .venv/bin/activate": ("tests/documentation.py", 'self.env["PATH"]'),
    "hpefair judges fetch": ("tests/judges/test_fetching.py", '["judges", "fetch"'),
    "hpefair add FOLDER --discover": ("tests/conftest.py", 'run(root, "add", str(dataset)'),
    "hpefair add sample": ("tests/pipeline/test_sample.py", '"add", "sample"'),
    "hpefair app --port 5152": ("docker/airflow-standalone.sh", "hpefair app"),
    "mlflow server --backend-store-uri sqlite:///mlflow.db --host 127.0.0.1 --port 5000": (
        "tests/tracking/test_tracking.py", '"mlflow", "server"',
    ),
    "docker compose --env-file docker/.env -f docker/compose.yaml up --build": (
        "tests/docker/test_docker.py", '"config"',
    ),
}  # fmt: skip
SHORT = {  # a shell cannot wait for a window, nor a test for a thousand pictures
    "--images 1000": "--images 6",
    "--images 48": "--images 4",
    "--objective group_dro": "--objective group_dro --steps 4 --batch 4 --size 48x64",
    "--open": "",
    "hpefair review": "hpefair review --no-launch",
    "promote apply": "promote apply --reason 'it is a test'",
}
# A page's `dvc repro` goes as far as what the page is about: that all of it runs is shown by tests/pipeline.
AS_FAR_AS = {"attributes": "audit@original", "repair": "plan"}
FILES = {
    "person_keypoints_val2017.json": "ANNOTATIONS.json",
    "my_model.json": "RESULTS.json",
    "labels.csv": "LABELS.csv",
    "ANNOTATIONS.json": "{data}/person_keypoints.json",
    "RESULTS.json": "{data}/predictions/tinynet.json",
    "FOLDER/LABELS.csv": "{data}/labels.csv",
    "LABELS.csv": "{data}/labels.csv",
    "FOLDER": "{data}",
    "--by age_band": "--by gender_presentation",  # what the drawn people are labelled with
}


def test_no_command_is_left_out():
    """A page with a new command is typed here, or says which test runs it."""
    typed = {path_of(subject) for subject in (*FRESH, *FINISHED)} | {PROJECT / "docs/tutorial.md"}
    for path in PAGES:
        for line in commands(path):
            if line in ELSEWHERE:
                where, words = ELSEWHERE[line]
                assert words in (PROJECT / where).read_text(), f"{name(path)}: {line}"
            else:
                assert path in typed or "…" in line, f"{name(path)}: {line}"


@pytest.fixture(scope="module")
def beginner(tmp_path_factory):
    """In a clone that has no data yet."""
    root = tmp_path_factory.mktemp("beginner") / "clone"
    create_workspace(PROJECT, root)
    shrink(root)
    return Reader(root)


@pytest.fixture(scope="module")
def user(made_workspace, tmp_path_factory):
    """In a clone in which the whole pipeline has run."""
    root = tmp_path_factory.mktemp("user") / "clone"
    shutil.copytree(made_workspace, root, symlinks=True)
    return Reader(root)


def meant(line: str, data: Path) -> str:
    """The line with the reader's own files, and small."""
    for words, others in {**FILES, **SHORT}.items():
        line = line.replace(words, others.format(data=data))
    return line


def path_of(subject: str) -> Path:
    """The page about it."""
    return PROJECT / ("README.md" if subject == "README" else f"docs/guides/{subject}.md")


def page(subject: str) -> list[str]:
    """Commands of a page that are typed here; of the README those that no guide has: it lists what guides tell."""
    spoken = {"hpefair train", "hpefair export", *ELSEWHERE}  # a name alone, which its guide has whole
    if subject == "README":
        spoken.update(line for other in (*FRESH, *FINISHED) if other != subject for line in commands(path_of(other)))
    return [line for line in commands(path_of(subject)) if line not in spoken and "…" not in line]


@pytest.mark.parametrize("subject", FRESH)
def test_a_beginner_can_type_it(beginner, tiny_coco, subject):
    """Nothing has been run before."""
    if subject == "cluster":
        shutil.copytree(PROJECT / "docker", beginner.root / "docker", dirs_exist_ok=True)
    for line in page(subject):
        beginner.types(meant(line, tiny_coco))


@pytest.mark.parametrize("subject", FINISHED)
def test_a_user_can_type_it(user, tiny_coco, subject):
    """The pipeline has run; a reviewer fills in the form where the page says so."""
    for line in page(subject):
        if "import to_label/review.csv" in line:
            fill(user.root / "to_label/review.csv", lambda person: {"gender_presentation": "feminine"})
        line = f"dvc repro {AS_FAR_AS[subject]}" if line == "dvc repro" and subject in AS_FAR_AS else line
        user.types(meant(line, tiny_coco))
