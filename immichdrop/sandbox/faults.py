"""Trouble on demand: what goes wrong on the way to a server and back, and to which requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Any

Json = dict[str, object]


class FaultsError(ValueError):
    """There is no such fault, or it can't be set to that."""


@dataclass(slots=True)
class Hits:
    """Which requests a fault hits: a `share` (0 to 1) of those that `on` names, at most `count` in all.

    `on`: `METHOD /path`, where `*` stands for anything: `POST /api/assets`, `PUT /api/albums/*`.
    The same `seed` hits the same ones of a series of requests. `struck`: how many it has hit.
    """

    share: float = 1.0
    count: int | None = None
    on: tuple[str, ...] = ("* /api/*",)
    seed: int = 0
    struck: int = field(default=0, init=False)
    random: Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise FaultsError(f"A share is between 0 and 1, not {self.share}")
        if self.count is not None and self.count < 0:
            raise FaultsError(f"A count is 0 or more, not {self.count}")
        for pattern in self.on:
            if " /" not in pattern:
                raise FaultsError(f"Requests are named like 'POST /api/assets', not {pattern!r}")
        self.random = Random(self.seed)

    def take(self, method: str, path: str) -> bool:
        """Is this request hit? If so, it counts."""
        if self.count is not None and self.struck >= self.count:
            return False
        if not any(fnmatchcase(f"{method} {path}", pattern) for pattern in self.on):
            return False
        if self.share < 1 and self.random.random() >= self.share:
            return False
        self.struck += 1
        return True

    @classmethod
    def from_json(cls, value: object) -> Hits:
        """From `{"share", "count", "on", "seed"}`, each of which may be left out."""
        if not isinstance(value, dict) or not value.keys() <= _HITS.keys():
            raise FaultsError(f"Expected an object with {', '.join(_HITS)}, not {value!r}")
        given = {name: _typed(item, _HITS[name], name) for name, item in value.items() if item is not None}
        if "on" in given:
            given["on"] = tuple(map(str, given["on"]))
        return cls(**given)

    def to_json(self) -> Json:
        return {"share": self.share, "count": self.count, "on": list(self.on), "seed": self.seed, "struck": self.struck}


class Kind(StrEnum):
    """What can happen to one request. It has the name of its field in `Faults`."""

    RESET_BEFORE = "reset_before"
    ERROR_BEFORE = "error_before"
    RESET_BODY = "reset_body"
    ERROR_AFTER = "error_after"
    RESET_AFTER = "reset_after"


@dataclass(slots=True)
class Faults:
    """What is wrong right now. Change it at any time; it counts from the next request on.

    `down`: connections are closed without a byte of an answer.
    `latency`: seconds before a request is looked at; requests wait side by side. `late` chooses
    which; None: all of them.
    `reset_before`, `reset_body`: the connection is reset, before the request is handled or in the
    middle of its body; nothing is stored. `reset_after`: it is handled, then reset without an answer.
    `error_before`, `error_after`: `status` is the answer, before or after it was handled.
    `retry_after`: seconds, in the header of these answers if their status is 429 or 503.
    `flaky`: one of these five, by chance.
    `forgetting`: an upload is answered 201, but its asset is gone again.

    Of the first six at most one happens to a request, in the order of their names here.
    """

    down: bool = False
    latency: float = 0.0
    late: Hits | None = None
    reset_before: Hits | None = None
    error_before: Hits | None = None
    reset_body: Hits | None = None
    error_after: Hits | None = None
    reset_after: Hits | None = None
    flaky: Hits | None = None
    forgetting: Hits | None = None
    status: int = 503
    retry_after: int | None = None

    def seconds_late(self, method: str, path: str) -> float:
        """How long this request is made to wait."""
        return self.latency if self.late is None or self.late.take(method, path) else 0.0

    def strike(self, method: str, path: str) -> Kind | None:
        """What happens to this request."""
        for kind in Kind:
            hits: Hits | None = getattr(self, kind)
            if hits is not None and hits.take(method, path):
                return kind
        if self.flaky is not None and self.flaky.take(method, path):
            return self.flaky.random.choice(list(Kind))
        return None

    def clear(self) -> None:
        """End all trouble."""
        for name, default in _DEFAULTS.items():
            setattr(self, name, default)

    def change(self, wanted: Mapping[str, object]) -> None:
        """Set what is named, and leave the rest; null ends a fault. All or nothing: FaultsError."""
        read = {name: _read(name, value) for name, value in wanted.items()}
        for name, value in read.items():
            setattr(self, name, value)

    def change_as(self, text: str | bytes) -> None:
        """`change` by a JSON object with the names of `Faults` and `Hits`."""
        try:
            wanted = json.loads(text)
        except ValueError:
            wanted = None
        if not isinstance(wanted, dict):
            raise FaultsError("Expected a JSON object")
        self.change(wanted)

    def to_json(self) -> Json:
        values = {name: getattr(self, name) for name in _DEFAULTS}
        return {name: value.to_json() if isinstance(value, Hits) else value for name, value in values.items()}


_DEFAULTS: dict[str, object] = {each.name: each.default for each in fields(Faults)}
_HITS: dict[str, type] = {"share": float, "count": int, "on": list, "seed": int}
_PLAIN: dict[str, type] = {"down": bool, "latency": float, "status": int, "retry_after": int}


def _read(name: str, value: object) -> object:
    if name not in _DEFAULTS:
        raise FaultsError(f"There is no fault called {name!r}, but {', '.join(_DEFAULTS)}")
    if value is None:
        return _DEFAULTS[name]
    return _typed(value, _PLAIN[name], name) if name in _PLAIN else Hits.from_json(value)


def _typed(value: object, wanted: type, name: str) -> Any:
    """A whole number is also a fraction; a truth is no number."""
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise FaultsError(f"{name} is a {wanted.__name__}, not {value!r}")
    return value
