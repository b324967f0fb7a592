"""Long lists in pages: by key, so that a page is as cheap at the end as at the start."""

from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """50 rows by default, up to 200 with `?page_size=`; a view names its `ordering`."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-id"
