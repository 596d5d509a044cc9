"""Hosts and Immich accounts in Django's admin. Keys are entered there, and never shown again."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.http import HttpRequest

from immichdrop.models import ImmichAccount, User

admin.site.site_header = "Immich Drop"
admin.site.site_title = "Immich Drop"
admin.site.index_title = "Links, uploads and hosts"


class HostCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class HostAdmin(UserAdmin):
    add_form = HostCreationForm
    list_display = ("email", "name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "immich_user_id")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
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


class ImmichAccountForm(forms.ModelForm):
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
        return cleaned


@admin.register(ImmichAccount)
class ImmichAccountAdmin(admin.ModelAdmin):
    form = ImmichAccountForm
    list_display = ("__str__", "owner", "address", "connected", "pause", "created_at")
    list_filter = ("connected", "pause")
    search_fields = ("base_url", "owner__email")
    readonly_fields = ("connected", "immich_key_id", "pause", "pause_detail", "created_at")

    def save_model(self, request: HttpRequest, obj: ImmichAccount, form: ImmichAccountForm, change: bool) -> None:
        if key := form.cleaned_data.get("new_key"):
            obj.set_api_key(key)
        super().save_model(request, obj, form, change)
