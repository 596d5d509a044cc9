"""Downloads and platforms' cookies in Django's admin. Cookies are uploaded there, and never shown again."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from immichdrop.admin_lists import HistoryAdmin
from ingest.downloads.cookie_files import NotACookieFileError
from ingest.downloads.models import Download, DownloadedFile, PlatformCookies
from ingest.downloads.platforms import PLATFORMS

LARGEST_FILE = 200_000  # bytes


class FilesInline(admin.TabularInline):
    model = DownloadedFile
    fields = readonly_fields = ("filename", "upload", "error")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Download)
class DownloadAdmin(HistoryAdmin):
    """Jobs of the last day. Whoever asked for them, and what came of it."""

    list_display = ("job_id", "platform", "status", "cause", "asked_by", "attempts", "created_at", "ended_at")
    list_filter = ("status", "platform", "cause")
    list_select_related = ("token", "invite", "host")
    search_fields = ("job_id", "url")
    search_help_text = "Job or address."
    date_hierarchy = "created_at"
    exclude = ("lease_owner", "thumbnail")
    inlines = (FilesInline,)
    actions = ("export",)
    export_columns: ClassVar[dict[str, Any]] = {
        "job": lambda row: row.job_id,
        "address": lambda row: row.url,
        "platform": lambda row: row.platform,
        "status": lambda row: row.status,
        "cause": lambda row: row.cause,
        "message": lambda row: row.message,
        "created": lambda row: row.created_at,
        "ended": lambda row: row.ended_at,
    }

    @admin.display(description="asked by")
    def asked_by(self, row: Download) -> str:
        return str(row.token or row.invite or row.host or "somebody without a token")


class CookiesForm(forms.ModelForm):
    platform = forms.ChoiceField()
    file = forms.FileField(
        label="cookies.txt",
        help_text="In Netscape's format. Only the platform's own cookies are kept, encrypted, and never shown again.",
    )

    class Meta:
        model = PlatformCookies
        fields = ("platform",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["platform"].choices = [(each.name, each.title) for each in PLATFORMS.values()]  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["platform"].disabled = True

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        file = said.get("file")
        if file is None or not said.get("platform"):
            return said
        if file.size > LARGEST_FILE:
            self.add_error("file", f"It has more than {LARGEST_FILE} bytes: export the cookies of one site alone.")
            return said
        self.instance.platform = said["platform"]
        try:
            self.instance.take(file.read().decode())
        except UnicodeDecodeError:
            self.add_error("file", "It is no text in UTF-8.")
        except NotACookieFileError as error:
            self.add_error("file", str(error))
        return said


@admin.register(PlatformCookies)
class PlatformCookiesAdmin(admin.ModelAdmin):
    form = CookiesForm
    list_display = ("platform", "names", "uploaded_at", "expires_at", "state")
    readonly_fields = ("names", "uploaded_at", "expires_at", "refused_at", "state")

    @admin.display(description="state")
    def state(self, row: PlatformCookies) -> str:
        return row.hint or "in use"
