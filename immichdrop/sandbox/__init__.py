"""A stand-in Immich, as strict as the real one, for trying the product and for tests."""

from .faults import Faults, FaultsError, Hits
from .records import StoredAlbum, StoredAsset, StoredLink
from .serving import Sandbox, running

__all__ = ["Faults", "FaultsError", "Hits", "Sandbox", "StoredAlbum", "StoredAsset", "StoredLink", "running"]
