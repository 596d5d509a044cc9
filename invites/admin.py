"""Links and guests in Django's admin."""

from collections.abc import Iterable

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from invites.models import Guest, Invite, Visit


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


@admin.register(Invite)
class InviteAdmin(admin.ModelAdmin):
    form = InviteForm
    list_display = ("title", "owner", "album_name", "uses", "expires_at", "disabled", "created_at")
    list_filter = ("disabled", "owner", "kinds")
    search_fields = ("name", "album_name", "token", "slug", "owner__email")
    date_hierarchy = "created_at"
    autocomplete_fields = ("owner",)
    list_select_related = ("owner",)
    readonly_fields = ("address", "uses", "claimed_at", "has_password", "created_at")
    actions = ("enable", "disable")
    fieldsets = (
        (None, {"fields": ("name", "welcome_text", "owner", "slug")}),
        ("Album", {"fields": ("album_name", "album_id")}),
        ("Until when, how often", {"fields": ("opens_at", "expires_at", "disabled", "max_uses", "uses")}),
        ("Password", {"fields": ("has_password", "new_password", "no_password")}),
        ("Limits", {"fields": ("kinds", "max_files", "max_file_size", "max_bytes")}),
        ("Guests", {"fields": ("guest_name", "describe", "tag")}),
        ("History", {"fields": ("address", "claimed_at", "created_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invite]:
        return super().get_queryset(request).filter(deleted_at=None)

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

    @admin.display(description="used")
    def uses(self, invite: Invite) -> str:
        return f"{invite.used} / {'∞' if invite.remaining is None else invite.max_uses}"

    @admin.display(description="password set", boolean=True)
    def has_password(self, invite: Invite) -> bool:
        return bool(invite.password)

    @admin.action(description="Enable the selected links")
    def enable(self, request: HttpRequest, queryset: QuerySet[Invite]) -> None:
        self.message_user(request, f"{queryset.update(disabled=False)} links enabled.")

    @admin.action(description="Disable the selected links")
    def disable(self, request: HttpRequest, queryset: QuerySet[Invite]) -> None:
        self.message_user(request, f"{queryset.update(disabled=True)} links disabled.")


class VisitInline(admin.TabularInline):
    model = Visit
    extra = 0
    can_delete = False
    readonly_fields = ("invite", "name", "message", "unlocked_at", "first_seen")

    def has_add_permission(self, request: HttpRequest, obj: Guest | None = None) -> bool:
        return False


@admin.register(Guest)
class GuestAdmin(admin.ModelAdmin):
    list_display = ("__str__", "names", "first_seen")
    search_fields = ("visits__name",)
    date_hierarchy = "first_seen"
    readonly_fields = ("first_seen",)
    inlines = (VisitInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Guest]:
        return super().get_queryset(request).prefetch_related("visits")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="calls themselves")
    def names(self, guest: Guest) -> str:
        return ", ".join(sorted({visit.name for visit in guest.visits.all() if visit.name}))
