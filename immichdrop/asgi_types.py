"""The ASGI callables' types, for the parts that stand in front of Django. Imports no model: usable before set-up."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

# ASGI itself types these as open mappings (its specification, "Events"), hence the one Any of the project.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers by lower-case name; of a repeated one the last counts."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
