"""Door: the start page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .models import Item
from .states import ItemKind, ItemState

LATEST = 30


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The latest found items; for people who are logged in, and for all where the sandbox plays WeCom."""
    welcome = request.user.is_authenticated or settings.WECOM_SANDBOX
    items = Item.objects.filter(kind=ItemKind.FOUND, state=ItemState.OPEN) if welcome else Item.objects.none()
    latest = items.order_by("-happened_at", "-pk")[:LATEST]
    context = {"items": latest, "welcome": welcome, "sandbox": settings.WECOM_SANDBOX}
    return render(request, "lostfound/home.html", context)
