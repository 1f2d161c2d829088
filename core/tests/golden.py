"""The golden cases beside the project: inputs with the results the rules ask for.

Every app's tests may import this module, so that a case is loaded, and skipped, in one way.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

NAMES = ("id", "name", "function", "kind")


def golden(name: str) -> Any:
    """One golden file; numbers with a point are Decimals. None when the shared data are absent."""
    directory = Path(settings.SHARED_DATA_DIR)
    if not directory.is_dir():
        return None
    return json.loads((directory / "golden" / f"{name}.json").read_text(), parse_float=Decimal)


def golden_cases(name: str, *path: str) -> list[Any]:
    """The cases of one section as parameters of a test, each with its id; one skipped case without the data.

    A section that is a single case gives one parameter.
    """
    found = golden(name)
    if found is None:
        skip = pytest.mark.skip(reason=f"no shared data at {settings.SHARED_DATA_DIR}")
        return [pytest.param(None, marks=skip, id=name)]
    for key in path:
        found = found[key]
    cases = found if isinstance(found, list) else [found]
    if not cases:
        raise ValueError(f"no cases in {name} {path}")
    return [pytest.param(case, id=case_id(number, case)) for number, case in enumerate(cases)]


def case_id(number: int, case: Any) -> str:
    """Its number, and what the case calls itself."""
    names = [str(case[name]) for name in NAMES if isinstance(case, dict) and name in case]
    return "-".join([f"{number:02}", *names[:1]])
