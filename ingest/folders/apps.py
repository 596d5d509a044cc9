from django.apps import AppConfig


class FoldersConfig(AppConfig):
    name = "ingest.folders"
    label = "folders"
    verbose_name = "Folders"
