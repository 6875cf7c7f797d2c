"""Door: who may log in, and the tokens of programs."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.admin import TokenAdmin as DRFTokenAdmin
from rest_framework.authtoken.models import TokenProxy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from wecom.admin.labels import brief


class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


class TokenAdmin(DRFTokenAdmin, ModelAdmin):
    """A token is shown once, when it is made; afterwards only its end."""

    list_display = ("user", "shown_key", "made")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)

    @display(description=_("token"))
    def shown_key(self, row: TokenProxy) -> str:
        return f"••••{row.key[-4:]}"

    @display(description=_("created"), ordering="created")
    def made(self, row: TokenProxy) -> SafeString | str:
        return brief(row.created)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            told = gettext("The token is %(key)s. Copy it now: it is not shown again.") % {"key": obj.key}
            messages.warning(request, told)
