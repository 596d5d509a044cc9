"""Which photos go into which albums: `[sizes]:name`, where a name may hold the date."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter

from ingest.icloud.photos import SIZES
from ingest.icloud.steps.sizes import OptionError, read_sizes

OPTION = "--album"
_WITH_SIZES = re.compile(r"\[([^\]]*)\]:(.*)", re.DOTALL)
_SOME_DAY = datetime(2024, 1, 31)  # noqa: DTZ001 (to try a template with)


@dataclass(frozen=True, slots=True)
class AlbumRule:
    """Files of these sizes go into the album of this name; see `name_for`."""

    sizes: Sequence[str]
    template: str

    def name_for(self, created: datetime) -> str:
        """The album of a photo: in `{:%Y/%m}` stands its date, as often as wished, in the time zone that it has."""
        if "{:" not in self.template:
            return self.template
        return self.template.format(*[created] * self.template.count("{")).strip()


def read_rule(text: str) -> AlbumRule:
    """`[size,size]:template`, or a template alone for all sizes. Raises OptionError."""
    match = _WITH_SIZES.fullmatch(text)
    sizes, template = (SIZES, text) if match is None else (_sizes(match[1], text), match[2])
    rule = AlbumRule(sizes, template.strip())
    if "{:" in template:
        _check(rule)
    if not rule.template or not rule.name_for(_SOME_DAY):
        raise OptionError(f"{OPTION}: {text!r} names no album.")
    return rule


def _sizes(named: str, text: str) -> Sequence[str]:
    if not named.strip(" ,"):
        raise OptionError(f"{OPTION}: {text!r} names no size. There are {', '.join(SIZES)}.")
    return read_sizes(f"{OPTION} {text!r}", [named])


def _check(rule: AlbumRule) -> None:
    """The date is all that a template may ask for: `{0.__class__}` and the like are none of anybody's business."""
    try:
        fields = [name for _, name, _, _ in Formatter().parse(rule.template) if name is not None]
        understood = set(fields) == {""}
        rule.name_for(_SOME_DAY)
    except (ValueError, IndexError, KeyError, AttributeError):
        understood = False
    if not understood:
        raise OptionError(
            f"{OPTION}: {rule.template!r} can't be filled in. A date stands in it like this: 'iCloud/{{:%Y/%m}}'."
        )
