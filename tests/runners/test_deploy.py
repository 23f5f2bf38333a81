"""What is written for clusters: valid for those that read it, and true to the command line."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
JOB_FIELDS = {  # of a RayJob's spec, as far as they are of use here
    "activeDeadlineSeconds",
    "backoffLimit",
    "entrypoint",
    "entrypointNumCpus",
    "metadata",
    "rayClusterSpec",
    "runtimeEnvYAML",
    "shutdownAfterJobFinishes",
    "submissionMode",
    "ttlSecondsAfterFinished",
}


@pytest.fixture(scope="module")
def job() -> dict:
    return yaml.safe_load((DEPLOY / "rayjob.yaml").read_text())


@pytest.fixture(scope="module")
def cluster() -> dict:
    return yaml.safe_load((DEPLOY / "cluster.yaml").read_text())


def parsed(arguments: list[str]) -> dict:
    """Options of a `tollens run`; fails where one is unknown."""
    from runners.commands.run import command

    return command.make_context("run", arguments).params


def commands(text: str) -> list[list[str]]:
    """Arguments of every `run` in a text: after `tollens`, `python -m tollens` or deploy/submit.py."""
    text = re.sub(r"\\\n\s*", " ", text)
    found = re.findall(r"(?:tollens|python -m tollens|deploy/submit\.py) run ([^\n;`#]*)", text)
    return [shlex.split(arguments.replace("...", "store"), comments=True) for arguments in found]


# --- ray up -----------------------------------------------------------------------------------------------------


def test_the_cluster_file_is_valid_for_rays_launcher(cluster):
    import jsonschema
    from ray import autoscaler
    from ray.autoscaler._private.util import prepare_config, validate_config

    schema = json.loads(Path(autoscaler.__file__).with_name("ray-schema.json").read_text())
    jsonschema.validate(cluster, schema)
    prepared = prepare_config(cluster)
    validate_config(prepared)
    assert prepared["setup_commands"] == []  # none of the launcher's own, which would install another Ray


def test_nodes_come_and_go_and_the_head_computes_nothing(cluster):
    types = cluster["available_node_types"]
    assert types[cluster["head_node_type"]]["resources"]["CPU"] == 0
    workers = {name: entry for name, entry in types.items() if name != cluster["head_node_type"]}
    assert {entry["min_workers"] for entry in workers.values()} == {0}
    assert sum(entry["max_workers"] for entry in workers.values()) <= cluster["max_workers"]
    assert any("GPU" in entry["resources"] for entry in workers.values())
    assert any("GPU" not in entry["resources"] for entry in workers.values())


def test_the_script_for_ray_submit_is_tollens():
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "submit.py"), "--version"], capture_output=True, text=True, cwd="/", check=True
    )
    assert "tollens" in done.stdout


# --- KubeRay ----------------------------------------------------------------------------------------------------


def test_the_job_ends_retries_and_cleans_up(job):
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    assert spec.keys() <= JOB_FIELDS
    assert spec["shutdownAfterJobFinishes"] is True
    assert spec["backoffLimit"] >= 1
    (arguments,) = commands(spec["entrypoint"])
    options = parsed(arguments)
    assert options["autoscaling"]
    assert 60 * options["max_minutes"] + 600 <= spec["activeDeadlineSeconds"]


@pytest.mark.parametrize(
    ("code", "written", "succeeds"),
    [
        (0, 0, True),
        (1, 1, True),
        (2, None, False),
        (3, 3, False),
        (143, 143, False),
        (1, None, False),  # Python itself died, or what it needs cannot be imported
        (1, "before", False),  # ... and the summary is that of another run
    ],
)
def test_a_verdict_is_no_reason_to_retry_and_an_error_is(job, tmp_path, code, written, succeeds):
    fake, summary = tmp_path / "tollens", tmp_path / "summary.json"
    started, ended = ("1", 1) if written == "before" else ("$(date +%s)", written)
    write = "" if written is None else f"echo '{{\"exit_code\": {ended}, \"started\": '{started}'.5}}' > {summary}\n"
    fake.write_text(f"#!/bin/sh\n{write}exit {code}\n")
    fake.chmod(0o755)
    path = f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin"
    environment = {"PATH": path, "PYTHONPATH": str(ROOT), "TOLLENS_STORE": str(tmp_path)}
    done = subprocess.run(shlex.split(job["spec"]["entrypoint"]), env=environment)
    assert (done.returncode == 0) is succeeds


def test_every_pod_has_the_image_the_store_and_no_more_rights_than_it_needs(job):
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    pods = [group["template"]["spec"] for group in groups]
    containers = [container for pod in pods for container in pod["containers"]]
    assert len({container["image"] for container in containers}) == 1
    assert len({container["name"] for container in containers}) == 2  # ray-head, ray-worker
    for pod, container in zip(pods, containers, strict=True):
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["envFrom"] == [{"secretRef": {"name": "tollens-store"}}]
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    assert cluster["authOptions"] == {"mode": "token"}
    gpus = [c["resources"]["limits"].get("nvidia.com/gpu") for c in containers]
    assert gpus == [None, None, "1"]


def test_versions_are_those_that_the_project_pins(job):
    (pinned,) = re.findall(r"^ray(?:\[.*\])?==(.*)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert job["spec"]["rayClusterSpec"]["rayVersion"] == pinned


# --- what is copied and uploaded --------------------------------------------------------------------------------


def test_the_image_is_made_of_files_that_exist_and_may_be_copied():
    allowed = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"}
    copied = {
        source
        for line in (DEPLOY / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ")
        for source in line.split()[1:-1]
    }
    assert copied == allowed
    missing = {source for source in copied if not (ROOT / source).exists()}
    assert missing <= {"registry.lock"}  # `tollens lock` makes it


def uploaded(folder: Path, package: Path) -> list[str]:
    """What `ray job submit --working-dir` packs, by Ray's own rules."""
    from ray._private.runtime_env.packaging import create_package

    defaults = [".git", ".venv", "venv", "__pycache__"]
    create_package(str(folder), package, include_gitignore=True, excludes=defaults)
    return ZipFile(package).namelist()


def test_what_a_job_uploads_holds_the_code_and_neither_secrets_nor_records(tmp_path):
    folder = tmp_path / "checkout"
    wanted = ["registry.yaml", "runners/measuring/dispatch.py", "predictions/toy/theory.py", "constraints.txt"]
    unwanted = [
        ".env",
        ".env.local",
        ".tollens/store/records/x.json",
        ".venv/bin/python",
        "tests/test_x.py",
        "site/x.html",
    ]
    for name in [*wanted, *unwanted]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    for name in (".gitignore", ".rayignore"):
        shutil.copy(ROOT / name, folder)
    names = set(uploaded(folder, tmp_path / "package.zip"))
    assert names >= set(wanted)
    assert not names & set(unwanted)


def test_what_a_job_uploads_is_small(tmp_path):
    uploaded(ROOT, tmp_path / "package.zip")
    assert (tmp_path / "package.zip").stat().st_size < 5 * 2**20


# --- what the documentation says --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["README.md", "docs/clusters.md", "deploy/cluster.yaml", "deploy/submit.py"])
def test_commands_in_the_documentation_exist(page):
    found = commands((ROOT / page).read_text())
    assert found
    for arguments in found:
        parsed(arguments)


def test_files_that_the_documentation_names_exist():
    for page in (ROOT / "docs" / "clusters.md", DEPLOY / "securing.md"):
        named = set(re.findall(r"\b(?:deploy|benchmarks|docs|\.github)/[\w./-]+\.\w+", page.read_text()))
        assert named
        assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_fault_is_explained():
    from runners.measuring.faults import Fault

    page = (ROOT / "docs" / "clusters.md").read_text()
    for fault in Fault:
        assert f"| `{fault.word}` |" in page


# --- continuous integration -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ci.yml", "nightly.yml"])
def test_scripts_of_workflows_are_shell(name):
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
    scripts = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert scripts
    for script in scripts:
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    for arguments in (found for script in scripts for found in commands(script)):
        parsed([{"$TIER": "smoke", "$MINUTES": "1"}.get(argument, argument) for argument in arguments])


def test_the_nights_budget_ends_before_the_night_does():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yml").read_text())
    (job,) = workflow["jobs"].values()
    budget = int(re.search(r"\|\| (\d+)", job["env"]["MINUTES"]).group(1))
    assert budget + 45 <= job["timeout-minutes"]  # set-up, the last blocks, the board


def test_the_night_vouches_for_its_records_and_keeps_them():
    """Seals, hashes, the report and 30 records measured again; with the history against which dates are held."""
    for name in ("ci.yml", "nightly.yml"):
        workflow = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
        checkouts = [
            it for job in workflow["jobs"].values() for it in job["steps"] if "checkout@" in it.get("uses", "")
        ]
        assert {it["with"]["fetch-depth"] for it in checkouts} == {0}
    (night,) = workflow["jobs"].values()
    scripts = [step for step in night["steps"] if "run" in step]
    said = " ".join(step["run"] for step in scripts)
    assert "tollens lock --check" in said
    verify = re.search(r"tollens verify --report \S+ --remeasure (\d+)", said)
    assert verify is not None
    assert int(verify[1]) >= 30  # a tenth of forged records is caught with 95%
    kept = [
        it["with"]["path"]
        for it in night["steps"]
        if "upload-artifact@" in it.get("uses", "") and it["if"] == "always()"
    ]
    assert any(".tollens/store/" in path.split() for path in kept)
