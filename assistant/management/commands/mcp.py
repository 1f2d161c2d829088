"""`manage.py mcp`: the tools over standard input and output, for a program on this machine."""

import asyncio
from typing import Any

from core.commands import TeachingCommand, refuse

EXAMPLES = """
examples:
  mcp
      speaks the Model Context Protocol until its input ends; a program starts it, such as
      {"command": ".venv/bin/python", "args": ["manage.py", "mcp"]}
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = (
        "Offer the tools of /api/tools to a program on this machine, in the Model Context Protocol over standard input"
        " and output. A running server offers the same at /mcp. Needs requirements/mcp.txt."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from assistant.mcp.server import ToolServer
        except ModuleNotFoundError as error:
            raise refuse(
                "The Model Context Protocol is not installed: .venv/bin/pip install -r requirements/mcp.txt"
            ) from error
        asyncio.run(ToolServer().run_stdio_async())
