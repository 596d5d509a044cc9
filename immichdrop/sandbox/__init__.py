"""A stand-in Immich, as strict as the real one, for trying the product and for tests."""

from .faults import Faults
from .records import StoredAlbum, StoredAsset
from .serving import Sandbox, running

__all__ = ["Faults", "Sandbox", "StoredAlbum", "StoredAsset", "running"]
