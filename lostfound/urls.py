"""Door: the addresses of the lost and found."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("api/", include("lostfound.api.urls")),
]
