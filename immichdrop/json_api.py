"""What the hosts' JSON routes have in common: the gate, and bodies read with the types that are wanted."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, NotRequired, ParamSpec, TypedDict, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse

from immichdrop.models import User
from immichdrop.texts import storable

P = ParamSpec("P")
T = TypeVar("T", bound=msgspec.Struct)
_PLACE = re.compile(r"(.*) - at `\$\.(\w+)")


class ErrorAnswer(TypedDict):
    """How the core routes answer what went wrong: `error` is a code, `message` a sentence for people."""

    error: str
    message: NotRequired[str]


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


def read(request: HttpRequest, shape: type[T]) -> T:
    """The request's body in the shape that is wanted. Raises BadRequestError when it has another one."""
    try:
        said = msgspec.json.decode(request.body, type=shape)
    except (ValueError, RecursionError) as error:
        raise BadRequestError("invalid_json", _words(str(error))) from None
    for name, value in zip(shape.__struct_encode_fields__, msgspec.structs.astuple(said), strict=True):
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not storable(text) for text in texts):
            raise wrong(name, "it has a character that can't be kept.")
    return said


def _words(fault: str) -> str:
    """What is wrong with a body, by the field's name: msgspec says `Expected ... - at `$.name``."""
    if found := _PLACE.match(fault):
        said, field = found[1].replace("`", ""), found[2]
        return f"{field}: {said[0].lower()}{said[1:]}."
    return "Send a whole JSON object, in UTF-8."
