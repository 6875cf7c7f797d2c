"""Door: the desk. Lists, pages and deeds of the lost and found, and of the wire as it serves it."""

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.models import TokenProxy

from lostfound.models import Card, ContactRequest, Export, Item, ResponseCode
from wecom.models import Alert, Callback, Outgoing, SentCard

from .cards import AnyCardAdmin, CardAdmin, ResponseCodeAdmin
from .exporting import ExportAdmin
from .items import ItemAdmin
from .messages import CardUpdateAdmin, OtherOutgoingAdmin, OurAlertAdmin, OurCallbackAdmin
from .people import GroupAdmin, TokenAdmin, UserAdmin
from .proxies import CardUpdate
from .requests import ContactRequestAdmin

admin.site.index_title = _("Overview")

admin.site.register(Item, ItemAdmin)
admin.site.register(ContactRequest, ContactRequestAdmin)
admin.site.register(Card, CardAdmin)
admin.site.register(ResponseCode, ResponseCodeAdmin)
admin.site.register(CardUpdate, CardUpdateAdmin)
admin.site.register(Export, ExportAdmin)

for model, ours in (
    (Outgoing, OtherOutgoingAdmin),
    (Callback, OurCallbackAdmin),
    (Alert, OurAlertAdmin),
    (SentCard, AnyCardAdmin),
    (User, UserAdmin),
    (Group, GroupAdmin),
    (TokenProxy, TokenAdmin),
):
    admin.site.unregister(model)
    admin.site.register(model, ours)
