"""The ways to install the course agree with each other: pyproject.toml, constraints.txt, conda's file, Binder's."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.support import needs
from tools.course.places import ROOT
from tools.rules.repository import PACKAGE_HOST, repository_files

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
FOR_PEOPLE, FOR_BINDER = [
    yaml.safe_load((ROOT / name).read_text(encoding="utf-8")) for name in ("environment.yml", "binder/environment.yml")
]
both_environments = pytest.mark.parametrize("environment", [FOR_PEOPLE, FOR_BINDER], ids=["people", "Binder"])
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
BY_RANGE = {"ipywidgets", "jupyterlab"}  # Binder's base image has them already

RUNTIME = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]


def pinned(python):
    """Return the version of each package that constraints.txt fixes for this Python, on Linux."""
    marker_environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
    }
    versions = {}
    for line in CONSTRAINTS.splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate(marker_environment):
                versions[canonicalize_name(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return versions


def conda_asks(environment):
    """Return what an environment asks conda for, as {package: "=1.2" or ">=1,<2" or nothing}."""
    entries = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    return dict(re.fullmatch(r"([a-z-]+)(.*)", entry).groups() for entry in entries)


def conda_name(requirement):
    return CONDA_NAMES.get(requirement.name, requirement.name)


@both_environments
def test_environment_has_its_name_and_channel(environment):
    assert environment["name"] == "step-zero"
    assert environment["channels"] == ["conda-forge"]


@pytest.mark.parametrize("requirement", RUNTIME, ids=str)
def test_binder_asks_for_what_constraints_pin_or_pyproject_allows(requirement):
    asked = conda_asks(FOR_BINDER)[conda_name(requirement)]
    if requirement.name in BY_RANGE:
        assert SpecifierSet(asked) == requirement.specifier
    else:
        assert asked == f"={pinned('3.12')[canonicalize_name(requirement.name)]}"


def test_binder_asks_for_nothing_else_and_for_no_tests():
    assert set(conda_asks(FOR_BINDER)) == {conda_name(requirement) for requirement in RUNTIME} | {"python", "pip"}
    assert len(conda_asks(FOR_BINDER)) == len(FOR_BINDER["dependencies"])


def test_people_get_pyprojects_ranges_the_tests_needs_and_the_project_itself():
    asked = conda_asks(FOR_PEOPLE)
    project = PYPROJECT["project"]
    known = [*RUNTIME, *map(Requirement, project["optional-dependencies"]["test"])]
    wanted = {conda_name(requirement): requirement.specifier for requirement in known}
    wanted |= {"python": SpecifierSet(project["requires-python"]), "pip": SpecifierSet()}
    assert {name: SpecifierSet(specifier) for name, specifier in asked.items()} == {
        name: wanted[name] for name in asked
    }
    assert set(asked) >= {conda_name(requirement) for requirement in RUNTIME} | {"python", "pytest", "nbval"}
    assert FOR_PEOPLE["dependencies"][-1] == {"pip": ["-e .[test]"]}


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("extra", ["", "test", "instructor"])
def test_constraints_are_within_pyprojects_ranges(extra, python):
    extras = PYPROJECT["project"]["optional-dependencies"]
    versions = pinned(python)
    asked = [Requirement(text) for text in extras[extra]] if extra else RUNTIME
    for requirement in asked:
        if requirement.name == PYPROJECT["project"]["name"]:
            continue  # one extra that takes in another
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} against {version}"


def test_constraints_name_no_host_and_only_exact_versions():
    lines = [line for line in CONSTRAINTS.splitlines() if not line.startswith("#")]
    assert not [line for line in lines if "://" in line or PACKAGE_HOST.search(line)]
    assert not [line for line in lines if not re.match(r"[a-z0-9._-]+==[^ ]+( ; .+)?$", line)]


def test_constraints_are_what_uv_exports():
    (command,) = re.findall(r"^# Made by: (uv export .*)$", CONSTRAINTS, flags=re.MULTILINE)
    uv = shutil.which("uv")
    if uv is None:
        needs.missing("uv is not installed, so constraints.txt is not compared with what it would export")
    asked = [uv, *command.split()[1:], "--quiet"]
    result = subprocess.run(asked, cwd=ROOT, env=needs.own_versions(), capture_output=True, text=True)
    if result.returncode != 0:
        needs.missing(f"uv cannot resolve the dependencies here: {result.stderr.strip()}")
    stored = [line for line in CONSTRAINTS.splitlines() if not line.startswith("#")]
    assert stored == result.stdout.splitlines(), f"constraints.txt is stale; make it again by: {command}"


def test_uv_lock_stays_out_of_the_repository():
    assert "uv.lock" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ROOT / "uv.lock" not in repository_files()


@pytest.mark.parametrize("name", ["binder/postBuild", ".ci/run"])
def test_scripts_can_be_run_and_stop_at_the_first_error(name):
    path = ROOT / name
    lines = path.read_text(encoding="utf-8").splitlines()
    assert os.access(path, os.X_OK)
    assert lines[0] == "#!/bin/bash"
    assert "set -euo pipefail" in lines
    subprocess.run(["bash", "-n", path], check=True)


def test_ci_runs_the_tests_and_nothing_cleverer():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] == "uv run pytest"
    assert "export CI=true" in lines


def test_the_command_is_declared_and_its_package_is_in_the_wheel():
    assert PYPROJECT["project"]["scripts"] == {"step-zero": "tools.cli:main"}
    assert PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["helpers", "tools"]


def test_both_licenses_are_there():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PYPROJECT["project"]["license"] == "BSD-3-Clause AND CC-BY-4.0"
    for part in ("BSD 3-Clause License", "https://creativecommons.org/licenses/by/4.0/legalcode", "digits.npz"):
        assert part in text


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_no_complaints(command):
    result = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    if result.returncode != 0:
        pytest.fail(result.stdout + result.stderr, pytrace=False)


def test_the_workflow_calls_the_one_script_on_three_systems_and_weekly_with_other_versions():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    triggers = workflow[True]  # YAML reads the key `on` as a truth value
    assert {"push", "pull_request", "schedule"} <= set(triggers)
    jobs = workflow["jobs"]
    assert jobs["test"]["strategy"]["matrix"]["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert [each["versions"] for each in jobs["versions"]["strategy"]["matrix"]["include"]] == ["newest", "oldest"]
    for name in ("test", "versions"):
        assert jobs[name]["steps"][-1] == {"run": "bash .ci/run"}


def test_the_workflow_compares_with_other_libraries_weekly():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["libraries"]
    assert "schedule" in job["if"]
    *_, install, test = (step["run"] for step in job["steps"] if "run" in step)
    assert "[test,bench]" in install
    paths = {ROOT / word for word in test.split() if word.startswith("tests/")}
    asking = re.compile(r"^def test_\w+\(.*\b(torch|keras|jax|flax|libraries)\b", re.MULTILINE)
    assert paths == {path for path in ROOT.glob("tests/*/test_*.py") if asking.search(path.read_text(encoding="utf-8"))}
