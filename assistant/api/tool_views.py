"""`/api/tools`: what can be asked, and each tool at an address of its own (issue 18, 4)."""

from typing import Annotated, Any

import msgspec
from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from assistant.tools.registry import TOOLS, Tool, run
from assistant.tools.shapes import ToolResult
from core.api.bodies import json_body
from core.api.errors import Error
from core.shapes import Shape, describe

BAD = OpenApiResponse(Error, description="an argument is not acceptable; the text begins with its name")
NOT_JSON = OpenApiResponse(Error, description="the content type is not JSON")
TOO_LARGE = OpenApiResponse(Error, description="the body is larger than a megabyte")


class ToolShape(Shape):
    name: str
    description: str
    arguments: Annotated[dict[str, Any], describe("JSON Schema")]
    example: Annotated[dict[str, Any], describe("arguments")]


class ToolList(Shape):
    success: bool = True
    tools: list[ToolShape]
    result: Annotated[dict[str, Any], describe("JSON Schema of what every tool answers")]


class ToolsViewSet(ViewSet):
    @extend_schema(summary="The tools", tags=["tools"], responses={200: ToolList})
    def index(self, request: Request) -> Response:
        tools = [
            ToolShape(
                name=tool.name,
                description=tool.description,
                arguments=msgspec.json.schema(tool.arguments),
                example=tool.example,
            )
            for tool in TOOLS.values()
        ]
        return Response(ToolList(tools=tools, result=msgspec.json.schema(ToolResult)))


def view_of(tool: Tool) -> type[ViewSet]:
    """A view of one tool, so that the schema has its own arguments."""

    class ToolViewSet(ViewSet):
        @extend_schema(
            operation_id=f"api_tools_{tool.name}",
            summary=tool.description.partition(".")[0],
            description=tool.description,
            tags=["tools"],
            request=tool.arguments,
            responses={200: ToolResult, 400: BAD, 413: TOO_LARGE, 415: NOT_JSON},
            examples=[OpenApiExample("An example", value=tool.example, request_only=True)],
        )
        def call(self, request: Request) -> Response:
            response = Response(run(tool.name, json_body(request)))
            response.headers["Cache-Control"] = "no-store"
            return response

    return ToolViewSet


urlpatterns: list[URLPattern] = [
    path("tools", ToolsViewSet.as_view({"get": "index"})),
    *(path(f"tools/{tool.name}", view_of(tool).as_view({"post": "call"})) for tool in TOOLS.values()),
]
