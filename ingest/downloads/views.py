"""What may be asked about links: which platforms are taken, and what became of one."""

from typing import TypedDict

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from ingest.downloads.models import Download
from ingest.downloads.platforms import chosen
from ingest.downloads.results import files_of, has_thumbnail, job_status, own_jobs
from invites import guests
from invites.api_tokens import Scope
from invites.credentials import Caller, caller_required

LISTED = 20  # jobs


class Platforms(TypedDict):
    """`examples`: an address of each, by its name. `hosts`: names, with all below them. `enabled`: whether links are
    downloaded here at all."""

    platforms: list[str]
    examples: dict[str, str]
    hosts: list[str]
    enabled: bool


@csrf_exempt
@require_GET
def supported_platforms(request: HttpRequest) -> HttpResponse:
    """`GET /api/supported-platforms`."""
    found = chosen(settings.SOCIAL_MEDIA_PLATFORMS)
    return JsonResponse(
        Platforms(
            platforms=[platform.name for platform in found],
            examples={platform.name: platform.example for platform in found},
            hosts=[host for platform in found for host in platform.hosts],
            enabled=settings.SOCIAL_MEDIA_UPLOADS_ENABLED,
        )
    )


@csrf_exempt
@require_GET
@caller_required(Scope.LINKS, again=True)
def job(request: HttpRequest, caller: Caller, job_id: str) -> HttpResponse:
    """`GET /api/upload/url/status/{job_id}`: to whoever asked for it; to others as if there was none."""
    found = Download.objects.of_caller(caller).filter(job_id=job_id).first()
    if found is None:
        return JsonResponse({"detail": "Job not found or expired"}, status=404)
    return JsonResponse(job_status(found, caller))


@csrf_exempt
@require_GET
@caller_required(Scope.LINKS, again=True)
def thumbnail(request: HttpRequest, caller: Caller, job_id: str) -> HttpResponse:
    """`GET /api/upload/url/status/{job_id}/thumbnail`: a small JPEG, to whoever asked for the job."""
    found = Download.objects.of_caller(caller).filter(job_id=job_id).first()
    if found is None or not has_thumbnail(found, files_of(found)):
        return JsonResponse({"detail": "There is no picture of this job"}, status=404)
    return HttpResponse(found.thumbnail, "image/jpeg", headers={"Cache-Control": "private, no-store"})


@csrf_exempt
@require_GET
@caller_required(Scope.LINKS, again=True)
def jobs(request: HttpRequest, caller: Caller) -> HttpResponse:
    """`GET /api/upload/url/status?album_name=`: the caller's newest jobs, with a name those of that album.

    Whoever is known by their address alone gets none: others may come from it, and read what was asked for.
    """
    if not (caller.token or caller.host or guests.of_request(request)):
        return JsonResponse(own_jobs([], caller))
    found = Download.objects.of_caller(caller)
    if album := request.GET.get("album_name", "").replace("\0", ""):
        found = found.filter(album_name=caller.destination(album).album_name)
    return JsonResponse(own_jobs(found[:LISTED], caller))
