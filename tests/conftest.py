"""Options of the tests, and what is said before any runs: which seeds nobody picked were drawn for this commit."""

from tools.claims.offsets import drawn_offsets


def pytest_addoption(parser):
    parser.addoption("--all-submissions", action="store_true", help="grade every known wrong answer, not one of a kind")


def pytest_report_header():
    return f"unseen seeds of this commit: STEP_ZERO_SEED = {', '.join(map(str, drawn_offsets()))}"
