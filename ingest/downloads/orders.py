"""What a download's process is told: everything it needs, in one piece of JSON on its standard input."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, Protocol, Self


class Tell(Protocol):
    """Says something to whoever ordered: `progress`, `file` or `failure`, each with its own fields."""

    def __call__(self, **message: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """`proxy` has the pass in it; `seconds` of CPU; sizes in bytes; `cookies` are a Netscape file's text.

    `hosts`, `short`, `extractors`, `galleries`, `formats`: as `platforms.Platform` has them. `python_path`: folders
    with extractors beside those of the libraries, which only tests have.
    """

    program: Literal["video", "gallery"]
    url: str
    folder: str
    proxy: str
    port: int
    seconds: int
    largest_file: int
    hosts: list[str]
    short: str
    extractors: list[str]
    galleries: list[str]
    formats: str
    cookies: str
    ffmpeg: str
    deno: str
    python_path: list[str]

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(**json.loads(text))

    def write(self) -> str:
        return json.dumps(asdict(self))
