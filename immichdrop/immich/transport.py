"""How requests travel to Immich: one small pool of connections, and our patience with them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ProtocolError

from .connections import PatientAdapter
from .credentials import Anonymous
from .errors import ImmichError, NotImmich, Unavailable, from_answer

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 60.0
BLOCK_BYTES = 256 * 1024
ANSWER_LIMIT = 64 * 1024 * 1024
ERROR_LIMIT = 64 * 1024

# Told of every request: its kind (`PUT /albums/{id}/assets`), the seconds until the answer began, and the answer's
# status, None when there was none. Called by the thread that asked.
OnRequest = Callable[[str, float, int | None], None]


class Form(Protocol):
    """A body of known length that can be iterated more than once."""

    content_type: str

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


class Download:
    """The bytes of an asset, as they come. Close it, or use it in a `with`.

    `size` is None when Immich does not announce it. Iterating gives blocks of at most 256 kB;
    a connection lost on the way raises Unavailable.
    """

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self.content_type = response.headers.get("content-type", "application/octet-stream")
        length = response.headers.get("content-length", "")
        self.size = int(length) if length.isdigit() else None

    def __iter__(self) -> Iterator[bytes]:
        return _blocks(self._response)

    def save(self, target: BinaryIO) -> int:
        """Write everything to `target`, close, and return the number of bytes."""
        with self:
            return sum(target.write(block) for block in self)

    def close(self) -> None:
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Transport:
    """Requests to one server with one credential. Not for use by several threads at once."""

    def __init__(
        self,
        base_url: str,
        auth: AuthBase,
        *,
        connect_timeout: float,
        read_timeout: float,
        on_request: OnRequest | None = None,
    ) -> None:
        self.base_url = _without_api(base_url)
        self._on_request = on_request
        self._auth = auth
        self._timeouts = (connect_timeout, read_timeout)
        self._session = requests.Session()
        self._session.mount("http://", PatientAdapter())
        self._session.mount("https://", PatientAdapter())
        self._session.headers["Accept"] = "application/json"
        self._warm = False
        self.date = ""  # the latest answer's header of that name

    def json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        form: Form | None = None,
        anonymous: bool = False,
        repeatable: bool = True,
    ) -> object:
        """Send, and read a JSON answer (None for 204). `path` starts after `/api`.

        `repeatable=False`: never send it twice, not even when an idle connection turned out dead.
        """
        send = partial(
            self._session.request,
            method,
            f"{self.base_url}/api{path}",
            headers={} if form is None else {"Content-Type": form.content_type},
            params=params,
            json=body,
            data=form,
            auth=Anonymous() if anonymous else self._auth,
        )
        with closing(self._open(send, repeatable=repeatable)) as response:
            if response.status_code == HTTPStatus.NO_CONTENT:
                _read(response, 0)  # to its end, or closing it would close the connection as well
                return None
            return _read_json(response)

    def download(self, path: str, *, params: Mapping[str, str] | None = None) -> Download:
        """Start reading bytes. They come uncompressed, so that `size` is theirs."""
        send = partial(
            self._session.request,
            "GET",
            f"{self.base_url}/api{path}",
            headers={"Accept": "*/*", "Accept-Encoding": "identity"},
            params=params,
            auth=self._auth,
        )
        return Download(self._open(send, repeatable=True))

    def close(self) -> None:
        self._session.close()

    def _open(self, send: partial[requests.Response], *, repeatable: bool) -> requests.Response:
        """An answer with a success status, its body not yet read."""
        may_be_stale, self._warm = self._warm, False
        response = self._send(send)
        if isinstance(response, Dropped) and may_be_stale and repeatable:
            # Immich closes idle connections after 5 s: this one died as we picked it up.
            self._session.close()
            response = self._send(send)
        if isinstance(response, ImmichError):
            raise response
        self._warm = True
        self.date = response.headers.get("date", "")
        if HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return response
        with closing(response):
            body = _read(response, ERROR_LIMIT)
        raise from_answer(response.status_code, body, response.headers)

    def _send(self, send: partial[requests.Response]) -> requests.Response | ImmichError:
        """Up to the answer's headers. A redirect is an answer: following it would give the key
        to whoever it points at.

        What went wrong is returned: raised here, it would have the request, and the key in it,
        as its context.
        """
        began = time.monotonic()
        answer: requests.Response | ImmichError
        try:
            answer = send(timeout=self._timeouts, stream=True, allow_redirects=False)
        except requests.RequestException as error:
            answer = _problem(error)
        if self._on_request:
            status = answer.status_code if isinstance(answer, requests.Response) else None
            self._on_request(self._kind(*send.args), time.monotonic() - began, status)
        return answer

    def _kind(self, method: str, url: str) -> str:
        """What is asked, whomever it is about: Immich's ids have digits, its words have none."""
        path = url.removeprefix(f"{self.base_url}/api")
        return f"{method} {re.sub(r'/[^/]*[0-9][^/]*', '/{id}', path)}"


class Dropped(Unavailable):
    """The connection ended before a byte of an answer came."""


def _without_api(address: str) -> str:
    """`https://photos.example/api/` and the like, without what we add ourselves."""
    return address.strip().rstrip("/").removesuffix("/api").rstrip("/")


def _blocks(response: requests.Response) -> Iterator[bytes]:
    """The body, decompressed, in blocks of 256 kB."""
    try:
        yield from response.iter_content(BLOCK_BYTES)
    except requests.RequestException as error:
        problem = _problem(error)
    else:
        return
    raise problem


def _read(response: requests.Response, limit: int) -> bytes:
    """At most `limit` bytes, and a block, of the body."""
    body = bytearray()
    for block in _blocks(response):
        body += block
        if len(body) > limit:
            break
    return bytes(body)


def _read_json(response: requests.Response) -> object:
    content_type = response.headers.get("content-type", "")
    if not content_type.startswith("application/json"):
        raise NotImmich(
            f"The address answers with {content_type or 'nothing'} instead of Immich's JSON",
            status=response.status_code,
        )
    body = _read(response, ANSWER_LIMIT)
    if len(body) > ANSWER_LIMIT:
        raise NotImmich("The answer is larger than any of Immich's", status=response.status_code)
    try:
        answer: object = json.loads(body)
    except ValueError:
        raise NotImmich("The answer is broken JSON", status=response.status_code) from None
    return answer


def _problem(error: requests.RequestException) -> ImmichError:
    """What a failure below HTTP means. None of the words come from the request."""
    match error:
        case requests.exceptions.InvalidURL() | requests.exceptions.InvalidSchema():
            return NotImmich("This is not a web address")
        case requests.exceptions.MissingSchema():
            return NotImmich("The address must start with http:// or https://")
        case requests.exceptions.ConnectTimeout():
            return Unavailable("Immich can't be reached: no connection in time")
        case requests.exceptions.ReadTimeout():
            return Unavailable("Immich did not answer in time")
        case requests.exceptions.SSLError():
            return Unavailable(f"Immich can't be reached securely: {_root(error)}")
        case _ if _was_dropped(error):
            return Dropped(f"The connection to Immich was lost: {_root(error)}")
        case _:
            return Unavailable(f"Immich can't be reached: {_root(error)}")


def _root(error: BaseException) -> BaseException:
    """The first cause: "Connection refused" rather than what was wrapped around it."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return error


def _was_dropped(error: requests.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, ProtocolError) and isinstance(_root(cause), ConnectionError)
