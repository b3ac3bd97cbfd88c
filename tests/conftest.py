"""Options of the tests."""


def pytest_addoption(parser):
    parser.addoption("--all-submissions", action="store_true", help="grade every known wrong answer, not one of a kind")
