"""What stands behind the command `step-zero`, for those who write the course or teach with it."""


class ToolError(ValueError):
    """What keeps a command from its work; the message says what, and what to do."""
