"""Door: Django's entry to the sandbox, a WeCom to develop, demonstrate and test against."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SandboxConfig(AppConfig):
    name = "wecom.sandbox"
    label = "sandbox"
    verbose_name = _("WeCom sandbox")
    default_auto_field = "django.db.models.BigAutoField"
