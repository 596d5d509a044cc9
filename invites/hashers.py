"""Passwords of links that were taken over from immich-drop: verified here, never made."""

import hashlib
import hmac
import re

from django.contrib.auth.hashers import BasePasswordHasher

_OLD = re.compile(r"pbkdf2_sha256\$([1-9][0-9]{0,6})\$((?:[0-9a-fA-F]{2}){1,32})\$([0-9a-fA-F]{64})")


class ImmichDropPasswordHasher(BasePasswordHasher):
    """PBKDF2 with SHA-256, a salt that is decoded from hex, and the key as hex.

    Django's own PBKDF2 takes the salt as it is written and has the key in base64, under the same name; hence another
    name here. The first right password is hashed anew by the preferred hasher (`Invite.check_password`).
    """

    algorithm = "immich_drop_pbkdf2_sha256"

    def take_over(self, old: str) -> str:
        """immich-drop's `pbkdf2_sha256$<iterations>$<salt hex>$<key hex>` as it is stored here. Raises ValueError."""
        parts = _OLD.fullmatch(old)
        if parts is None:
            raise ValueError("not a password hash of immich-drop")
        return "$".join((self.algorithm, *parts.groups()))

    def verify(self, password: str, encoded: str) -> bool:
        _, iterations, salt, key = encoded.split("$")
        guess = hashlib.pbkdf2_hmac("sha256", password.encode(), bytes.fromhex(salt), int(iterations))
        return hmac.compare_digest(guess, bytes.fromhex(key))

    def must_update(self, encoded: str) -> bool:
        return True

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing: Django asks only the preferred hasher for it, which this one never is."""
