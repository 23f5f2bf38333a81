"""The installed package: what a wheel carries, and what is said where another package has one of its names."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "jax", "ray", "scipy", "pandas", "numpy", "pydantic", "click", "yaml"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder as site-packages, with the wheel's files in it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def python(*arguments: str, path: Path, cwd: Path) -> subprocess.CompletedProcess:
    """Python with this folder in place of the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(path), "COLUMNS": "200"}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, env=environment)


def test_an_installed_wheel_has_every_claim_and_what_editors_need(installed, tmp_path):
    for name in ("registry.yaml", "registry.lock", "registry.schema.json"):
        assert (installed / "runners" / name).read_text() == (ROOT / name).read_text()
    rooms = {file.parent.name for file in (ROOT / "predictions").glob("*/claims.yaml")}
    assert {file.parent.name for file in installed.glob("predictions/*/claims.yaml")} == rooms
    listed = python("-m", "tollens", "list", path=installed, cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert len(listed.stdout.splitlines()) == len(
        python("-m", "tollens", "list", path=ROOT, cwd=ROOT).stdout.splitlines()
    )
    checked = python("-m", "tollens", "check", path=installed, cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_importing_it_imports_no_library(installed, tmp_path):
    code = f"import tollens, sys; dir(tollens); print(sorted({HEAVY} & set(sys.modules)))"
    assert python("-c", code, path=installed, cwd=tmp_path).stdout.strip() == "[]"


def test_another_package_of_one_of_its_names_is_named(installed, tmp_path):
    (tmp_path / "runners").mkdir()
    (tmp_path / "runners" / "__init__.py").touch()
    done = python("-c", "import tollens", path=installed, cwd=tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path / 'runners' / '__init__.py'} is in the way; rename that folder" in done.stderr
