from django.urls import include, path

from .views import empty, usual

urlpatterns = [
    path("", include("wecomsite.urls")),
    path("bench/empty/", empty),
    path("bench/usual/", usual),
]
