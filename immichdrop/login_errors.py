"""Why somebody does not get in. The class says what to do; `str()` is for the person.

LoginError
  - WrongError      that was a wrong guess, and is counted as one
  - TooManyError    guess later; nothing was looked at
  - AwayError       Immich can't tell now; not counted
  - RefusedError    it is clear who that is, and they may not come in this way
"""

from django.utils.translation import gettext as _


class LoginError(Exception):
    status = 403


class WrongError(LoginError):
    pass


class TooManyError(LoginError):
    """`wait`: seconds."""

    status = 429

    def __init__(self, wait: int) -> None:
        super().__init__(_("Too many tries. Please wait a few minutes."))
        self.wait = wait


class AwayError(LoginError):
    status = 503

    def __init__(self) -> None:
        super().__init__(_("Immich can’t be reached, so it can’t say who you are. Please try again in a while."))


class RefusedError(LoginError):
    pass
