"""Folders and their files in Django's admin: the last run, counts and failures. To look at, and to have tried again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from immichdrop.admin_lists import HistoryAdmin, LongListAdmin, MadeAdmin
from ingest.folders.models import SyncedFile, SyncFolder
from ingest.folders.reporting import WORDS, size_words


@admin.register(SyncFolder)
class SyncFolderAdmin(HistoryAdmin):
    list_display = ("path", "last_outcome", "counts", "last_started_at", "last_ended_at", "failures")
    list_filter = ("last_outcome",)
    search_fields = ("path",)
    actions = ("export",)
    fields = (
        "path",
        "account",
        "library",
        ("last_started_at", "last_ended_at"),
        ("last_outcome", "last_message"),
        "counts",
        "failures",
    )
    export_columns = {
        "path": lambda folder: folder.path,
        "last run": lambda folder: folder.last_started_at,
        "outcome": lambda folder: folder.last_outcome,
        "message": lambda folder: folder.last_message,
    }

    @admin.display(description="last run")
    def counts(self, folder: SyncFolder) -> str:
        counted = [
            f"{folder.last_counts[name]:,} {word}" for name, word in WORDS.items() if folder.last_counts.get(name)
        ]
        size = folder.last_counts.get("bytes")
        return ", ".join([*counted, *([size_words(size)] if size else [])]) or "nothing to do"

    @admin.display(description="failures")
    def failures(self, folder: SyncFolder) -> str:
        count = folder.files.filter(state__in=(SyncedFile.State.FAILED, SyncedFile.State.REFUSED)).count()
        address = reverse("admin:folders_syncedfile_changelist")
        return format_html('<a href="{}?folder__id__exact={}&amp;trouble=yes">{}</a>', address, folder.pk, count)


class TroubleFilter(admin.SimpleListFilter):
    title = "trouble"
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "failed or refused"), ("album", "not in its album")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SyncedFile]) -> QuerySet[SyncedFile]:
        match self.value():
            case "yes":
                return queryset.filter(state__in=(SyncedFile.State.FAILED, SyncedFile.State.REFUSED))
            case "album":
                return queryset.filter(in_album_at=None, asset_id__isnull=False).exclude(album="")
        return queryset


@admin.register(SyncedFile)
class SyncedFileAdmin(LongListAdmin, MadeAdmin):
    """A list that may have millions of rows: found by folder, by trouble, or by a whole SHA-1."""

    list_display = ("path", "folder", "state", "album", "message", "handled_at")
    list_filter = ("folder", TroubleFilter)
    list_select_related = ("folder",)
    search_fields = ("sha1__exact", "path")
    ordering = ("-pk",)
    actions = ("export", "try_again")
    export_columns = {
        "folder": lambda file: file.folder.path,
        "path": lambda file: file.path,
        "size": lambda file: file.size,
        "SHA-1": lambda file: file.sha1,
        "state": lambda file: file.state,
        "asset": lambda file: str(file.asset_id or ""),
        "album": lambda file: file.album,
        "in album": lambda file: file.in_album_at,
        "message": lambda file: file.message,
        "handled": lambda file: file.handled_at,
    }

    @admin.action(description="Look at again in the next run", permissions=["delete"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[SyncedFile]) -> None:
        changed = queryset.exclude(state=SyncedFile.State.EARLIER).update(state=SyncedFile.State.UNSURE)
        self.message_user(request, f"{changed:,} files are looked at again by the next run.", messages.SUCCESS)
