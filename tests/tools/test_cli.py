"""The command line: a stranger finds each command, --help is quick, and what is missing is said in a line."""

import subprocess
import sys

import pytest

from tools import cli

HEAVY = {"numpy", "matplotlib", "nbformat", "nbclient", "nbconvert", "pytest", "nbgrader", "playwright"}


def test_the_commands_are_there():
    assert list(cli.COMMANDS) == [
        *("release", "grade", "slides"),
        *("run", "exercises", "check", "reseed", "claims", "glossary"),
        *("pages", "site", "readme", "guide"),
        *("bench", "mutants", "processors"),
    ]


def test_help_names_each_command_with_an_example_in_a_line(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert end.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    for name, command in cli.COMMANDS.items():
        (line,) = [line for line in lines if line.startswith(f"  step-zero {name}")]
        assert line.endswith(command.text)
    assert set(cli.GROUPS) <= set(lines)
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_an_example_is_one_that_works(name):
    words = cli.COMMANDS[name].example.split()
    options = cli.parser_of_all().parse_args(words[1:])
    assert words[:2] == ["step-zero", options.command] == ["step-zero", name]


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_of_one_command_says_what_it_does(name, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert cli.COMMANDS[name].text in said
    assert f"Example: {cli.COMMANDS[name].example}" in said


def test_help_imports_nothing_heavy():
    asked = f"import sys\nfrom tools import cli\ncli.overview()\nprint(sorted({HEAVY} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", asked], cwd=cli.ROOT, capture_output=True, text=True).stdout == "[]\n"


def error_of(capsys, *arguments, **options):
    with pytest.raises(SystemExit) as end:
        cli.main(list(arguments), **options)
    assert end.value.code == 2
    return capsys.readouterr().err


def test_what_keeps_a_command_from_its_work_is_said_in_a_line(capsys, monkeypatch, tmp_path):
    assert "invalid choice: 'grad'" in error_of(capsys, "grad")
    assert "there is no bench speed; there are trainer" in error_of(capsys, "bench", "speed")
    assert "install it from a checkout" in error_of(capsys, "check", notebooks=tmp_path / "nowhere")
    monkeypatch.setitem(sys.modules, "nbconvert.exporters", None)
    monkeypatch.delitem(sys.modules, "tools.publish.slides", raising=False)
    assert "needs the extra `instructor`: uv sync --extra instructor" in error_of(capsys, "slides", "03")


def test_ctrl_c_is_no_traceback(capsys, monkeypatch):
    def stopped(paths):
        raise KeyboardInterrupt

    monkeypatch.setattr("tools.authoring.run.run_all", stopped)
    assert cli.main(["run", "03"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_the_benches_are_those_that_there_are():
    from tools.measure import bench

    assert tuple(bench.BENCHES) == cli.BENCHES
