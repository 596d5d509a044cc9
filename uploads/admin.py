"""Uploads and the dedupe table in Django's admin: to look at, and to try again, never to rewrite."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from uploads import arrivals, lifecycle
from uploads.models import CustodyAlarm, KnownAlbum, KnownAsset, Upload


class HistoryAdmin(admin.ModelAdmin):
    """What happened is not edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Upload)
class UploadAdmin(HistoryAdmin):
    list_display = ("filename", "invite", "status", "size", "message", "created_at", "delivered_at")
    list_filter = ("status", "account")
    search_fields = ("filename", "sha1", "invite__name", "invite__token")
    date_hierarchy = "created_at"
    list_select_related = ("invite",)
    actions = ("try_again",)
    fields = (
        ("filename", "media_type"),
        ("size", "offset", "sha1"),
        ("invite", "guest", "account"),
        ("status", "message", "attempts", "next_attempt_at"),
        ("asset_id", "album_name", "album_id", "in_album_at"),
        ("last_modified", "created_at", "received_at", "delivered_at", "bytes_deleted_at"),
        ("client_address", "user_agent"),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        return False  # a row is custody: it ends with Immich's confirmation, not with a click

    @admin.action(description="Try the selected uploads again now")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        count = lifecycle.retry(queryset.values_list("pk", flat=True))
        arrivals.announce()
        self.message_user(request, f"{count} uploads are tried again.")


@admin.register(KnownAsset)
class KnownAssetAdmin(HistoryAdmin):
    list_display = ("sha1", "asset_id", "account", "seen_at")
    list_filter = ("account",)
    search_fields = ("sha1", "asset_id")
    date_hierarchy = "seen_at"


@admin.register(KnownAlbum)
class KnownAlbumAdmin(HistoryAdmin):
    list_display = ("name", "album_id", "account")
    list_filter = ("account",)
    search_fields = ("name",)


@admin.register(CustodyAlarm)
class CustodyAlarmAdmin(HistoryAdmin):
    list_display = ("created_at", "upload", "reason", "detail")
    list_filter = ("reason",)
    search_fields = ("upload__filename", "detail")
    date_hierarchy = "created_at"
    list_select_related = ("upload",)
