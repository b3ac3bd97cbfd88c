"""What a notebook, a lesson and a Markdown text are, to all tools."""

from tools import ToolError


class NotebookError(ToolError):
    """A notebook that is not there, cannot be run, or failed; the message says where."""
