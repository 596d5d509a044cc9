from django.apps import AppConfig


class ImmichdropConfig(AppConfig):
    name = "immichdrop"
    verbose_name = "Hosts and accounts"
