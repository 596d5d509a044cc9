"""What the hosts' JSON routes have in common: the gate, and bodies read with the types that are wanted."""

import json
import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, JsonResponse

from immichdrop.models import User
from immichdrop.texts import storable

P = ParamSpec("P")


class BadRequestError(Exception):
    """400 with the contract's code; `message` is for people and names the field."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def wrong(field: str, wanted: str) -> BadRequestError:
    """A field of a JSON body that is not what is wanted."""
    return BadRequestError("invalid_json", f"{field}: {wanted}")


def host_required(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Gate: a logged-in host, whom the view gets as its second argument; everybody else is answered 401."""

    @wraps(view)
    def gate(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if isinstance(request.user, User):
            return view(request, request.user, *args, **kwargs)
        return JsonResponse({"error": "unauthorized"}, status=401)

    return gate


def answers_bad_requests(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Gate: what can't be read is answered with 400, its code, and words that name the field."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except BadRequestError as error:
            return JsonResponse({"error": error.code, "message": error.message}, status=400)

    return answered


class Fields:
    """A JSON object. What is left out and null are alike: "", None, False, or an empty list.

    Every reader raises BadRequestError when there is something else than it wants.
    """

    def __init__(self, said: Mapping[str, object]) -> None:
        self._said = said

    def __contains__(self, name: str) -> bool:
        return name in self._said

    def text(self, name: str) -> str:
        value = self._said.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or not storable(value):
            raise wrong(name, "a text is wanted.")
        return value

    def number(self, name: str) -> int | None:
        value = self._said.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(name, "a whole number is wanted.")
        return value

    def flag(self, name: str) -> bool:
        value = self._said.get(name)
        if value is not None and not isinstance(value, bool):
            raise wrong(name, "true or false is wanted.")
        return bool(value)

    def identifier(self, name: str) -> uuid.UUID | None:
        try:
            return uuid.UUID(self.text(name)) if self.text(name) else None
        except ValueError:
            raise wrong(name, "an id of Immich's is wanted.") from None

    def texts(self, name: str, most: int) -> list[str]:
        value = self._said.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            raise wrong(name, f"a list of at most {most} texts is wanted.")
        texts = [item for item in value if isinstance(item, str) and storable(item)]
        if len(texts) < len(value):
            raise wrong(name, f"a list of at most {most} texts is wanted.")
        return texts


def read(request: HttpRequest) -> Fields:
    """The request's body. Raises BadRequestError when it is no JSON object."""
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise BadRequestError("invalid_json", "Send a JSON object.")
    return Fields(said)
