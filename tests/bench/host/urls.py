from django.urls import include, path

from .views import empty, least, usual

urlpatterns = [
    path("", include("wecomsite.urls")),
    path("bench/empty/", empty),
    path("bench/usual/", usual),
    path("bench/least/", least),
]
