from django.apps import AppConfig


class DownloadsConfig(AppConfig):
    name = "ingest.downloads"
    verbose_name = "Pasted links"
