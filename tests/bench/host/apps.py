from django.apps import AppConfig


class HostConfig(AppConfig):
    name = "tests.bench.host"
    label = "bench"
    default_auto_field = "django.db.models.BigAutoField"
