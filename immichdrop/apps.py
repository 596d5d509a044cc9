from django.apps import AppConfig

from immichdrop import file_systems  # noqa: F401 - registers its check


class ImmichdropConfig(AppConfig):
    name = "immichdrop"
    verbose_name = "Hosts and accounts"
