"""`/menu/shared-links/{id}/cover`: the picture that stands for a shared link in its host's list."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from immichdrop.immich import SharedLink
from invites.menu_gates import host_page
from invites.shared_link_gates import own_shared_link
from invites.shared_links import Library
from uploads import asset_media
from uploads.link_files import NO_PICTURE_KEPT, PICTURE_KEPT

NOTHING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'


@require_safe
@host_page
@own_shared_link
def cover(request: HttpRequest, library: Library, link: SharedLink) -> HttpResponse:
    """Immich's thumbnail; without one a picture of nothing, behind which the card shows its own colours."""
    found = asset_media.thumbnail(library.account, uuid.UUID(link.cover_id)) if link.cover_id else None
    body, media_type = found or (NOTHING, "image/svg+xml")
    response = HttpResponse(body, content_type=media_type)
    patch_cache_control(response, private=True, max_age=PICTURE_KEPT if found else NO_PICTURE_KEPT)
    return response
