"""Door: Django's entry to the wecom app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class WecomConfig(AppConfig):
    name = "wecom"
    verbose_name = _("WeCom")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from . import checks, crash  # registers the system checks

        if settings.DEBUG and checks.crash_point():
            crash.arm(checks.crash_point(), tally=str(getattr(settings, "CRASH_TALLY", "")))

        # Every installed app may bring handlers (what came in) and effects (what goes out).
        autodiscover_modules("handlers", "effects")
