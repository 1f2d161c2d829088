"""Bars with rate and ETA: lively on a terminal, a line now and then in a log."""

import sys
from typing import Any

from tqdm import tqdm


def bar(what: str, total: int, unit: str) -> "tqdm[Any]":
    return tqdm(
        desc=what, total=total, unit=unit, unit_scale=True, mininterval=0.5 if sys.stderr.isatty() else 20, ncols=100
    )
