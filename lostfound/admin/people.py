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

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """Rights are handed out by superusers; whoever else may change accounts leaves other administrators alone."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        known = super().get_readonly_fields(request, obj)
        return known if request.user.is_superuser else (*known, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    @staticmethod
    def _may_touch(request: HttpRequest, obj: Any) -> bool:
        other_administrator = obj is not None and obj != request.user and (obj.is_staff or obj.is_superuser)
        return bool(request.user.is_superuser) or not other_administrator


class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """A group is a set of rights: superusers alone change it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


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
