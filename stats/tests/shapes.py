"""How the JSON of an answer is built: exactly these keys, exactly these types."""

from typing import Any

NUMBER = float | int  # 1 and 1.0 are one number
MAYBE_NUMBER = NUMBER | None


def misfits(value: Any, shape: Any, path: str = "") -> list[str]:
    """Where a value differs from a shape: a type or union, a dict of shapes by key, or a list of one shape.

    A key that ends with "?" may be missing. True is no number.
    """
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{path}: {value!r} is no object"]
        optional = {key[:-1] for key in shape if key.endswith("?")}
        known = {key.rstrip("?"): each for key, each in shape.items()}
        wrong = [f"{path}.{key}: unknown" for key in value if key not in known]
        wrong += [f"{path}.{key}: missing" for key in known if key not in value and key not in optional]
        return wrong + [
            each for key in known if key in value for each in misfits(value[key], known[key], f"{path}.{key}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{path}: {value!r} is no list"]
        return [each for n, item in enumerate(value) for each in misfits(item, shape[0], f"{path}[{n}]")]
    kinds = getattr(shape, "__args__", (shape,))
    return [] if type(value) in kinds else [f"{path}: {value!r} is not {shape}"]
