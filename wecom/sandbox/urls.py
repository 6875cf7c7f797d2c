"""Door: the sandbox's addresses."""

from django.urls import URLPattern

app_name = "sandbox"

urlpatterns: list[URLPattern] = []
