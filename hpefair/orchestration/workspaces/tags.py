"""Tags of a repository: what was promoted, once and for all."""

from pathlib import Path

from hpefair.errors import ToolError
from hpefair.orchestration.workspaces import commands
from hpefair.orchestration.workspaces.publish import WHO


class TakenError(ToolError):
    """The tag is there, and stands for another commit."""


def tag(workspace: Path, name: str, commit: str, message: str) -> str:
    """Tag a commit in the origin.

    Args:
        workspace: A clone.
        name: Name of the tag.
        commit: The commit.
        message: Message.

    Returns:
        The tag's name.

    Raises:
        TakenError: If the origin has a tag of that name at another commit.
        ToolError: If it cannot be pushed.
    """
    known = commands.git(["ls-remote", "--tags", "origin", f"refs/tags/{name}^{{}}"], workspace).split()
    if known and known[0] == commit:
        return name
    if known:
        raise TakenError(
            f"the tag {name} stands for {known[0][:12]}, not for {commit[:12]}; delete the tag, or use another name"
        )
    commands.git([*WHO, "tag", "--force", "--annotate", "--message", message, name, commit], workspace)
    commands.git(["push", "--quiet", "origin", f"refs/tags/{name}"], workspace)
    return name
