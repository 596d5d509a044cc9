"""Cookies as browsers' add-ons export them: Netscape's format, one cookie a line, seven fields parted by tabs."""

from collections.abc import Iterable
from dataclasses import dataclass

HEADING = "# Netscape HTTP Cookie File"
_HTTP_ONLY = "#HttpOnly_"
MOST = 500
LATEST = 32_503_680_000  # the year 3000: some write milliseconds, or the largest number there is


class NotACookieFileError(ValueError):
    """The text is not in Netscape's format; the message names the line."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """`expires` in seconds since 1970; 0 for one that ends with the browser."""

    domain: str
    below: bool
    path: str
    secure: bool
    expires: int
    name: str
    value: str

    @property
    def host(self) -> str:
        return self.domain.removeprefix(".").lower()

    def line(self) -> str:
        flags = ["FALSE", "TRUE"]
        fields = [self.domain, flags[self.below], self.path, flags[self.secure], str(self.expires)]
        return "\t".join([*fields, self.name, self.value])


def read(text: str) -> list[Cookie]:
    """Raises NotACookieFileError."""
    cookies = []
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = raw.removeprefix(_HTTP_ONLY)
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 7 or not fields[0] or not fields[5]:
            raise NotACookieFileError(f"Line {number} does not have the seven fields of a cookie, parted by tabs.")
        expires = fields[4].partition(".")[0]
        if expires and not expires.lstrip("-").isdecimal():
            raise NotACookieFileError(f"Line {number} has no date in its fifth field.")
        domain, below, path, secure, _, name, value = fields
        moment = max(0, min(int(expires or 0), LATEST))
        cookies.append(Cookie(domain, below == "TRUE", path, secure == "TRUE", moment, name, value))
    if not cookies:
        raise NotACookieFileError("There is no cookie in this file.")
    if len(cookies) > MOST:
        raise NotACookieFileError(f"There are more than {MOST} cookies in this file.")
    return cookies


def write(cookies: Iterable[Cookie]) -> str:
    return "\n".join([HEADING, *(cookie.line() for cookie in cookies), ""])
