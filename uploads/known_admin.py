"""What Immich is known to have, in Django's admin: the dedupe table, and albums by their names."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from immichdrop.admin_lists import AccountFilter, HistoryAdmin, LongListAdmin, MadeAdmin
from immichdrop.models import ImmichAccount
from uploads.checksums import sha1_of
from uploads.models import KnownAlbum, KnownAsset


@admin.register(KnownAsset)
class KnownAssetAdmin(LongListAdmin, HistoryAdmin):
    """Millions of rows: they are neither counted nor sorted, and a sum is found by its index.

    There is no hierarchy of dates, for it would read the whole table twice; the filter of days stops at its page.
    """

    list_display = ("sha1", "asset_id", "account", "seen_at")
    list_filter = (AccountFilter, "seen_at")
    list_select_related = ("account__owner",)
    search_fields = ("sha1",)
    search_help_text = "A whole SHA-1: 40 hex digits, or base64 as Immich writes it."
    actions = ("export",)
    export_columns = {
        "SHA-1": lambda known: known.sha1,
        "Immich asset id": lambda known: known.asset_id,
        "Account": lambda known: str(known.account),
        "Last seen": lambda known: known.seen_at,
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[KnownAsset]:
        return super().get_queryset(request).select_related("account__owner")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[KnownAsset], search_term: str
    ) -> tuple[QuerySet[KnownAsset], bool]:
        if not search_term.strip():
            return queryset, False
        sha1 = sha1_of(search_term)
        if not sha1:
            self.message_user(request, f"No SHA-1: {search_term[:100]}. {self.search_help_text}", messages.WARNING)
        # The index begins with the account, so that all of them are named.
        return queryset.filter(account__in=ImmichAccount.objects.values("pk"), sha1=sha1), False


@admin.register(KnownAlbum)
class KnownAlbumAdmin(MadeAdmin):
    list_display = ("name", "album_id", "account")
    list_filter = (AccountFilter,)
    list_select_related = ("account__owner",)
    search_fields = ("name",)
    search_help_text = "The album's name."
    actions = ("export",)
    export_columns = {
        "Album": lambda album: album.name,
        "Immich album id": lambda album: album.album_id,
        "Account": lambda album: str(album.account),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[KnownAlbum]:
        return super().get_queryset(request).select_related("account__owner")
