"""The sandbox's memory of stacks."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from . import rows
from .database import Database
from .records import StackOf, StoredAsset, StoredStack


class StackStore(Database):
    def create_stack(self, asset_ids: Sequence[str]) -> StoredStack:
        """The first stands for it. What else its assets were in keeps the rest, be it one asset (294); a stack that
        one of them stood for is dissolved, and its other assets come along."""
        stack = StoredStack(str(uuid4()), asset_ids[0])
        with self._transaction() as database:
            database.execute("INSERT INTO stack VALUES (?, ?)", [stack.id, stack.primary_asset_id])
            for asset_id in asset_ids:
                stood_for = database.execute(
                    "SELECT id FROM stack WHERE primary_asset_id = ? AND id != ?", [asset_id, stack.id]
                ).fetchone()
                if stood_for is not None:
                    values = [stack.id, stood_for["id"]]
                    database.execute("UPDATE asset SET stack_id = ? WHERE stack_id = ?", values)
                    database.execute("DELETE FROM stack WHERE id = ?", [stood_for["id"]])
                database.execute("UPDATE asset SET stack_id = ? WHERE id = ?", [stack.id, asset_id])
        return stack

    def stacks(self) -> list[StoredStack]:
        """In the order they were made."""
        return [
            StoredStack(row["id"], row["primary_asset_id"]) for row in self._rows("SELECT * FROM stack ORDER BY rowid")
        ]

    def stack(self, stack_id: str) -> StoredStack | None:
        found = self._rows("SELECT * FROM stack WHERE id = ?", [stack_id])
        return StoredStack(found[0]["id"], found[0]["primary_asset_id"]) if found else None

    def stack_assets(self, stack: StoredStack) -> list[StoredAsset]:
        """The primary one first; without those in the trash."""
        found = self._rows(
            "SELECT * FROM asset WHERE stack_id = ? AND NOT is_trashed ORDER BY id != ?, file_created_at, id",
            [stack.id, stack.primary_asset_id],
        )
        return [rows.asset(row, self.directory) for row in found]

    def stack_of(self, asset: StoredAsset) -> StackOf | None:
        """As an asset tells it: none when all others are archived, hidden or in the trash (300)."""
        stack = self.stack(asset.stack_id) if asset.stack_id is not None else None
        if stack is None:
            return None
        others = [
            one for one in self.stack_assets(stack) if one.id != stack.primary_asset_id and one.visibility == "timeline"
        ]
        return StackOf(stack, len(others) + 1) if others else None

    def set_primary(self, stack_id: str, asset_id: str) -> None:
        with self._transaction() as database:
            database.execute("UPDATE stack SET primary_asset_id = ? WHERE id = ?", [asset_id, stack_id])

    def delete_stack(self, stack_id: str) -> None:
        with self._transaction() as database:
            database.execute("UPDATE asset SET stack_id = NULL WHERE stack_id = ?", [stack_id])
            database.execute("DELETE FROM stack WHERE id = ?", [stack_id])
