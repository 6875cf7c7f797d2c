"""Door: the records of the wire as administrators see them. Nobody edits them by hand; deeds go through decisions.

An app that builds on wecom may derive from these classes and register its own in their place.
"""

from django.contrib import admin

from wecom.models import Callback, Outgoing

from .callbacks import CallbackAdmin
from .outgoing import OutgoingAdmin

admin.site.register(Callback, CallbackAdmin)
admin.site.register(Outgoing, OutgoingAdmin)
