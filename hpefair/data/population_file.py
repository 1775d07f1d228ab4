"""Shares of groups from a YAML file: attribute, group, share."""

from pathlib import Path

import yaml

from hpefair.errors import InputError


def read_population(path: Path) -> dict[str, dict[str, float]]:
    """Shares by attribute and group.

    Raises:
        InputError: If the file cannot be read or is not such a mapping.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} cannot be read as YAML: {error}".splitlines()[0]) from error
    if not isinstance(tree, dict) or not all(isinstance(groups, dict) for groups in tree.values()):
        raise InputError(f"{path}: expected attributes with shares, such as `age_band: {{child: 0.1, …}}`")
    shares = {}
    for attribute, groups in tree.items():
        if not all(isinstance(share, int | float) and not isinstance(share, bool) for share in groups.values()):
            raise InputError(f"{path}: shares of {attribute} must be numbers")
        shares[str(attribute)] = {str(group): float(share) for group, share in groups.items()}
    return shares
