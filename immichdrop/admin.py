"""Hosts and Immich accounts in Django's admin. Keys are entered there, and never shown again."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from immichdrop.admin_lists import ExportAdmin
from immichdrop.models import ImmichAccount, User

admin.site.site_header = "Immich Drop"
admin.site.site_title = "Immich Drop"
admin.site.index_title = "Links, uploads and hosts"

# What Django's admin asks before it deletes: names, numbers by kind, missing rights, and what stands against it.
Deletion = tuple[list[str], dict[str, int], set[str], list[str]]
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


def _deleted_accounts(accounts: QuerySet[ImmichAccount]) -> tuple[dict[str, int], list[str]]:
    """What goes with these accounts, in numbers, since a library may have millions of known assets; and what would
    lose its history, and so keeps them here."""
    numbers = {
        "Immich accounts": accounts.count(),
        "known assets": accounts.aggregate(number=Count("known_assets"))["number"],
        "known albums": accounts.aggregate(number=Count("known_albums"))["number"],
    }
    rows = accounts.select_related("owner").annotate(number=Count("uploads")).filter(number__gt=0)
    history = [f"{account.number} uploads that went to {account}" for account in rows]
    return {kind: number for kind, number in numbers.items() if number}, history


class HostCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class HostAdmin(ExportAdmin, UserAdmin):
    """Rights are given by superusers alone, and only they touch other superusers: else whoever may change hosts could
    make themselves one."""

    add_form = HostCreationForm
    list_display = ("email", "name", "links", "is_staff", "is_superuser", "is_active", "last_login", "date_joined")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("email", "name")
    search_help_text = "E-mail address or name."
    date_hierarchy = "date_joined"
    ordering = ("email",)
    actions = ("export",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "immich_user_id")}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "usable_password", "password1", "password2"),
            },
        ),
    )
    export_columns = {
        "E-mail": lambda host: host.email,
        "Name": lambda host: host.name,
        "Immich user id": lambda host: host.immich_user_id,
        "May log in": lambda host: host.is_active,
        "May use the admin": lambda host: host.is_staff,
        "Has all rights": lambda host: host.is_superuser,
        "Joined": lambda host: host.date_joined,
        "Last login": lambda host: host.last_login,
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        hosts: QuerySet[User] = super().get_queryset(request)
        return hosts.annotate(link_count=Count("invites", filter=Q(invites__deleted_at=None)))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, *RIGHTS)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Without the password, of which Django shows the beginning of its hash, for those who may not set it."""
        sets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return sets
        return [(title, {**said, "fields": [f for f in said["fields"] if f != "password"]}) for title, said in sets]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_deleted_objects(self, objs: Collection[User], request: HttpRequest) -> Deletion:
        hosts = User.objects.filter(pk__in=[host.pk for host in objs])
        numbers, history = _deleted_accounts(ImmichAccount.objects.filter(owner__in=hosts))
        allowed = all(self.has_delete_permission(request, host) for host in objs)
        if LogEntry.objects.filter(user__in=hosts).exists():
            history.append("what these hosts did in the admin: take away “may log in” instead")
        return [str(host) for host in objs], {"hosts": len(objs), **numbers}, set() if allowed else {"host"}, history

    @admin.display(description="links")
    def links(self, host: User) -> str:
        number = host.link_count  # type: ignore[attr-defined]
        address = reverse("admin:invites_invite_changelist")
        return format_html('<a href="{}?owner__id__exact={}">{}</a>', address, host.pk, number)


def _may_touch(request: HttpRequest, host: User | None) -> bool:
    return bool(request.user.is_superuser) or host is None or not host.is_superuser


class ImmichAccountForm(forms.ModelForm):
    all_rights: ClassVar[bool] = False  # of whoever fills it in

    new_key = forms.CharField(
        label="API key",
        required=False,
        widget=forms.PasswordInput(render_value=False),
        help_text="Kept encrypted and never shown. Leave it empty to keep the one there is.",
    )

    class Meta:
        model = ImmichAccount
        fields = ("owner", "base_url")

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if not self.instance.pk and not cleaned.get("new_key"):
            self.add_error("new_key", "A new account needs a key.")
        if self.instance.pk and "base_url" in self.changed_data and not (self.all_rights or cleaned.get("new_key")):
            # Who may not read the key could otherwise have it sent to a server of theirs.
            self.add_error("new_key", "Another address needs its key: enter it again.")
        return cleaned


@admin.register(ImmichAccount)
class ImmichAccountAdmin(ExportAdmin):
    form = ImmichAccountForm
    list_display = ("__str__", "owner", "address", "connected", "pause", "created_at")
    list_filter = ("connected", "pause")
    list_select_related = ("owner",)
    search_fields = ("base_url", "owner__email", "owner__name")
    search_help_text = "Address, or the host's e-mail address or name."
    date_hierarchy = "created_at"
    autocomplete_fields = ("owner",)
    actions = ("export",)
    readonly_fields = ("connected", "immich_key_id", "pause", "pause_detail", "created_at")
    export_columns = {
        "Account": str,
        "Host": lambda account: account.owner and account.owner.email,
        "Address": lambda account: account.address,
        "Connected": lambda account: account.connected,
        "Pause": lambda account: account.get_pause_display(),
        "Pause in Immich's words": lambda account: account.pause_detail,
        "Since": lambda account: account.created_at,
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImmichAccount]:
        return super().get_queryset(request).select_related("owner")

    def get_form(self, request: HttpRequest, *arguments: Any, **options: Any) -> Any:
        form = super().get_form(request, *arguments, **options)  # made for this request
        form.all_rights = bool(request.user.is_superuser)  # type: ignore[attr-defined]
        return form

    def save_model(self, request: HttpRequest, obj: ImmichAccount, form: ImmichAccountForm, change: bool) -> None:
        if key := form.cleaned_data.get("new_key"):
            obj.set_api_key(key)
        super().save_model(request, obj, form, change)

    def get_deleted_objects(self, objs: Iterable[ImmichAccount], request: HttpRequest) -> Deletion:
        accounts = list(objs)
        numbers, history = _deleted_accounts(ImmichAccount.objects.filter(pk__in=[each.pk for each in accounts]))
        allowed = self.has_delete_permission(request)
        return [str(each) for each in accounts], numbers, set() if allowed else {"Immich account"}, history
