from importlib import import_module

from django.apps import AppConfig

from uploads.doctor.checks import more


class DownloadsConfig(AppConfig):
    name = "ingest.downloads"
    verbose_name = "Pasted links"

    def ready(self) -> None:
        # Django has its models now, which these have to have.
        checks = import_module("ingest.downloads.doctor").checks
        more.append(checks)
