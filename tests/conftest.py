"""What is said before any test runs: which seeds nobody picked were drawn for this commit."""

from tools.seeds import drawn_offsets


def pytest_report_header():
    return f"unseen seeds of this commit: STEP_ZERO_SEED = {', '.join(map(str, drawn_offsets()))}"
