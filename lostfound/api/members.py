"""Door: for whom an API user acts, and what they see."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, Throttled, ValidationError
from rest_framework.settings import api_settings

from lostfound.models import ContactRequest, Item
from lostfound.states import ItemKind, ItemState, RequestState

Caller = User | AnonymousUser | AbstractBaseUser


def member_of(user: Caller) -> str:
    """The member that a user is: the user name is the UserID, compared without case."""
    return user.get_username().lower()


def is_staff(user: Caller) -> bool:
    """Whether a user acts for members: staff with the right to ask for them. An auditor reads, and asks for nobody."""
    return bool(getattr(user, "is_staff", False)) and _may(user, "lostfound.add_contactrequest")


def _may(user: Caller, right: str) -> bool:
    return isinstance(user, User) and user.has_perm(right)


def acting_as(user: Caller, named: str | None, field: str) -> str:
    """The member for whom `user` acts. Staff name anybody and must; the others are themselves.

    Raises ValidationError where staff named nobody, PermissionDenied for somebody else's name.
    """
    if is_staff(user):
        if not named:
            raise ValidationError({field: [_("Say for which member.")]})
        return named
    if named and named != member_of(user):
        raise PermissionDenied(_("You can act for yourself only."))
    return member_of(user)


def visible_items(user: Caller) -> QuerySet[Item]:
    """All for staff; for a member those that are open, their own, and those that they asked about."""
    if _sees_all(user, "lostfound.view_item"):
        return Item.objects.all()
    asked = ContactRequest.objects.filter(owner=member_of(user)).values("item")
    return Item.objects.filter(Q(state=ItemState.OPEN) | Q(reporter=member_of(user)) | Q(pk__in=asked))


def visible_requests(user: Caller) -> QuerySet[ContactRequest]:
    """All for staff; for a member those where they are owner or finder."""
    if sees_all_requests(user):
        return ContactRequest.objects.all()
    member = member_of(user)
    return ContactRequest.objects.filter(Q(owner=member) | Q(finder=member))


def sees_all_requests(user: Caller) -> bool:
    return _sees_all(user, "lostfound.view_contactrequest")


def _sees_all(user: Caller, right: str) -> bool:
    return bool(getattr(user, "is_staff", False)) and _may(user, right)


def reporters_known(user: Caller) -> Q:
    """Of which items a user may know the reporter: of a found thing it is the finder, whose name stays hidden."""
    if _sees_all(user, "lostfound.view_item"):
        return Q()
    return Q(kind=ItemKind.LOST) | Q(reporter=member_of(user))


def knows_reporter(user: Caller, item: Item) -> bool:
    """The same of one item."""
    mine = item.kind == ItemKind.LOST or item.reporter == member_of(user)
    return mine or _sees_all(user, "lostfound.view_item")


def finders_known(user: Caller) -> Q:
    """Of which requests a user may know the finder: their own things, and where the finder has agreed."""
    if sees_all_requests(user):
        return Q()
    return Q(finder=member_of(user)) | Q(state=RequestState.ACCEPTED, consent_withdrawn_at=None)


def knows_finder(user: Caller, asked: ContactRequest) -> bool:
    """The same of one request."""
    agreed = asked.state == RequestState.ACCEPTED and asked.consent_withdrawn_at is None
    return agreed or asked.finder == member_of(user) or sees_all_requests(user)


def owners_known(user: Caller) -> Q:
    """Of which requests a user may know the owner; the pages do not name one to the finder either."""
    return Q() if sees_all_requests(user) else Q(owner=member_of(user))


def knows_owner(user: Caller, asked: ContactRequest) -> bool:
    """The same of one request."""
    return asked.owner == member_of(user) or sees_all_requests(user)


def keep_pace(owner: str) -> None:
    """Raise Throttled when this member asked as often within the last hour as is allowed.

    Counted over the requests themselves, so that it holds across processes and restarts.
    """
    allowed = int(str(api_settings.DEFAULT_THROTTLE_RATES["asks"]).partition("/")[0])
    hour_ago = timezone.now() - timedelta(hours=1)
    asked = ContactRequest.objects.filter(owner=owner, created_at__gt=hour_ago).order_by("created_at")
    times = list(asked.values_list("created_at", flat=True)[: allowed + 1])
    if len(times) >= allowed:
        raise Throttled(wait=max(1.0, (times[0] - hour_ago).total_seconds()))
