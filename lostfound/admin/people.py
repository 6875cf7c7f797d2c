"""Door: who may log in, and the tokens of programs."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.admin import TokenAdmin as DRFTokenAdmin
from rest_framework.authtoken.models import Token, TokenProxy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from wecom.admin.labels import brief

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
DOES = {
    "view": _("may see"),
    "add": _("may add"),
    "change": _("may change"),
    "delete": _("may delete"),
    "reveal": _("may see a contact, with a reason that is recorded"),
}


def _end_of(token: Token) -> str:
    return f"••••{token.key[-4:]}"


# The framework calls a token by its whole key, on every page that names one: what is deleted with a user, its history.
Token.__str__ = _end_of  # type: ignore[method-assign, assignment]


class RightsInWords(admin.ModelAdmin):
    """Rights are chosen by what they are about, in the reader's language; those that open no page are left out."""

    def formfield_for_manytomany(self, *args: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_manytomany(*args, **kwargs)
        if field and field.queryset.model is Permission:
            shown = Q()
            for model in self.admin_site._registry:
                shown |= Q(content_type__app_label=model._meta.app_label, content_type__model=model._meta.model_name)
            field.queryset = Permission.objects.filter(shown).select_related("content_type")
            field.label_from_instance = _right_in_words
        return field


def _right_in_words(right: Permission) -> str:
    model: Any = right.content_type.model_class()
    does, _line, _model = right.codename.partition("_")
    return f"{model._meta.app_config.verbose_name} · {model._meta.verbose_name} · {DOES.get(does, right.name)}"


class UserAdmin(RightsInWords, DjangoUserAdmin, ModelAdmin):
    """Rights are handed out by superusers; whoever else may change accounts leaves other administrators alone."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nor may they rename anybody: what was done stands under names, and two of them are two people."""
        known = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return known
        return (*known, *RIGHTS, *(["username"] if obj else []))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)


def _may_touch(request: HttpRequest, account: Any) -> bool:
    other_administrator = account and account != request.user and (account.is_staff or account.is_superuser)
    return bool(request.user.is_superuser) or not other_administrator


class GroupAdmin(RightsInWords, DjangoGroupAdmin, ModelAdmin):
    """A group is a set of rights: superusers alone change it."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The groups; that each of their rights goes with them need not be told one by one."""
        _all, _counts, *rest = super().get_deleted_objects(objs, request)
        return [str(group) for group in objs], {self.opts.verbose_name_plural: len(objs)}, *rest

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


class TokenAdmin(DRFTokenAdmin, ModelAdmin):
    """A token is shown once, when it is made; afterwards only its end. It is touched by who may touch its account."""

    list_display = ("user", "shown_key", "made")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field and not request.user.is_superuser:
            ordinary = Q(is_staff=False, is_superuser=False)
            field.queryset = field.queryset.filter(ordinary | Q(pk=request.user.pk))
        return field

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj and obj.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj and obj.user)

    @display(description=_("token"))
    def shown_key(self, row: TokenProxy) -> str:
        return _end_of(row)

    @display(description=_("created"), ordering="created")
    def made(self, row: TokenProxy) -> SafeString | str:
        return brief(row.created)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            told = gettext("The token is %(key)s. Copy it now: it is not shown again.") % {"key": obj.key}
            messages.warning(request, told)
