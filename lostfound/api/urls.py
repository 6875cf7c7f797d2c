"""Door: addresses below /api/."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from .problems import unknown_address
from .views import ContactRequests, Items

router = SimpleRouter()
router.register("items", Items)
router.register("contact-requests", ContactRequests)

urlpatterns = [
    path("v1/", include(router.urls)),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
    re_path(r"^(?P<rest>[\s\S]*)$", login_not_required(unknown_address)),
]
