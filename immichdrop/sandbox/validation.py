"""The checks Immich makes on fields, with the words of both versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .refusals import Fault, InvalidFields

UUID_PATTERN = r"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})$"
_UUID = re.compile(UUID_PATTERN)

Path = tuple[str | int, ...]


def refuse(faults: Sequence[Fault | None]) -> None:
    """Refuse the request if any of the checks found a fault."""
    found = [fault for fault in faults if fault is not None]
    if found:
        raise InvalidFields(found)


def text(value: object, path: Path, *, filled: bool = False) -> Fault | None:
    """A string. v2 puts its complaints in different orders for different fields (008, 186)."""
    if isinstance(value, str):
        return None
    name = dotted(path)
    words = [f"{name} must be a string"]
    if filled and value is None:
        words.insert(0, f"{name} should not be empty")
    return Fault(tuple(words), (_wrong_type("string", value, path),))


def boolean(value: object, path: Path) -> Fault | None:
    if isinstance(value, bool):
        return None
    return Fault((f"{dotted(path)} must be a boolean value",), (_wrong_type("boolean", value, path),))


def number(value: object, path: Path) -> Fault | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None
    words = f"{dotted(path)} must be a number conforming to the specified constraints"
    return Fault((words,), (_wrong_type("number", value, path),))


def array(value: object, path: Path) -> Fault | None:
    if isinstance(value, list):
        return None
    return Fault((f"{dotted(path)} must be an array",), (_wrong_type("array", value, path),))


def uuid(value: object, path: Path) -> Fault | None:
    if isinstance(value, str) and _UUID.match(value):
        return None
    return Fault((f"{dotted(path)} must be a UUID",), (_wrong_uuid(value, path),))


def uuids(value: object, name: str, *, empty_words: Sequence[str] = ()) -> Fault | None:
    """A list of ids (256, 271). `empty_words`: what v2 also says when it is missing (273)."""
    each = f"each value in {name} must be a UUID"
    if not isinstance(value, list):
        words = (each, *empty_words, f"{name} must be an array")
        return Fault(words, (_wrong_type("array", value, (name,)),))
    wrong = [_wrong_uuid(item, (name, index)) for index, item in enumerate(value) if uuid(item, ()) is not None]
    return Fault((each,), tuple(wrong)) if wrong else None


def one_of(value: object, options: Sequence[str], path: Path, words: str) -> Fault | None:
    """One of a few words; `words` is v2's complaint."""
    if value in options:
        return None
    expected = "|".join(f'"{option}"' for option in options)
    error: dict[str, object] = {
        "code": "invalid_value",
        "values": list(options),
        "path": list(path),
        "message": f"Invalid option: expected one of {expected}",
    }
    return Fault((words,), (error,))


def identifier(parameters: Mapping[str, object]) -> str:
    """The `{id}` of a path (175)."""
    value = parameters["id"]
    refuse([uuid(value, ("id",))])
    return str(value)


def dotted(path: Path) -> str:
    return ".".join(str(step) for step in path)


def kind(value: object) -> str:
    """A JSON value's type, as JavaScript calls it."""
    match value:
        case None:
            return "undefined"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _wrong_type(expected: str, value: object, path: Path) -> dict[str, object]:
    return {
        "expected": expected,
        "code": "invalid_type",
        "path": list(path),
        "message": f"Invalid input: expected {expected}, received {kind(value)}",
    }


def _wrong_uuid(value: object, path: Path) -> dict[str, object]:
    if not isinstance(value, str):
        return _wrong_type("string", value, path)
    return {
        "origin": "string",
        "code": "invalid_format",
        "format": "uuid",
        "pattern": f"/{UUID_PATTERN}/",
        "path": list(path),
        "message": "Invalid UUID",
    }
