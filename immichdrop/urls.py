"""Every route of the product."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import path
from django.utils.functional import lazy
from django.views.generic import RedirectView
from django.views.i18n import set_language

from immichdrop import account, health, installing, oauth
from immichdrop.albums_api import albums
from immichdrop.login import login_page, logout_page
from immichdrop.login_api import login_api, logout_api
from immichdrop.openapi import describe_beside, openapi
from immichdrop.openapi_page import docs
from immichdrop.reachability import ping
from ingest.downloads import description as downloads
from ingest.downloads import views as downloads_views
from ingest.shortcuts import description as shortcuts
from invites import api as invites_api
from invites import (
    hosts_api,
    imported,
    menu,
    menu_rows,
    menu_shared,
    menu_shared_forms,
    menu_shared_invite,
    menu_tokens,
    own_pages,
    poster,
    shared_link_poster,
    shared_links_api,
)
from uploads import hosts_api as uploads_hosts_api
from uploads import (
    link_chosen,
    link_details,
    link_export,
    link_files,
    link_people,
    link_share_back,
    pages,
    share_back_api,
    share_page,
    shared_covers,
    status_page,
)
from uploads.metrics import metrics

handler404 = "immichdrop.api_addresses.not_found"

describe_beside(*downloads.parts())
describe_beside(*shortcuts.parts())

urlpatterns = [
    path("", pages.front_page, name="front"),
    path("files", pages.back_to_front_page, name="front-files"),  # POST goes to uploads.plain_form
    path("invite/<str:token>", pages.invite_page, name="invite"),
    path("invite/<str:token>/files", pages.back_to_invite_page, name="invite-files"),  # here as well
    # For browsers that don't look into the page. Lazy, since the file's name is known once it was collected.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("favicon.svg"))),
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("sw.js", installing.worker, name="worker"),
    path("offline", installing.offline, name="offline"),
    path("share", share_page.share_page, name="share"),  # POST goes to uploads.share_target
    path("language", set_language, name="language"),
    path("login", login_page, name="login"),
    path("logout", logout_page, name="logout"),
    path("oauth/start", oauth.start, name="oauth-start"),
    path("oauth/callback", oauth.callback, name="oauth-callback"),
    path("account", account.account_page, name="account"),
    path("account/connect", account.connect, name="account-connect"),
    path("account/disconnect", account.disconnect, name="account-disconnect"),
    path("menu", menu.menu, name="menu"),
    path("menu/immich", menu.connection, name="menu-immich"),
    path("menu/albums", menu.albums, name="menu-albums"),
    path("menu/imported", imported.put_away, name="menu-imported"),
    path("menu/connection", status_page.status, name="menu-connection"),
    path("menu/connection/retry", status_page.retry, name="menu-connection-retry"),
    path("menu/bulk", menu_rows.bulk, name="menu-bulk"),
    path("menu/tokens", menu_tokens.tokens, name="menu-tokens"),
    path("menu/tokens/<int:token_id>/revoke", menu_tokens.revoke, name="menu-token-revoke"),
    path("menu/shared-links", menu_shared.shared, name="menu-shared"),
    path("menu/shared-links/new", menu_shared_forms.new, name="menu-shared-new"),
    path("menu/shared-links/<str:link_id>", menu_shared.one, name="menu-shared-link"),
    path("menu/shared-links/<str:link_id>/edit", menu_shared_forms.edit, name="menu-shared-edit"),
    path("menu/shared-links/<str:link_id>/delete", menu_shared.delete, name="menu-shared-delete"),
    path("menu/shared-links/<str:link_id>/invite", menu_shared_invite.make, name="menu-shared-invite"),
    path("menu/shared-links/<str:link_id>/items", menu_shared.items, name="menu-shared-items"),
    path("menu/shared-links/<str:link_id>/cover", shared_covers.cover, name="menu-shared-cover"),
    path("menu/shared-links/<str:link_id>/qr", menu_shared.qr_page, name="menu-shared-qr"),
    path("menu/shared-links/<str:link_id>/qr.<str:kind>", menu_shared.qr_picture, name="menu-shared-qr-picture"),
    path("menu/shared-links/<str:link_id>/poster", shared_link_poster.poster_page, name="menu-shared-poster"),
    path("menu/links/<str:token>", link_details.details, name="menu-details"),
    path("menu/links/<str:token>/retry", link_details.retry, name="menu-retry"),
    path("menu/links/<str:token>/removed", link_details.removed, name="menu-removed"),
    path("menu/links/<str:token>/pasting", link_details.pasting, name="menu-pasting"),
    path("menu/links/<str:token>/give-up", link_details.give_up, name="menu-give-up"),
    path("menu/links/<str:token>/files.csv", link_export.export, name="menu-export"),
    path("menu/links/<str:token>/choose", link_chosen.choose, name="menu-choose"),
    path("menu/links/<str:token>/files.zip", link_chosen.archive, name="menu-archive"),
    path("menu/links/<str:token>/files/<uuid:upload_id>", link_files.about, name="menu-file"),
    path("menu/links/<str:token>/files/<uuid:upload_id>/thumbnail", link_files.thumbnail, name="menu-thumbnail"),
    path("menu/links/<str:token>/files/<uuid:upload_id>/download", link_files.download, name="menu-download"),
    path("menu/links/<str:token>/people", link_people.people, name="menu-people"),
    path("menu/links/<str:token>/share-back", link_share_back.share_back, name="menu-share-back"),
    path("menu/links/<str:token>/share-back/reveal", link_share_back.reveal, name="menu-share-back-reveal"),
    path("menu/links/<str:token>/share-back/retry", link_share_back.look_again, name="menu-share-back-retry"),
    path("menu/links/<str:token>/share-back/delete", link_share_back.delete, name="menu-share-back-delete"),
    path("menu/links/<str:token>/qr", menu_rows.qr_page, name="menu-qr"),
    path("menu/links/<str:token>/qr.<str:kind>", menu_rows.qr_picture, name="menu-qr-picture"),
    path("menu/links/<str:token>/poster", poster.poster_page, name="menu-poster"),
    path("menu/links/<str:token>/<str:action>", menu_rows.change, name="menu-change"),
    path("api/config", pages.config, name="config"),
    path("api/uploads", pages.own_uploads, name="own-uploads"),
    path("api/uploads/known", pages.known_uploads, name="known-uploads"),
    path("api/shared", share_page.shared, name="shared"),
    path("api/shared/send", share_page.send, name="shared-send"),
    path("api/shared/<uuid:staged_id>", share_page.leave_out, name="shared-file"),
    path("api/invite/<str:token>", hosts_api.invite, name="invite-state"),
    path("api/invite/<str:token>/auth", invites_api.authorize, name="invite-auth"),
    path("api/invite/<str:token>/uploads", uploads_hosts_api.invite_uploads, name="invite-uploads"),
    path("api/invite/<str:token>/shared-link", share_back_api.share_back, name="share-back"),
    path("api/supported-platforms", downloads_views.supported_platforms, name="supported-platforms"),
    path("api/upload/url/status", downloads_views.jobs, name="url-jobs"),
    path("api/upload/url/status/<str:job_id>", downloads_views.job, name="url-status"),
    path("api/upload/url/status/<str:job_id>/thumbnail", downloads_views.thumbnail, name="url-thumbnail"),
    path("api/login", login_api, name="api-login"),
    path("api/logout", logout_api, name="api-logout"),
    path("api/ping", ping, name="ping"),
    path("api/albums", albums, name="albums"),
    path("api/shared-links", shared_links_api.links, name="shared-links"),
    path("api/shared-links/<str:link_id>", shared_links_api.link, name="shared-link"),
    path("api/shared-links/<str:link_id>/assets", shared_links_api.link_assets, name="shared-link-assets"),
    path("api/shared-links/<str:link_id>/invite", shared_links_api.link_invite, name="shared-link-invite"),
    path("api/own-page", own_pages.own_page_of, name="own-page"),
    path("api/invites", hosts_api.invites, name="invites"),
    path("api/invites/bulk", hosts_api.bulk, name="invites-bulk"),
    path("api/invites/delete", hosts_api.delete, name="invites-delete"),
    path("api/docs", docs, name="api-docs"),
    path("api/openapi.json", openapi, name="openapi"),
    path("api/qr", hosts_api.qr_code, name="qr"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    # Django's own login form would be a second door, without the brake on guessing.
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    path("admin/", admin.site.urls),
]
