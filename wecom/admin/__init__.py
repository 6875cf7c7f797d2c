"""Door: the records of the wire as administrators see them. Nobody edits them by hand; deeds go through decisions.

An app that builds on wecom may derive from these classes and register its own in their place.
"""

from django.apps import apps

if apps.is_installed(
    "unfold"
):  # the pages are made of its parts; without it a project has its admin, and none of these
    from django.contrib import admin

    from wecom.models import Alert, Callback, Outgoing, ResponseCode, SentCard

    from .alerts import AlertAdmin
    from .callbacks import CallbackAdmin
    from .cards import ResponseCodeAdmin, SentCardAdmin
    from .outgoing import OutgoingAdmin

    admin.site.register(Alert, AlertAdmin)
    admin.site.register(Callback, CallbackAdmin)
    admin.site.register(Outgoing, OutgoingAdmin)
    admin.site.register(SentCard, SentCardAdmin)
    admin.site.register(ResponseCode, ResponseCodeAdmin)
