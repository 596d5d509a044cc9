"""What a guest sends from, in a word, by what the browser says of itself."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The first that occurs counts: a phone names its system, too. Some iPads call themselves Macs.
_DEVICES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("iPod", "iPod"),
    ("Windows Phone", _("Windows phone")),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Windows", _("Windows computer")),
    ("Linux", _("Linux computer")),
)


def device(user_agent: str) -> str | Promise:
    """`iPhone`, `Android phone`, `Mac`, …; empty when it does not say."""
    if "Android" in user_agent:
        # Browsers on tablets leave the word out (developer.chrome.com, "User-Agent").
        return _("Android phone") if "Mobile" in user_agent else _("Android tablet")
    return next((words for sign, words in _DEVICES if sign in user_agent), "")
