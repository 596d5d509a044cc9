"""Uploads and the dedupe table in Django's admin: to look at, to try again, give up and take out, never to rewrite."""

import uuid
from collections.abc import Sequence

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET

from uploads import host_hand, spool
from uploads.attachments import attachment
from uploads.models import CustodyAlarm, KnownAlbum, KnownAsset, Upload
from uploads.overview import size_words
from uploads.spool import SpoolFileMissingError

SHOWN = 20  # files named on the page that asks once more, and in a message


class HistoryAdmin(admin.ModelAdmin):
    """What happened is not edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Upload)
class UploadAdmin(HistoryAdmin):
    list_display = ("filename", "invite", "status", "size_and_bytes", "message", "created_at", "delivered_at")
    list_filter = ("status", "withdrawal", "account")
    search_fields = ("filename", "sha1", "invite__name", "invite__token")
    date_hierarchy = "created_at"
    list_select_related = ("invite",)
    actions = ("try_again", "restore", "give_up")
    change_form_template = "admin/uploads/upload/change_form.html"
    fields = (
        ("filename", "media_type"),
        ("size", "offset", "sha1"),
        ("invite", "guest", "account"),
        ("status", "message", "attempts", "next_attempt_at"),
        ("discarded_by", "withdrawal"),
        ("asset_id", "album_name", "album_id", "in_album_at"),
        ("last_modified", "created_at", "received_at", "delivered_at", "bytes_deleted_at"),
        ("client_address", "user_agent"),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Upload | None = None) -> bool:
        return False  # a row is custody: it ends with Immich's confirmation, or is given up; it stays either way

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether this host may decide what becomes of files."""
        return request.user.has_perm("uploads.change_upload")

    def get_urls(self) -> list[URLPattern]:
        download = self.admin_site.admin_view(require_GET(self.download))
        return [path("<uuid:upload_id>/bytes/", download, name="uploads_upload_bytes"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if upload := self.get_object(request, object_id):
            decides = self.has_decide_permission(request)
            context["has_bytes"] = host_hand.has_bytes(upload)
            context["may_try_again"] = decides and host_hand.may_be_tried_again(upload)
            context["may_give_up"] = decides and not host_hand.why_kept(upload)
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description="size", ordering="size")
    def size_and_bytes(self, upload: Upload) -> str:
        """With the bytes, where they are here."""
        words = size_words(upload.size)
        if not host_hand.has_bytes(upload):
            return words
        address = reverse("admin:uploads_upload_bytes", args=[upload.pk])
        return format_html('{} <a href="{}" download>Download</a>', words, address)

    def download(self, request: HttpRequest, upload_id: uuid.UUID) -> HttpResponseBase:
        """The bytes of one file, streamed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = self.get_queryset(request).filter(pk=upload_id).first()
        if upload is None:
            raise Http404
        try:
            return attachment(host_hand.open_bytes(upload, spool.default()), upload.filename)
        except SpoolFileMissingError as error:
            raise Http404 from error

    @admin.action(description="Try again now", permissions=["decide"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        chosen = list(queryset[: host_hand.MOST + 1])
        if not self._few_enough(request, len(chosen)):
            return
        done = host_hand.retry([each.pk for each in chosen])
        self.message_user(request, f"{_files(done.count)} will be tried again now.")
        if done.paused:
            words = f"{_files(done.paused)} still wait, for a paused Immich account has to be mended first."
            self.message_user(request, words, messages.WARNING)

    @admin.action(description="Restore from Immich's trash", permissions=["decide"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        chosen = list(queryset.values_list("pk", flat=True)[: host_hand.MOST + 1])
        if self._few_enough(request, len(chosen)):
            count = host_hand.restore(chosen)
            self.message_user(request, f"{_files(count)} will be restored from Immich's trash.")

    @admin.action(description="Give up and delete the bytes…", permissions=["decide"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[Upload]) -> HttpResponse | None:
        """Asks once more. What was agreed to are the files of that page, not those that match its filter by then."""
        if "agreed" in request.POST:
            self._give_up(request, _agreed(request))
            return None
        chosen = list(queryset.values_list("pk", flat=True)[: host_hand.MOST + 1])
        if not self._few_enough(request, len(chosen)):
            return None
        plan = host_hand.plan(chosen)
        if plan.ids:
            return self._ask(request, plan)
        self._tell_kept(request, plan.kept)
        return None

    def _ask(self, request: HttpRequest, plan: host_hand.Plan) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Give up files",
            "plan": plan,
            "files": _files(len(plan.ids)),
            "size": size_words(plan.bytes),
            "shown": Upload.objects.filter(pk__in=plan.ids[:SHOWN]).order_by("created_at", "pk"),
            "more": max(0, len(plan.ids) - SHOWN),
            "kept": _why(plan.kept),
            "agreed": ",".join(each.hex for each in plan.ids),
        }
        return TemplateResponse(request, "admin/uploads/upload/give_up.html", context)

    def _give_up(self, request: HttpRequest, chosen: Sequence[uuid.UUID]) -> None:
        done = host_hand.give_up(chosen, spool.default())
        if done.uploads:
            assert request.user.pk is not None  # the admin lets nobody else in
            LogEntry.objects.log_actions(request.user.pk, done.uploads, CHANGE, "Given up; its bytes were deleted.")
            self.message_user(request, f"{_files(len(done.uploads))} given up, {size_words(done.bytes)} deleted.")
        self._tell_kept(request, done.kept)

    def _tell_kept(self, request: HttpRequest, kept: Sequence[Upload]) -> None:
        if kept:
            self.message_user(request, f"Not given up: {_why(kept)}.", messages.WARNING)

    def _few_enough(self, request: HttpRequest, count: int) -> bool:
        few = count <= host_hand.MOST
        if not few:
            self.message_user(request, f"Choose at most {host_hand.MOST} files at a time.", messages.ERROR)
        return few


def _agreed(request: HttpRequest) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(hex=each) for each in request.POST["agreed"].split(",")][: host_hand.MOST]
    except ValueError:
        raise BadRequest("These are no uploads' ids.") from None


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _why(kept: Sequence[Upload]) -> str:
    """`a.jpg (it is in Immich), b.jpg (…) and 7 more`."""
    words = ", ".join(f"{each.filename} ({host_hand.why_kept(each) or 'it changed just now'})" for each in kept[:SHOWN])
    return f"{words} and {len(kept) - SHOWN} more" if len(kept) > SHOWN else words


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
