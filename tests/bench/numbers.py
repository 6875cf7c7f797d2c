"""Medians and quantiles of what was measured."""

import math
from collections.abc import Iterable, Sequence
from statistics import median

__all__ = ["median", "median_of_each", "quantile"]


def quantile(values: Iterable[float], share: float) -> float:
    """The least value that at least this share of them does not exceed; nan for none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def median_of_each(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of every number over the rounds."""
    return {name: median(one[name] for one in rounds) for name in rounds[0]}
