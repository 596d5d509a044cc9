"""API tokens in Django's admin. What a token opens is shown once, where it is made."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from immichdrop.admin_lists import ExportAdmin, shortened
from invites.models import ApiToken
from invites.tokens import create_token


class ApiTokenForm(forms.ModelForm):
    class Meta:
        model = ApiToken
        exclude = ()  # noqa: DJ006 - the admin's fieldsets name what is shown

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not any(said.get(f"may_{name}") for name in ("files", "links", "invites")):
            raise forms.ValidationError("Choose what it may do.")
        return said


@admin.register(ApiToken)
class ApiTokenAdmin(ExportAdmin):
    form = ApiTokenForm
    list_display = ("heading", "host", "scope_words", "state_word", "last_used_at", "files")
    search_fields = ("name", "owner__email", "owner__name", "album_name")
    search_help_text = "The token's name, its host, or its album."
    date_hierarchy = "created_at"
    autocomplete_fields = ("owner",)
    list_select_related = ("owner",)
    actions = ("revoke", "export")
    export_columns = {
        "Name": lambda token: token.name,
        "Host": lambda token: token.owner and token.owner.email,
        "May": lambda token: ", ".join(token.scopes),
        "Album": lambda token: token.album_name,
        "State": lambda token: str(token.state.label),
        "Last used": lambda token: token.last_used_at,
        "Expires": lambda token: token.expires_at,
        "Made": lambda token: token.created_at,
    }
    fieldsets = (
        (None, {"fields": ("name", "owner")}),
        ("What it may do", {"fields": ("may_files", "may_links", "may_invites")}),
        ("Album", {"fields": ("album_name",)}),
        ("Until when", {"fields": ("expires_at", "state_word", "revoked_at")}),
        ("History", {"fields": ("created_at", "last_used_at")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        """Whose it is stays: what was sent by it is theirs."""
        made = ("state_word", "revoked_at", "created_at", "last_used_at")
        return (*made, "owner") if obj else made

    def save_model(self, request: HttpRequest, obj: ApiToken, form: ApiTokenForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made, secret = create_token(
            obj.owner, obj.name, obj.scopes, album_name=obj.album_name, expires_at=obj.expires_at
        )
        obj.pk, obj.guest, obj.secret_hash = made.pk, made.guest, made.secret_hash
        request.shown_token = secret  # type: ignore[attr-defined]  # for the answer to this request alone

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """Not a redirect with a message, which would be kept until somebody reads it."""
        context = {
            **self.admin_site.each_context(request),
            "title": "The token is ready",
            "opts": self.opts,
            "token": obj,
            "secret": request.shown_token,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/token_made.html", context)

    @admin.display(description="name", ordering="name")
    def heading(self, token: ApiToken) -> str:
        return shortened(token.name)

    @admin.display(description="host", ordering="owner__email")
    def host(self, token: ApiToken) -> str:
        return shortened(str(token.owner), 30) if token.owner else "The server's own"

    @admin.display(description="may")
    def scope_words(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state_word(self, token: ApiToken) -> str:
        return str(token.state.label)

    @admin.display(description="files")
    def files(self, token: ApiToken) -> str:
        address = reverse("admin:uploads_upload_changelist")
        return format_html('<a href="{}?guest__id__exact={}">Show</a>', address, token.guest_id)

    @admin.action(description="Revoke the selected tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        count = ApiToken.objects.filter(pk__in=queryset).revoke()
        self.message_user(request, f"{count} revoked. Whatever used them stops working at once.")
