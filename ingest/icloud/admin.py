"""Runs of `sync_icloud` and its photos in Django's admin: counts, and what is pending. To look at, and to have done
again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from immichdrop.admin_lists import HistoryAdmin, LongListAdmin, MadeAdmin, shortened
from ingest.icloud.models import ICloudPhoto, ICloudRun
from ingest.icloud.outcomes import COUNTED, WORDS


@admin.register(ICloudRun)
class ICloudRunAdmin(HistoryAdmin):
    list_display = ("directories", "outcome", "photos", "pending", "started_at")
    list_filter = ("outcome",)
    search_fields = ("directories",)
    actions = ("export",)
    fields = ("directories", "library", ("started_at", "ended_at"), ("outcome", "message"), "counted")
    export_columns = {
        "folders": lambda run: run.directories,
        "library": lambda run: run.place,
        "started": lambda run: run.started_at,
        "ended": lambda run: run.ended_at,
        "outcome": lambda run: run.outcome,
        "message": lambda run: run.message,
    }

    @admin.display
    def library(self, run: ICloudRun) -> str:
        return run.place

    @admin.display
    def photos(self, run: ICloudRun) -> str:
        return f"{run.counts.get('photos', 0):,}"

    @admin.display
    def pending(self, run: ICloudRun) -> str:
        return f"{run.counts.get('pending', 0):,}"

    @admin.display(description="counts")
    def counted(self, run: ICloudRun) -> str:
        return ", ".join(f"{run.counts[name]:,} {WORDS[name]}" for name in COUNTED if run.counts.get(name)) or "none"


class PendingFilter(admin.SimpleListFilter):
    title = "pending"
    parameter_name = "pending"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "pending")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ICloudPhoto]) -> QuerySet[ICloudPhoto]:
        return queryset.exclude(pending="") if self.value() == "yes" else queryset


@admin.register(ICloudPhoto)
class ICloudPhotoAdmin(LongListAdmin, MadeAdmin):
    """A list that may have hundreds of thousands of rows."""

    list_display = ("path", "pending", "why", "favorite", "folder", "handled_at")
    list_filter = (PendingFilter,)
    list_select_related = ("folder",)
    search_fields = ("path",)
    ordering = ("-pk",)
    actions = ("export", "try_again")
    export_columns = {
        "folder": lambda photo: photo.folder.path,
        "path": lambda photo: photo.path,
        "taken": lambda photo: photo.created,
        "favourite": lambda photo: photo.favorite,
        "pending": lambda photo: photo.pending,
        "reason": lambda photo: photo.reason,
        "stacked": lambda photo: photo.stacked,
        "live": lambda photo: photo.live_linked,
        "favourite in Immich": lambda photo: photo.favored,
        "albums": lambda photo: photo.albums,
        "handled": lambda photo: photo.handled_at,
    }

    @admin.display(description="reason")
    def why(self, photo: ICloudPhoto) -> str:
        return shortened(photo.reason)

    @admin.action(description="Do again in the next run", permissions=["delete"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[ICloudPhoto]) -> None:
        changed = queryset.update(
            pending=ICloudPhoto.Pending.ALL, reason="", stacked=False, live_linked=False, albums="[]"
        )
        self.message_user(request, f"{changed:,} photos are done again by the next run.", messages.SUCCESS)
