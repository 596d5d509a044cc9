"""Servers to hold against the contract: the sandbox as both versions, and a real one if named."""

from __future__ import annotations
