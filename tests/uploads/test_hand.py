"""What a lane has in hand: renewed as long as it holds it, and not a moment longer."""

from uploads.hand import Hand
from uploads.models import Upload


def claimed(owner: str, upload: Upload | None = None) -> Upload:
    claim = Upload(account_id=1, sha1="a" * 40, lease_owner=owner)
    claim.pk = upload.pk if upload else claim.pk
    return claim


def test_what_is_let_go_is_renewed_no_more() -> None:
    hand, upload = Hand(), claimed("one")
    hand.take([upload])
    assert hand.uploads() == [upload]
    hand.let_go([upload])
    assert len(hand) == 0


def test_an_old_claim_lets_nothing_go_of_the_new_one() -> None:
    """The lease ran out while this process slept, and the same lane took the file again."""
    hand, old = Hand(), claimed("one")
    hand.take([old])
    new = claimed("two", old)
    hand.take([new])
    old.lease_owner = ""  # the old step found out
    hand.let_go([old])
    assert hand.uploads() == [new]


def test_the_same_bytes_go_out_once_at_a_time() -> None:
    hand, one, twin = Hand(), claimed("one"), claimed("two")
    hand.take([one, twin])
    assert hand.alone(one)
    assert hand.alone(one)
    assert not hand.alone(twin)
    hand.let_go([one])
    assert hand.alone(twin)
