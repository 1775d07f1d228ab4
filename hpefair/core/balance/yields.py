"""Expected acceptance of generated people, learned from earlier batches."""

from collections.abc import Iterable, Mapping, Sequence


def expected_yields(history: Iterable[Mapping[str, object]], groups: Sequence[str], prior: float) -> dict[str, float]:
    """Acceptance rate per group, shrunk towards a prior that counts as one batch of 20.

    Args:
        history: Records with `group`, `made` and `accepted`.
        groups: Groups to report.
        prior: Acceptance expected without any history, in (0, 1].

    Returns:
        Rate per group in (0, 1].

    >>> expected_yields([{"group": "low", "made": 20, "accepted": 10}], ["low", "high"], 0.8)
    {'low': 0.65, 'high': 0.8}
    """
    made, accepted = dict.fromkeys(groups, 20.0), dict.fromkeys(groups, 20.0 * prior)
    for record in history:
        group = str(record["group"])
        if group in made:
            made[group] += float(str(record["made"]))
            accepted[group] += float(str(record["accepted"]))
    return {group: max(accepted[group] / made[group], 0.01) for group in groups}
