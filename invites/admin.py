"""Links and guests in Django's admin."""

from collections.abc import Iterable

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from immichdrop.admin_lists import ExportAdmin, HistoryAdmin, shortened
from invites.models import Guest, Invite, Visit
from invites.token_admin import ApiTokenAdmin as ApiTokenAdmin  # where Django looks for an app's admin


class InviteForm(forms.ModelForm):
    new_password = forms.CharField(
        label="New password",
        required=False,
        widget=forms.PasswordInput(render_value=False),
        help_text="Leave it empty to keep the one there is. Another password ends all unlocks.",
    )
    no_password = forms.BooleanField(label="Remove the password", required=False)

    class Meta:
        model = Invite
        exclude = ()  # noqa: DJ006 - the admin's fieldsets name what is shown

    def clean_slug(self) -> str | None:
        return self.cleaned_data["slug"] or None  # unique, so that an empty text could be there only once


class StateFilter(admin.SimpleListFilter):
    """As hosts filter their own list."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("active", "Active"),
            ("not_open", "Not open yet"),
            ("ended", "Closed"),
            ("disabled", "Closed by hand"),
            ("album_missing", "Album missing"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invite]) -> QuerySet[Invite]:
        links = Invite.objects.all()
        match self.value():
            case "active":
                links = links.active()
            case "not_open":
                links = links.filter(opens_at__gt=timezone.now())
            case "ended":
                links = links.ended()
            case "disabled":
                links = links.filter(disabled=True)
            case "album_missing":
                links = links.exclude(album_missing_at=None)
            case _:
                return queryset
        return queryset.filter(pk__in=links)


@admin.register(Invite)
class InviteAdmin(ExportAdmin):
    form = InviteForm
    list_display = ("heading", "host", "album", "state", "uses", "files", "expires_at", "has_password", "created_at")
    list_filter = (StateFilter, "own", "kinds", ("password", admin.EmptyFieldListFilter))
    search_fields = ("name", "album_name", "token__exact", "slug", "owner__email", "owner__name")
    search_help_text = "Name, album, whole token, custom address, or the host's e-mail address or name."
    date_hierarchy = "created_at"
    autocomplete_fields = ("owner",)
    list_select_related = ("owner",)
    readonly_fields = ("address", "own", "uses", "claimed_at", "has_password", "created_at")
    actions = ("enable", "disable", "export")
    # Neither token nor address: whoever has one may send.
    export_columns = {
        "Name": lambda link: link.name,
        "Album": lambda link: link.album_name,
        "Host": lambda link: link.owner and link.owner.email,
        "Status": lambda link: _state(link),
        "Files received": lambda link: link.used,
        "Maximum uses": lambda link: None if link.remaining is None else link.max_uses,
        "Opens": lambda link: link.opens_at,
        "Expires": lambda link: link.expires_at,
        "Has a password": lambda link: bool(link.password),
        "Made": lambda link: link.created_at,
    }
    fieldsets = (
        (None, {"fields": ("name", "welcome_text", "owner", "own", "slug")}),
        ("Album", {"fields": ("album_name", "album_id")}),
        ("Until when, how often", {"fields": ("opens_at", "expires_at", "disabled", "max_uses", "uses")}),
        ("Password", {"fields": ("has_password", "new_password", "no_password")}),
        ("Limits", {"fields": ("kinds", "max_files", "max_file_size", "max_bytes")}),
        ("Guests", {"fields": ("guest_name", "describe", "tag", "allow_urls")}),
        ("History", {"fields": ("address", "claimed_at", "created_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invite]:
        return super().get_queryset(request).filter(deleted_at=None).select_related("owner")

    def save_model(self, request: HttpRequest, obj: Invite, form: InviteForm, change: bool) -> None:
        if form.cleaned_data.get("no_password"):
            obj.set_password("")
        elif password := form.cleaned_data.get("new_password"):
            obj.set_password(password)
        super().save_model(request, obj, form, change)

    def get_deleted_objects(
        self, objs: Iterable[Invite], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Nothing hangs on a link that is only taken down: its uploads, guests and visits stay."""
        links = [str(invite) for invite in objs]
        allowed = self.has_delete_permission(request)
        return links, {"links": len(links)}, set() if allowed else {"link"}, []

    def delete_model(self, request: HttpRequest, obj: Invite) -> None:
        Invite.objects.filter(pk=obj.pk).delete_links()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Invite]) -> None:
        Invite.objects.filter(pk__in=queryset).delete_links()

    @admin.display(description="address")
    def address(self, invite: Invite) -> str:
        return invite.path if invite.pk else "-"  # the token is made when the link is saved

    @admin.display(description="title", ordering="name")
    def heading(self, invite: Invite) -> str:
        return shortened(invite.title)

    @admin.display(description="host", ordering="owner__email")
    def host(self, invite: Invite) -> str:
        """Leads to all of this host's links."""
        if invite.owner is None:
            return "-"
        return format_html('<a href="?owner__id__exact={}">{}</a>', invite.owner.pk, shortened(str(invite.owner), 30))

    @admin.display(description="album", ordering="album_name")
    def album(self, invite: Invite) -> str:
        return shortened(invite.album_name or str(invite.album_id or "-"), 30)

    @admin.display(description="files")
    def files(self, invite: Invite) -> str:
        address = reverse("admin:uploads_upload_changelist")
        return format_html('<a href="{}?invite__id__exact={}">Show</a>', address, invite.pk)

    @admin.display(description="status")
    def state(self, invite: Invite) -> str:
        return _state(invite)

    @admin.display(description="used", ordering="used")
    def uses(self, invite: Invite) -> str:
        return f"{invite.used} / {'∞' if invite.remaining is None else invite.max_uses}"

    @admin.display(description="password set", boolean=True)
    def has_password(self, invite: Invite) -> bool:
        return bool(invite.password)

    @admin.action(description="Enable the selected links", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Invite]) -> None:
        self.message_user(request, f"{queryset.update(disabled=False)} links enabled.")

    @admin.action(description="Disable the selected links", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Invite]) -> None:
        self.message_user(request, f"{queryset.update(disabled=True)} links disabled.")


def _state(invite: Invite) -> str:
    status = invite.status()
    return str(status.label) if status else "Deleted"


class VisitInline(admin.TabularInline):
    model = Visit
    extra = 0
    can_delete = False
    fields = ("invite", "name", "message", "unlocked_at", "first_seen")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Visit]:
        return super().get_queryset(request).select_related("invite")

    def has_add_permission(self, request: HttpRequest, obj: Guest | None = None) -> bool:
        return False


class NameFilter(admin.SimpleListFilter):
    title = "name"
    parameter_name = "named"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "Said a name"), ("no", "Without a name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Guest]) -> QuerySet[Guest]:
        named = Visit.objects.exclude(name="").values("guest")
        if self.value() == "yes":
            return queryset.filter(pk__in=named)
        return queryset.exclude(pk__in=named) if self.value() == "no" else queryset


@admin.register(Guest)
class GuestAdmin(HistoryAdmin):
    list_display = ("__str__", "names", "links", "files", "first_seen")
    list_filter = (NameFilter,)
    search_fields = ("visits__name", "visits__invite__name", "visits__invite__album_name")
    search_help_text = "The guest's name, or the name or album of a link."
    date_hierarchy = "first_seen"
    fields = ("first_seen",)
    inlines = (VisitInline,)
    actions = ("export",)
    export_columns = {
        "Guest": str,
        "Names": lambda guest: _names(guest),
        "Links": lambda guest: len(guest.visits.all()),
        "Files": lambda guest: guest.file_count,
        "First seen": lambda guest: guest.first_seen,
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Guest]:
        # A subquery, so that files are counted of the guests that are shown, and not of all.
        number = Guest.objects.filter(pk=OuterRef("pk")).annotate(number=Count("uploads")).values("number")
        guests: QuerySet[Guest] = super().get_queryset(request)
        return guests.prefetch_related("visits").annotate(file_count=Subquery(number))

    @admin.display(description="calls themselves")
    def names(self, guest: Guest) -> str:
        return shortened(_names(guest))

    @admin.display(description="links")
    def links(self, guest: Guest) -> int:
        return len(guest.visits.all())  # prefetched

    @admin.display(description="files")
    def files(self, guest: Guest) -> str:
        number = guest.file_count  # type: ignore[attr-defined]
        address = reverse("admin:uploads_upload_changelist")
        return format_html('<a href="{}?guest__id__exact={}">{}</a>', address, guest.pk, number)


def _names(guest: Guest) -> str:
    return ", ".join(sorted({visit.name for visit in guest.visits.all() if visit.name}))
