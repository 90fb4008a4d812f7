"""What is installed: names that are ours alone, a wheel with all that is needed, nothing copyleft among what ships."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("clausewatch", "crawler", "differ", "notifier", "archive", "templates")
# GPL and AGPL by any spelling; the lesser one is not what is meant
COPYLEFT = re.compile(r"(?<!L)(?<!Lesser )\bA?GPL|GNU (?:Affero )?General Public|affero", re.IGNORECASE)
PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+))?", re.MULTILINE)


@cache
def pinned() -> dict[str, bool]:
    """The packages of requirements/run.txt, and whether each is wanted everywhere."""
    text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    return {found["name"]: not found["marker"] for found in PINNED.finditer(text)}


def installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


@pytest.mark.parametrize("package", PACKAGES)
def test_each_of_our_packages_belongs_to_our_distribution_alone(package: str) -> None:
    owners = set(packages_distributions().get(package, []))
    assert owners <= {"clausewatch"}
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)


def test_the_packages_named_here_are_those_that_ship() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(PACKAGES)
    assert distribution("clausewatch").metadata["Name"] == "clausewatch"


def test_every_package_that_ships_is_installed_as_pinned() -> None:
    assert len(pinned()) > 50
    for name, is_everywhere in pinned().items():
        assert not is_everywhere or installed(name) is not None, name


@pytest.mark.parametrize("name", pinned())
def test_nothing_that_ships_is_gpl_or_agpl(name: str) -> None:
    found = installed(name)
    if found is None:
        assert not pinned()[name]  # of another platform or interpreter
        return
    metadata = found.metadata
    classifiers = [each for each in metadata.get_all("Classifier") or [] if each.startswith("License")]
    stated = [*(metadata.get_all("License-Expression") or []), *(metadata.get_all("License") or []), *classifiers]
    licences = [each for each in stated if each]
    assert licences, f"{name} states no licence"
    offered = [part for each in licences for part in re.split(r"\bOR\b", each)]
    assert not all(COPYLEFT.search(part) for part in offered), licences
    assert not any(COPYLEFT.search(each) and "OR" not in each for each in licences), licences


@pytest.mark.parametrize(
    ("licence", "is_copyleft"),
    [
        ("GPL-3.0-only", True), ("AGPL-3.0", True), ("GNU General Public License v2 (GPLv2)", True),
        ("GNU Affero General Public License v3", True), ("LGPL-3.0-only", False), ("MIT", False), ("MPL-2.0", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False), ("Apache-2.0 AND MIT", False),
    ],
)  # fmt: skip
def test_copyleft_is_known_by_its_names(licence: str, is_copyleft: bool) -> None:
    assert bool(COPYLEFT.search(licence)) is is_copyleft


@pytest.mark.slow
def test_the_wheel_holds_our_packages_with_their_data_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    ours = {
        str(path.relative_to(ROOT))
        for package in PACKAGES for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }  # fmt: skip
    tracked = set(
        subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True).stdout.split()
    )
    assert not (tracked & ours) - set(names), "a file of ours is not in the wheel"
    assert not [name for name in names if name.startswith(("/", "tests"))]
