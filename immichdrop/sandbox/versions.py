"""The versions of Immich the sandbox can be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Api:
    """One version, as far as its outside differs from the others'."""

    major: int
    minor: int
    patch: int
    correlation_header: str

    @property
    def strict(self) -> bool:
        """v3 checks fields strictly, and words its refusals in another way."""
        return self.major >= 3

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


# Nothing was recorded with v1: but for its number, it answers as v2 does.
V1 = Api(1, 135, 3, correlation_header="x-immich-cid")
V2 = Api(2, 7, 5, correlation_header="x-immich-cid")
V3 = Api(3, 1, 0, correlation_header="x-correlation-id")

BY_MAJOR = {api.major: api for api in (V1, V2, V3)}
