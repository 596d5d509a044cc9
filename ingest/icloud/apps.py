from django.apps import AppConfig


class ICloudConfig(AppConfig):
    name = "ingest.icloud"
    label = "icloud"
    verbose_name = "iCloud photos"
