"""Door: lists come in pages, so that no answer grows without bound."""

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """`?page=` counts from 1; `?page_size=` up to 200, more is cut to it. A page that is not there is a 404."""

    page_size_query_param = "page_size"
    max_page_size = 200
