"""Door: what an administrator can do with records, from a list or from the page of one, always by POST.

A Deed names one decision of the floor below. It is rehearsed first: done and taken back, so that the page that asks
knows what can be done and why the rest cannot. Where there is a risk, that page wants a reason too.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from wecom.errors import WeComError
from wecom.fields import CannotOpen

logger = logging.getLogger(__name__)

CONFIRMED, REASON = "confirmed", "reason"
LONGEST_REASON = 200
REHEARSAL = "rehearsal"
MOST_AT_ONCE = 500
WATCHED, AT_ONCE = 20, 10  # more rows than that are done before the administrator's eyes, so many between two lines
_HERE = "<!-- here -->"


class NotDone(Exception):
    """The decision was refused; the text says why, in the reader's language."""


def _in_its_state(row: Any) -> str:
    shown = getattr(row, "get_state_display", None)
    return _("It is: %(state)s.") % {"state": shown()} if shown else ""


def never_said(row: Any) -> str:
    """For a deed that is nobody's business where it does not fit."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that can be done with a row.

    act      the decision, with the row's key, the administrator's name and the reason; raises NotDone. What it
             returns as a text is shown once, in the answer itself: it may be secret
    fits     whether the row's page shows the button; the decision itself has the last word
    why_not  the sentence that the page shows instead of it, by default the row's state; "": nothing is said
    warning  what the administrator should know first
    risks    what may go wrong with these rows, in sentences; each makes a reason necessary
    reason   whether a reason is wanted in any case
    asks     what is wanted instead of a reason, as the label of its field
    right    the permission that it needs; the right to change such rows where none is named
    single   only from the page of one row
    """

    name: str
    label: str | Promise
    act: Callable[[Any, str, str], object]
    fits: Callable[[Any], bool] = bool
    why_not: Callable[[Any], str | Promise] = _in_its_state
    warning: str | Promise = ""
    risks: Callable[[Sequence[Any]], Sequence[str]] = lambda rows: ()
    reason: bool = False
    asks: str | Promise = ""
    right: str = ""
    single: bool = False
    icon: str = "play_arrow"


@dataclass(slots=True)
class Outcome:
    """What came of one deed over several rows."""

    asked: int
    done: int
    refused: dict[str, list[str]]
    said: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """What came of other rows too; how many were asked for was known before."""
        self.done += other.done
        self.said += other.said
        for why, rows in other.refused.items():
            self.refused.setdefault(why, []).extend(rows)


def carry_out(deed: Deed, rows: Sequence[Model], by: str, why: str) -> Outcome:
    """Do it row by row, each in its own transaction; a refusal stops nobody else's."""
    outcome = Outcome(asked=len(rows), done=0, refused={})
    for row in rows:
        try:
            told = deed.act(row.pk, by, why)
        except NotDone as exc:
            outcome.refused.setdefault(str(exc), []).append(f"#{row.pk}")
        except (WeComError, CannotOpen, ObjectDoesNotExist) as exc:
            logger.warning("not done: deed=%s row=%s why=%s", deed.name, row.pk, type(exc).__name__)
            gone = _("What it needs has gone from the settings or from the records.")
            outcome.refused.setdefault(gone, []).append(f"#{row.pk}")
        else:
            outcome.done += 1
            outcome.said += [told] if isinstance(told, str) else []
    return outcome


def rehearse(deed: Deed, rows: Sequence[Model], by: str) -> Outcome:
    """What would come of it now: it is done and taken back, row by row, so that nobody waits long for a lock."""
    outcome = Outcome(asked=len(rows), done=0, refused={})
    for row in rows:
        with transaction.atomic():
            outcome.add(carry_out(deed, [row], by, REHEARSAL))
            transaction.set_rollback(True)
    return outcome


def told(deed: Deed, outcome: Outcome) -> list[str]:
    """`n of m`, and for each reason the rows that were left as they are."""
    numbers = {"deed": deed.label, "done": outcome.done, "asked": outcome.asked}
    lines = [_("%(deed)s: %(done)d of %(asked)d done.") % numbers]
    for why, rows in outcome.refused.items():
        shown = ", ".join(rows[:10]) + (" …" if len(rows) > 10 else "")
        lines.append(_("Not done for %(rows)s: %(why)s") % {"rows": shown, "why": why})
    return lines


def report(request: HttpRequest, deed: Deed, outcome: Outcome) -> None:
    """The outcome, on the next page that the administrator sees."""
    summary, *refusals = told(deed, outcome)
    messages.add_message(request, messages.SUCCESS if outcome.done == outcome.asked else messages.WARNING, summary)
    for line in refusals:
        messages.warning(request, line)


class DeedMixin(admin.ModelAdmin):
    """Adds `deeds` to an admin: as actions of its list, and as buttons on the page of one row."""

    deeds: tuple[Deed, ...] = ()
    change_form_outer_before_template = "admin/deeds.html"

    def describe(self, row: Any) -> str:
        """The row in a few words, for the page that asks whether it is meant."""
        return str(row)

    def may_act(self, request: HttpRequest) -> bool:
        """The right to change such rows, though never by hand."""
        return bool(request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}"))

    def may_do(self, request: HttpRequest, deed: Deed) -> bool:
        return bool(request.user.has_perm(deed.right)) if deed.right else self.may_act(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        mine = [deed for deed in self.deeds if not deed.single and self.may_do(request, deed)]
        actions.update({deed.name: (self._from_list(deed), deed.name, deed.label) for deed in mine})
        return actions

    def get_urls(self) -> list[URLPattern]:
        doing = self.admin_site.admin_view(self.do_one)
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        return [path("<path:object_id>/do/<slug:deed>/", doing, name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; a chosen key that can be none is a bad request, where Django would break."""
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.to_python(key)
            except ValidationError as exc:
                raise BadRequest("a chosen row has no such key") from exc
        answer: HttpResponse = super().changelist_view(request, extra_context)
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"deeds": [], **(extra_context or {})}
        row = self.get_object(request, object_id) if object_id else None
        if row is not None:
            context["deeds"] = [one for one in self.buttons(row) if self.may_do(request, one["deed"])]
            context["not_now"] = self._not_now(row, [deed for deed in self.deeds if self.may_do(request, deed)])
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return answer

    def buttons(self, row: Any) -> list[dict[str, Any]]:
        """The deeds that fit this row, with the address each is posted to."""
        address = f"admin:{self.opts.app_label}_{self.opts.model_name}_do"
        return [
            {"deed": deed, "url": reverse(address, args=[row.pk, deed.name])} for deed in self.deeds if deed.fits(row)
        ]

    def _not_now(self, row: Any, deeds: Sequence[Deed]) -> dict[str, list[Any]]:
        """What cannot be done with this row now, by the reason."""
        found: dict[str, list[Any]] = {}
        for deed in deeds:
            if not deed.fits(row) and (why := str(deed.why_not(row))):
                found.setdefault(why, []).append(deed.label)
        return found

    def do_one(self, request: HttpRequest, object_id: str, deed: str) -> HttpResponse:
        """POST from a button: ask first where there is a risk, then do it and return to the page it came from."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        found = next((one for one in self.deeds if one.name == deed), None)
        row = self.get_object(request, object_id)
        if found is None or row is None:
            raise Http404
        if not self.may_do(request, found):
            raise PermissionDenied
        asking = self._ask(request, found, [row], back=self._back(request, row))
        if asking is not None:
            return asking
        outcome = self._do(request, found, [row])
        if outcome.said:
            return self._show(request, found, outcome, back=self._back(request, row))
        return HttpResponseRedirect(self._back(request, row))

    def _do(self, request: HttpRequest, deed: Deed, rows: Sequence[Model]) -> Outcome:
        outcome = carry_out(deed, rows, request.user.get_username(), _reason(request))
        report(request, deed, outcome)
        return outcome

    def _show(self, request: HttpRequest, deed: Deed, outcome: Outcome, *, back: str) -> HttpResponse:
        """What the deed returned, on a page that nothing keeps: no cookie, no session, no cache."""
        context = {**self.admin_site.each_context(request), "title": deed.label, "opts": self.opts}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/said.html", {**context, "said": outcome.said, "back": back})

    def _back(self, request: HttpRequest, row: Model) -> str:
        wanted = request.POST.get("next", "")
        if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
            return wanted
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def _do_watched(self, request: HttpRequest, deed: Deed, rows: Sequence[Model]) -> HttpResponseBase:
        """Many rows on a page that grows while they are done, and ends with the outcome; leaving it stops the work."""
        context = {"title": deed.label, "back": request.get_full_path(), "here": _HERE}
        head, _here, tail = render_to_string("admin/watched.html", context, request).partition(_HERE)
        language = get_language() or ""

        def lines() -> Iterator[str]:
            yield head
            outcome = Outcome(asked=len(rows), done=0, refused={})
            with override(language):
                for start in range(0, len(rows), AT_ONCE):
                    some = rows[start : start + AT_ONCE]
                    outcome.add(carry_out(deed, some, request.user.get_username(), _reason(request)))
                    yield format_html("<li>{} / {}</li>\n", start + len(some), len(rows))
                yield format_html_join("", "<li><b>{}</b></li>\n", ((line,) for line in told(deed, outcome)))
            yield tail

        return StreamingHttpResponse(lines(), headers={"X-Accel-Buffering": "no"})

    def _from_list(self, deed: Deed) -> Callable[..., HttpResponseBase | None]:
        def act(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
            rows = list(queryset[: MOST_AT_ONCE + 1])
            if len(rows) > MOST_AT_ONCE:
                messages.error(request, _("At most %(most)d at once: choose fewer.") % {"most": MOST_AT_ONCE})
                return None
            asking = self._ask(request, deed, rows, back=request.get_full_path())
            if asking is None and len(rows) > WATCHED:
                return self._do_watched(request, deed, rows)
            if asking is None:
                self._do(request, deed, rows)
            return asking

        return act

    def _ask(self, request: HttpRequest, deed: Deed, rows: Sequence[Model], *, back: str) -> HttpResponse | None:
        """The page that says what will happen and asks whether it is meant; None where that was answered."""
        risks = [str(risk) for risk in deed.risks(rows)]
        wants_reason = deed.reason or bool(deed.asks) or bool(risks)
        confirmed = CONFIRMED in request.POST
        if confirmed and (_reason(request) or not wants_reason):
            return None
        outcome = rehearse(deed, rows, request.user.get_username())
        context = {
            **self.admin_site.each_context(request),
            "title": deed.label,
            "opts": self.opts,
            "deed": deed,
            "outcome": outcome,
            "risks": risks,
            "wants_reason": wants_reason,
            "reason_missing": confirmed,
            "reason_name": REASON,
            "longest_reason": LONGEST_REASON,
            "rows": [(row, self.describe(row)) for row in rows],
            "back": back,
            "confirmed": CONFIRMED,
            "checkbox": ACTION_CHECKBOX_NAME,
            "from_list": "action" in request.POST,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/deed.html", context)


def _reason(request: HttpRequest) -> str:
    return request.POST.get(REASON, "").strip()[:LONGEST_REASON]
