"""The official SDK's server with the tools of the registry: read-only, each with the schema of what it answers."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from mcp.types import Tool as ProtocolTool

from assistant.mcp.bridge import here
from assistant.tools.registry import TOOLS, Called, Tool, called
from assistant.tools.shapes import ToolResult

log = logging.getLogger(__name__)

INSTRUCTIONS = (
    "Downtime, waits and opening hours of theme parks, each figure with links to its evidence. Ask find for ids first."
    " A value of null is unknown: it is neither zero nor closed. Dates are those of the park. An answer has 4 KB at"
    " most; `next` is the cursor of the rest."
)
READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
alone = ThreadPoolExecutor(1, thread_name_prefix="tools")  # where no request waits: standard input


def object_schema(shape: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a shape with the object at its root, as the protocol wants it, and not behind a `$ref`."""
    schema = msgspec.json.schema(shape)
    named = schema["$defs"].pop(schema.pop("$ref").rpartition("/")[2])
    return {**named, **({"$defs": schema["$defs"]} if schema["$defs"] else {})}


def definition(tool: Tool) -> ProtocolTool:
    given, answered = object_schema(tool.arguments), object_schema(ToolResult)
    answered["properties"] = {**answered["properties"], "tool": {"const": tool.name}}
    return ProtocolTool(
        name=tool.name,
        title=tool.name.replace("_", " ").capitalize(),
        description=tool.description,
        input_schema=given | {"additionalProperties": False},
        output_schema=answered,
        annotations=READ_ONLY,
    )


def in_words(found: Called) -> CallToolResult:
    """The result, structured and as the same JSON in text; raises ToolError that begins with the argument's name."""
    if found.result is None:
        raise ToolError(found.error)
    text = msgspec.json.encode(found.result)
    return CallToolResult(
        content=[TextContent(type="text", text=text.decode())], structured_content=msgspec.json.decode(text)
    )


async def on_a_thread(function: Callable[..., Called], *given: Any) -> Called:
    """On the thread of the request, whose connections and limits it has; else on one of our own."""
    exchange = here.get()
    if exchange is not None:
        return await exchange.run(function, *given)
    return await asyncio.get_running_loop().run_in_executor(alone, function, *given)


class ToolServer(MCPServer[Any]):
    """Tools are not functions of the SDK: their arguments are checked, and their faults named, as those of REST."""

    def __init__(self) -> None:
        super().__init__(
            "ridewatch", title="Ridewatch", instructions=INSTRUCTIONS, subscriptions=False, log_level="WARNING"
        )
        self.definitions = [definition(tool) for tool in TOOLS.values()]

    async def list_tools(self) -> list[ProtocolTool]:
        return self.definitions

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult:
        try:
            found = await on_a_thread(called, name, arguments)
        except Exception as error:
            log.exception("the tool %.40r failed", name)
            raise ToolError("The tool failed here; ask again later, or another one") from error
        return in_words(found)
