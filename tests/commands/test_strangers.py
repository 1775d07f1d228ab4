"""A stranger's repository is unchanged after every command pointed at it, and nothing of it is put under git."""

import hashlib
import shutil
import subprocess

import pytest

from hpefair.cli import workspace_marker
from hpefair.cli.demo import create_workspace
from hpefair.data import images
from hpefair.errors import InputError, MissingArtifactError
from hpefair.machine import own_outputs
from tests.command_line import hpefair
from tests.conftest import PROJECT

FOREIGN = {
    "README.md": "# mine\n",
    "dvc.yaml": "stages: {mine: {cmd: echo}}\n",
    "params.yaml": "lr: 0.1\n",
    "hpefair/notes.txt": "a folder that happens to be called so\n",
    "data/raw/pictures/a.txt": "my raw data\n",
    "models/judges/movenet_lightning/mine.bin": "mine\n",
    "models/attributes/classifier/weights.safetensors": "mine\n",
    "review/decisions.jsonl": "{}\n",
    "out.json": '{"mine": 1}\n',
    "out.png": "no picture, but mine\n",
    "model.onnx": "mine\n",
    "shares.csv": "a,b\n1,2\n",
    "folder/mine.txt": "mine\n",
    "database/mine.txt": "mine\n",
}
CROWD = "--annotations {coco}/person_keypoints.json --results {coco}/predictions/{model}"
COMMANDS = [line.split() for line in f"""
demo --workspace .
demo --workspace . --data {{coco}}
add {{coco}}
add {{coco}} --replace --name pictures
add sample --number 2 --replace
sample --out . --images 1
sample --out folder --images 1
sheet {{coco}} --out out.png
audit-predictions {CROWD} --json out.json
train {{coco}} --out folder --steps 1
export {{weights}} --out model.onnx
attributes train {{coco}} --labels {{coco}}/labels.csv --out models/attributes/classifier --steps 1
attributes sample --out folder
attributes reference mine --out shares.csv
attributes import out.json
attributes delete --person a/1
attributes show
generation train-tiny --data {{coco}} --out folder --steps 1
app --folder database
app --folder README.md
app --address 0.0.0.0
check
stages
gaps
gate original
plan
log
record
report
review
review --export
promote compare
promote apply
""".strip().splitlines()]  # fmt: skip


@pytest.fixture(scope="module")
def weights(tmp_path_factory, tiny_coco):
    """A trained model, small."""
    root = tmp_path_factory.mktemp("trained")
    words = ["--steps", "2", "--batch", "2", "--size", "32x32", "--validation", "0"]
    hpefair("train", tiny_coco, "--out", "model", *words, cwd=root)
    return root / "model"


@pytest.fixture
def stranger(tmp_path):
    """Somebody's repository, with committed, staged and untracked files."""
    root = tmp_path / "theirs"
    for name, text in FOREIGN.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "init", "--quiet")
    git(root, "add", "README.md", "dvc.yaml", "params.yaml")
    git(root, "-c", "user.name=s", "-c", "user.email=s@localhost", "commit", "--quiet", "-m", "mine")
    (root / "params.yaml").write_text("lr: 0.2\n")
    git(root, "add", "params.yaml")
    return root


def git(root, *words):
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def state(root):
    """Every byte of it: files, index, commits."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nothing_of_a_stranger_is_touched(words, stranger, tiny_coco, weights):
    """One line says why, and names what would have been lost where something would."""
    model = sorted((tiny_coco / "predictions").iterdir())[0].name
    words = [word.format(coco=tiny_coco, weights=weights, model=model) for word in words]
    before = state(stranger)
    done = hpefair(*words, cwd=stranger, expect=2)
    assert done.stderr.strip().splitlines()[-1].startswith("error: ")
    assert state(stranger) == before


def test_a_refusal_names_what_would_have_been_lost(stranger):
    with pytest.raises(InputError) as refused:
        create_workspace(PROJECT, stranger)
    for name in ("dvc.yaml", "hpefair", "data/raw"):
        assert name in str(refused.value)
    assert "README.md" not in str(refused.value)


def test_the_clone_is_no_demos_workspace(tmp_path):
    """It carries a mark, of its own kind: a demo in it would replace its code and its raw data."""
    clone = tmp_path / "clone"
    clone.mkdir()
    shutil.copyfile(PROJECT / workspace_marker.MARKER, clone / workspace_marker.MARKER)
    (clone / "hpefair").mkdir()
    with pytest.raises(InputError, match="hpefair"):
        create_workspace(PROJECT, clone)
    workspace_marker.require(clone)


def test_a_demos_workspace_puts_only_its_own_files_under_git(tmp_path):
    """Not what people left there since, nor what they had staged."""
    create_workspace(PROJECT, tmp_path / "w")
    (tmp_path / "w/private.txt").write_text("mine")
    (tmp_path / "w/staged.txt").write_text("mine")
    git(tmp_path / "w", "add", "staged.txt")
    (tmp_path / "w/dvc.yaml").write_text("stages: {}\n")
    create_workspace(PROJECT, tmp_path / "w")
    tracked = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=tmp_path / "w", capture_output=True, text=True, check=True
    )
    names = set(tracked.stdout.split())
    assert {"dvc.yaml", workspace_marker.MARKER, "hpefair/cli/main.py"} <= names
    assert not {"private.txt", "staged.txt"} & names


def test_without_a_mark_there_is_no_workspace(tmp_path):
    with pytest.raises(MissingArtifactError, match="is not a workspace"):
        workspace_marker.require(tmp_path)


def test_own_files_are_replaced(tmp_path, tiny_coco):
    """The same command twice, and the picture is still one."""
    for _ in range(2):
        hpefair("sheet", tiny_coco, "--out", "s.png", "--images", "1", cwd=tmp_path)
    assert images.readable(tmp_path / "s.png")


def test_what_may_be_replaced(tmp_path):
    own = frozenset({"card.json", "weights"})
    own_outputs.check_file(tmp_path / "none")
    own_outputs.check_folder(tmp_path / "none", "card.json", own)
    own_outputs.check_folder(tmp_path, "card.json", own)  # empty
    (tmp_path / "weights").write_text("x")
    with pytest.raises(InputError, match="weights"):
        own_outputs.check_folder(tmp_path, "card.json", own)
    (tmp_path / "card.json").write_text("{}")
    own_outputs.check_folder(tmp_path, "card.json", own)
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InputError, match=r"thesis\.tex"):
        own_outputs.check_folder(tmp_path, "card.json", own)
    with pytest.raises(InputError, match="is a folder"):
        own_outputs.check_file(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        own_outputs.check_folder(tmp_path / "weights", "card.json", own)
