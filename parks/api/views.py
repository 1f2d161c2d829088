from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from parks.search.index import SearchIndex, search_index


class SearchViewSet(ViewSet):
    @extend_schema(summary="Names of all parks and rides", tags=["search"], responses=SearchIndex)
    def index(self, request: Request) -> Response:
        return Response(search_index())
