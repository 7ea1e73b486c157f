"""What is deployed: no engine runs here, so what stands in the files is checked."""

import re
import subprocess
from shutil import which

import pytest
import yaml

from house.source import ROOT
from tastemaker.cli.main import parser

DEPLOY = ROOT / "deploy"
DOCKER = (DEPLOY / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
UNIT = (DEPLOY / "tastemaker.service").read_text("utf-8")
KUBERNETES = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "tastemaker.yaml").read_text("utf-8")))


def options():
    serve = next(a for a in parser()._actions if a.choices and "serve" in a.choices).choices["serve"]
    return {option for action in serve._actions for option in action.option_strings}


def test_the_image_runs_as_nobody_special_and_says_whether_it_is_ready():
    assert re.search(r"^USER tastemaker$", DOCKER, re.M)
    assert DOCKER.index("USER tastemaker") < DOCKER.index("ENTRYPOINT")
    assert "/health/ready" in DOCKER
    assert set(re.findall(r'"(--[a-z-]+)"', DOCKER)) <= options()


def test_the_image_takes_only_extras_that_there_are():
    import tomllib

    known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(re.search(r"EXTRAS=(\S+)", DOCKER)[1].split(",")) <= set(known)


def test_compose_has_no_default_secrets_and_is_reached_from_this_machine_alone():
    service, store = COMPOSE["services"]["service"], COMPOSE["services"]["store"]
    for value in (service["environment"]["TASTEMAKER_KEY"], store["environment"]["POSTGRES_PASSWORD"]):
        assert re.fullmatch(r"\$\{[A-Z_]+:\?.*\}", value)
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "ports" not in store
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert {word for word in service["command"] if word.startswith("--")} <= options()


def test_the_unit_is_hardened_and_starts_a_command_that_there_is():
    for line in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "PrivateTmp=yes",
        "CapabilityBoundingSet=",
        "UMask=0077",
    ):
        assert re.search(rf"^{re.escape(line)}$", UNIT, re.M), line
    command = re.search(r"^ExecStart=(.*)$", UNIT, re.M)[1]
    assert set(re.findall(r"--[a-z-]+", command)) <= options()
    assert "0.0.0.0" not in command


def test_kubernetes_probes_and_rights():
    deployment, service = KUBERNETES
    pod = deployment["spec"]["template"]["spec"]
    (box,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert box["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert box["readinessProbe"]["httpGet"]["path"] == box["startupProbe"]["httpGet"]["path"] == "/health/ready"
    assert box["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert {one["name"] for one in box["volumeMounts"]} == {one["name"] for one in pod["volumes"]}
    assert all("value" not in one for one in box["env"]), "secrets come from a secret"
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    assert {word for word in box["args"] if word.startswith("--")} <= options()


@pytest.mark.skipif(which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_the_unit(tmp_path):
    said = subprocess.run(
        ["systemd-analyze", "verify", DEPLOY / "tastemaker.service"], capture_output=True, text=True, check=False
    )
    wrong = [line for line in said.stderr.splitlines() if "tastemaker.service" in line and "Command" not in line]
    assert not wrong, said.stderr
