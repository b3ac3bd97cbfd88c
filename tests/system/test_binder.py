"""What Binder would build of this repository, as repo2docker renders it; that it builds cannot be tried without it."""

import os
import re
import shutil
import sys
from importlib.resources import files

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tools.course.places import ROOT
from tools.rules.repository import repository_files

if sys.platform == "win32":
    pytest.skip("repo2docker is not for Windows: there, nothing renders what Binder builds", allow_module_level=True)

from repo2docker.app import Repo2Docker

PYTHON = "3.12"
COPY = "COPY --chown=1000:1000 src/ ${REPO_DIR}/"


def plan(folder, monkeypatch):
    """Return what repo2docker would make of a repository: buildpack, Python, environment file, and its Dockerfile."""
    monkeypatch.chdir(folder)
    app = Repo2Docker()
    buildpacks = [buildpack(base_image=app.base_image) for buildpack in app.buildpacks]
    chosen = next((buildpack for buildpack in buildpacks if buildpack.detect()), None)
    if chosen is None:
        chosen = app.default_buildpack(base_image=app.base_image)
    chosen.platform = "linux/amd64"
    dockerfile = chosen.render({})
    return {
        "buildpack": type(chosen).__name__,
        "python": chosen.python_version,
        "environment": getattr(chosen, "environment_yaml_path", None),
        "after": chosen.get_post_build_scripts(),
        "solved before the repository comes in": -1 < dockerfile.find("env update") < dockerfile.find(COPY),
        "dockerfile": dockerfile,
    }


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the repository holds."""
    for path in repository_files():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return tmp_path


RIGHT = {
    "buildpack": "CondaBuildPack",
    "python": PYTHON,
    "environment": "binder/environment.yml",
    "after": ["binder/postBuild"],
    "solved before the repository comes in": True,  # so that a new commit does not solve it again
}


def differs(folder, monkeypatch):
    """Return what Binder would build otherwise than the course wants it; all of it, where Binder refuses."""
    try:
        made = plan(folder, monkeypatch)
    except RuntimeError:
        return set(RIGHT)
    return {name for name, value in RIGHT.items() if made[name] != value}


def test_binder_builds_from_our_environment_and_installs_the_helpers(checkout, monkeypatch):
    assert differs(checkout, monkeypatch) == set()
    dockerfile = plan(checkout, monkeypatch)["dockerfile"]
    update = dockerfile.index('env update -p ${NB_PYTHON_PREFIX} --file "binder/environment.yml"')
    copied = dockerfile.index(COPY)
    assert update < copied < dockerfile.index("RUN ./binder/postBuild")
    assert (checkout / "binder" / "postBuild").read_text(encoding="utf-8").splitlines()[
        -1
    ] == "python -m pip install --no-deps -e ."
    assert os.access(checkout / "binder" / "postBuild", os.X_OK)


def with_python(asked):
    def change(checkout):
        path = checkout / "binder" / "environment.yml"
        path.write_text(path.read_text(encoding="utf-8").replace(f"python={PYTHON}", asked), encoding="utf-8")

    return change


def with_folder(name):
    return lambda checkout: (checkout / name).mkdir()


def without(*names):
    def change(checkout):
        for name in names:
            (checkout / "binder" / name).unlink()

    return change


def without_binder(checkout):
    shutil.rmtree(checkout / "binder")


def with_the_project(checkout):
    with (checkout / "binder" / "environment.yml").open("a", encoding="utf-8") as file:
        file.write("  - pip:\n      - -e .\n")


NOTHING_OF_OURS = {"environment", "after", "buildpack", "python", "solved before the repository comes in"}
TRAPS = {
    "an empty binder/ hides everything": (without("environment.yml", "postBuild"), NOTHING_OF_OURS),
    "a .binder beside binder is refused": (with_folder(".binder"), NOTHING_OF_OURS),
    "no binder/": (without_binder, NOTHING_OF_OURS - {"buildpack"}),
    "-e . in the environment": (with_the_project, {"solved before the repository comes in"}),
    "python>= is not read": (with_python("python>=3.11"), {"python"}),
    "a major version alone": (with_python("python=3"), {"python"}),
    "no version": (with_python("python"), {"python"}),
    "another version": (with_python("python=3.11"), {"python"}),
    "no postBuild": (without("postBuild"), {"after"}),
    "no environment": (without("environment.yml"), NOTHING_OF_OURS - {"after"}),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_found(trap, checkout, monkeypatch):
    change, expected = TRAPS[trap]
    change(checkout)
    assert differs(checkout, monkeypatch) == expected


@pytest.mark.parametrize("package", ["ipywidgets", "jupyterlab"])
def test_the_base_image_has_what_the_environment_asks_for(package):
    entries = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (asked,) = [entry.removeprefix(package) for entry in entries if entry.startswith(package)]
    frozen = files("repo2docker.buildpacks.conda").joinpath(f"environment.py-{PYTHON}-linux-64.lock")
    (version,) = re.findall(rf"/{package}-([\d.]+)-", frozen.read_text(encoding="utf-8"))
    assert SpecifierSet(asked).contains(version)
