"""Moments and sizes as each language writes them."""

from datetime import UTC, datetime

import pytest
from django.utils.translation import override

from immichdrop import local_forms

AT = datetime(2026, 7, 14, 21, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ("14 July, 21:05", "14 July 2026, 21:05", "4.2 MB", "0 B")),
        ("de", ("14. Juli, 21:05", "14. Juli 2026, 21:05", "4,2 MB", "0 Byte")),
        ("ja", ("7月14日 21:05", "2026年7月14日 21:05", "4.2 MB", "0 byte")),
    ],
)
def test_moments_and_sizes(language: str, written: tuple[str, ...]) -> None:
    with override(language):
        moments = (local_forms.moment(AT), local_forms.moment(AT, year=True))
        sizes = (local_forms.size(4_200_000), local_forms.size(0))
    assert tuple(" ".join(each.split()) for each in (*moments, *sizes)) == written
