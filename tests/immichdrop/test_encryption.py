"""Stored keys are encrypted with the installation's secret."""

import pytest
from django.conf import LazySettings

from immichdrop.encryption import SecretChangedError, decrypt, encrypt


def test_what_goes_in_comes_out() -> None:
    assert decrypt(encrypt("a key – with ünicode")) == "a key – with ünicode"


def test_it_is_not_readable_and_never_the_same_twice() -> None:
    assert "a-key" not in encrypt("a-key")
    assert encrypt("a-key") != encrypt("a-key")


def test_another_secret_can_not_read_it(settings: LazySettings) -> None:
    settings.SECRET_KEY = "the first"
    kept = encrypt("a-key")
    settings.SECRET_KEY = "the second"
    with pytest.raises(SecretChangedError):
        decrypt(kept)


@pytest.mark.parametrize("kept", ["", "nonsense", "gAAAAA=="])
def test_a_damaged_text_is_refused(kept: str) -> None:
    with pytest.raises(SecretChangedError):
        decrypt(kept)
