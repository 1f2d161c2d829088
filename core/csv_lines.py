"""Values in files that spreadsheets open."""

import re
from typing import Any

# What a spreadsheet would take for a formula.
FORMULA = re.compile(r"^[=+\-@\t\r]")


def csv_value(value: Any) -> Any:
    """Text that looks like a formula is made harmless; nothing is an empty cell."""
    if isinstance(value, str) and FORMULA.match(value):
        return f"'{value}"
    return "" if value is None else value
