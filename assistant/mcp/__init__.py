"""The tools as the Model Context Protocol speaks of them: at `/mcp`, and over standard input (ADR 39).

`server` says what there is, `bridge` carries a request between its thread and the loop, `views` is the address. The
official SDK is optional (requirements/mcp.txt): only `views` and the command may be imported without it.
"""
