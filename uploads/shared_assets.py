"""`SharedAsset`: what a link's shared link of single assets shows, or is to show."""

from typing import ClassVar

from django.db import models

from invites.models import ShareBack


class SharedAsset(models.Model):
    """An asset of a shared link, written down before Immich is asked: whatever a crash leaves half done is found here,
    to be added once more or taken out again."""

    share_back = models.ForeignKey(ShareBack, on_delete=models.CASCADE, related_name="assets")
    asset_id = models.UUIDField("Immich asset id")
    added_at = models.DateTimeField(null=True, blank=True, help_text="When Immich was known to show it there.")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["share_back", "asset_id"], name="one_row_per_shared_asset"),
        ]

    def __str__(self) -> str:
        return str(self.asset_id)
