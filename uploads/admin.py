"""Uploads in Django's admin: to look at, to try again, give up and take out, never to rewrite. And alarms."""

import uuid
from collections.abc import Sequence

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_GET

from immichdrop.admin_lists import AccountFilter, HistoryAdmin, MadeAdmin, UncountedList, shortened
from invites import receipts
from uploads import host_hand, known_admin, spool, withdrawals  # noqa: F401 - known_admin registers its own
from uploads.attachments import attachment
from uploads.checksums import sha1_of
from uploads.models import CustodyAlarm, Upload
from uploads.overview import size_words
from uploads.spool import SpoolFileMissingError

SHOWN = 20  # files named on the page that asks once more, and in a message


@admin.register(Upload)
class UploadAdmin(HistoryAdmin):
    list_display = ("name", "link", "guest_name", "status", "size_and_bytes", "why", "created_at", "delivered_at")
    list_filter = ("status", AccountFilter, "trash", "withdrawal")
    search_fields = ("filename", "invite__name", "invite__album_name", "invite__token__exact")
    search_help_text = (
        "File name, link or album; or a guest's receipt; or a whole SHA-1, in hex or base64; or an id of the upload or "
        "asset."
    )
    date_hierarchy = "created_at"
    list_select_related = ("invite",)
    show_full_result_count = False
    actions = ("try_again", "restore", "removed", "give_up", "export")
    change_form_template = "admin/uploads/upload/change_form.html"
    fields = (
        ("filename", "media_type"),
        ("size", "offset", "sha1"),
        ("invite", "guest", "receipt", "account"),
        ("status", "message", "attempts", "next_attempt_at"),
        ("discarded_by", "withdrawal"),
        ("asset_id", "album_name", "album_id", "in_album_at"),
        ("last_modified", "created_at", "received_at", "delivered_at", "bytes_deleted_at"),
        ("client_address", "user_agent"),
    )
    export_columns = {
        "File": lambda upload: upload.filename,
        "Link": lambda upload: upload.invite and upload.invite.title,
        "Guest": lambda upload: _guest_name(upload),
        "Status": lambda upload: upload.status,
        "Message": lambda upload: upload.message,
        "Bytes": lambda upload: upload.size,
        "SHA-1": lambda upload: upload.sha1,
        "Begun": lambda upload: upload.created_at,
        "Received": lambda upload: upload.received_at,
        "Delivered": lambda upload: upload.delivered_at,
        "Album": lambda upload: upload.album_name,
        "Immich asset id": lambda upload: upload.asset_id,
        "Address": lambda upload: upload.client_address,
        "Id": lambda upload: upload.pk,
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        found = super().get_queryset(request).select_related("invite", "account__owner")
        return found.prefetch_related("guest__visits")

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        return UncountedList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Upload], search_term: str
    ) -> tuple[QuerySet[Upload], bool]:
        """Sums and ids are asked of their indexes; words are looked for in every row."""
        if sha1 := sha1_of(search_term):
            return queryset.filter(sha1=sha1), False
        if found := _uuid(search_term):
            return queryset.filter(Q(pk=found) | Q(asset_id=found)), False
        if senders := _with_receipt(search_term):
            return queryset.filter(senders), False
        return super().get_search_results(request, queryset, search_term)

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

    @admin.display(description="file", ordering="filename")
    def name(self, upload: Upload) -> str:
        return shortened(upload.filename, 40)

    @admin.display(description="link", ordering="invite__name")
    def link(self, upload: Upload) -> str:
        return shortened(upload.invite.title, 40) if upload.invite else "-"

    @admin.display(description="guest")
    def guest_name(self, upload: Upload) -> str:
        return shortened(_guest_name(upload), 30) or "-"

    @admin.display(description="receipt")
    def receipt(self, upload: Upload) -> str:
        """The code on its guest's receipt."""
        guest = upload.guest
        return receipts.code(guest, upload.invite) if guest and guest.has_secret else "-"

    @admin.display(description="message", ordering="message")
    def why(self, upload: Upload) -> str:
        return shortened(upload.message, 80)

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

    @admin.action(description="Removed from Immich by hand, as its guest wished", permissions=["decide"])
    def removed(self, request: HttpRequest, queryset: QuerySet[Upload]) -> None:
        chosen = list(queryset.values_list("pk", flat=True)[: host_hand.MOST + 1])
        if not self._few_enough(request, len(chosen)):
            return
        done = withdrawals.fulfilled(chosen)
        if done:
            assert request.user.pk is not None  # the admin lets nobody else in
            LogEntry.objects.log_actions(
                request.user.pk, done, CHANGE, "Removed from Immich by hand, as its guest wished."
            )
        self.message_user(request, f"{_files(len(done))} no longer to be removed.")

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


def _guest_name(upload: Upload) -> str:
    """What the guest said at this link, out of what was prefetched."""
    visits = upload.guest.visits.all() if upload.guest else ()
    return next((visit.name for visit in visits if visit.invite_id == upload.invite_id), "")


def _with_receipt(text: str) -> Q | None:
    """The uploads of the guest whose receipt has this code; None when the text is none, or nobody's."""
    code = receipts.read(text)
    if not code:
        return None
    senders = (
        Upload.objects.exclude(guest=None).order_by().values_list("guest", "invite", "guest__secret_hash").distinct()
    )
    for guest, invite, secret_hash in senders.iterator():
        if receipts.code_of(secret_hash, invite) == code:
            return Q(guest=guest, invite=invite)
    return None


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


@admin.register(CustodyAlarm)
class CustodyAlarmAdmin(MadeAdmin):
    """An alarm is deleted once its cause was looked at, so that the next one is seen."""

    list_display = ("created_at", "upload", "reason", "detail")
    list_filter = ("reason",)
    search_fields = ("upload__filename", "detail")
    search_help_text = "File name, or what is told of it."
    date_hierarchy = "created_at"
    list_select_related = ("upload",)
    actions = ("export",)
    export_columns = {
        "Since": lambda alarm: alarm.created_at,
        "Reason": lambda alarm: alarm.get_reason_display(),
        "File": lambda alarm: alarm.upload and alarm.upload.filename,
        "Detail": lambda alarm: alarm.detail,
        "Upload": lambda alarm: alarm.upload_id,
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustodyAlarm]:
        return super().get_queryset(request).select_related("upload")
