"""What is said of a download, in the shapes of the contract's extension routes."""

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from django.utils import timezone

from ingest.downloads.models import SETTLES_WITHIN, Download, DownloadedFile
from ingest.shortcuts.answers import UploadResult, failure, result_of
from invites.credentials import Caller
from uploads.models import Upload

REFUSED_BY_IMMICH = "immich"  # beside the codes of `causes`: what was downloaded is kept here


class UrlResult(TypedDict):
    """What became of a link: the first file that came, and all others beside it."""

    success: bool
    result: UploadResult | None
    error: str | None
    total_uploaded: int
    additional_results: list[UploadResult]


class JobStatus(TypedDict):
    """A job. `result` is there only when it is completed, `error` only when it failed: Shortcuts look whether they
    have any value. `progress` in percent, `thumbnail` whether there is a picture to be
    asked for, `cause` a code."""

    job_id: str
    status: str
    created_at: float
    platform: NotRequired[str]
    progress: NotRequired[int]
    thumbnail: NotRequired[bool]
    cause: NotRequired[str]
    result: NotRequired[UrlResult]
    error: NotRequired[str]


class OwnJob(JobStatus):
    """A job in a list, with the address that was asked for."""

    url: str


class OwnJobs(TypedDict):
    """What a caller asked for within the last day, the newest first."""

    items: list[OwnJob]


class UrlAnswer(TypedDict):
    """The answer to both generations of clients. While nothing is known it is `job_id` and `status` alone."""

    job_id: str
    status: str
    success: NotRequired[bool]
    result: NotRequired[UploadResult | None]
    error: NotRequired[str | None]
    total_uploaded: NotRequired[int]
    additional_results: NotRequired[list[UploadResult]]


def status_of(download: Download, files: list[DownloadedFile]) -> str:
    """The contract's word. `uploading` until Immich has the files, or keeps them waiting."""
    if download.status != Download.Status.RECEIVED:
        return str(download.status)
    uploads = [file.upload for file in files if file.upload]
    settled = all(upload.status in Upload.FINAL for upload in uploads)
    overdue = download.ended_at is None or timezone.now() - download.ended_at >= SETTLES_WITHIN
    return "completed" if settled or overdue else "uploading"


def _told_status(download: Download, files: list[DownloadedFile], caller: Caller) -> str:
    """`status_of`, but for hosts: what Immich refused all of has failed. Of a link's guests it is safe here."""
    status = status_of(download, files)
    uploads = [file.upload for file in files if file.upload]
    refused = uploads and all(upload.status == Upload.Status.FAILED for upload in uploads)
    return "failed" if refused and caller.invite is None else status


def files_of(download: Download) -> list[DownloadedFile]:
    return list(download.files.select_related("upload"))


def has_thumbnail(download: Download, files: list[DownloadedFile]) -> bool:
    """Whether a picture of it may be shown: nobody sees any longer what was taken back."""
    uploads = [file.upload for file in files if file.upload]
    taken_back = uploads and all(upload.status == Upload.Status.DISCARDED for upload in uploads)
    return bool(download.thumbnail) and not taken_back


def url_result(download: Download, files: list[DownloadedFile], caller: Caller) -> UrlResult:
    """Its files in their order, those that came first."""
    results = [_of_file(download, file, caller) for file in sorted(files, key=lambda file: file.upload is None)]
    good = [each for each in results if each["status"] == "success"]
    words = download.message or None
    if not words and results and not good:
        words = results[0]["error"]
    return UrlResult(
        success=bool(good),
        result=results[0] if results else None,
        error=words,
        total_uploaded=len(good),
        additional_results=results[1:],
    )


def _of_file(download: Download, file: DownloadedFile, caller: Caller) -> UploadResult:
    said = result_of(file.upload, caller) if file.upload else failure(file.filename, file.error)
    return UploadResult(**{**said, "platform": download.platform})


def job_status(download: Download, caller: Caller) -> JobStatus:
    files = files_of(download)
    said = JobStatus(
        job_id=download.job_id,
        status=_told_status(download, files, caller),
        created_at=download.created_at.timestamp(),
        platform=download.platform,
        progress=download.progress,
        thumbnail=has_thumbnail(download, files),
    )
    if said["status"] == "completed":
        said["result"] = url_result(download, files, caller)
    if said["status"] == "failed":
        said["error"] = download.message or url_result(download, files, caller)["error"] or ""
        said["cause"] = download.cause if download.status == Download.Status.FAILED else REFUSED_BY_IMMICH
    return said


def own_jobs(downloads: Iterable[Download], caller: Caller) -> OwnJobs:
    return OwnJobs(items=[OwnJob(**job_status(download, caller), url=download.url) for download in downloads])


def url_answer(download: Download, caller: Caller) -> UrlAnswer:
    """The one answer for both generations."""
    files = files_of(download)
    status = _told_status(download, files, caller)
    if status not in ("completed", "failed"):
        return UrlAnswer(job_id=download.job_id, status="pending")
    whole = url_result(download, files, caller)
    return UrlAnswer(
        job_id=download.job_id,
        status=status,
        success=whole["success"],
        result=whole["result"],
        error=whole["error"],
        total_uploaded=whole["total_uploaded"],
        additional_results=whole["additional_results"],
    )
