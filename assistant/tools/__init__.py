"""What can be asked of the warehouse in one call: the tools of `/api/tools/…` and of the assistant.

A tool is a function from typed arguments to a `ToolResult`. It computes nothing: figures come from the functions
behind the API, with the addresses at which each can be checked.
"""
