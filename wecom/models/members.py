"""Plumbing: what the address book last told an app about its members."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wecom.fields import UserIdField


class Member(models.Model):
    """One member as one app knows them. `is_here`: in the app's range, neither disabled nor gone."""

    app = models.CharField(_("app"), max_length=32, default="default")
    userid = UserIdField(_("UserID"))
    name = models.CharField(_("name"), max_length=64, blank=True)
    position = models.CharField(_("position"), max_length=128, blank=True)
    departments = models.JSONField(_("departments"), default=list, blank=True, help_text=_("Their ids."))
    is_here = models.BooleanField(_("may use the app"), default=True)
    checked_at = models.DateTimeField(_("checked"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["app", "userid"], name="wecom_member_once")]

    def __str__(self) -> str:
        return str(self.userid)
