"""What is deployed: nothing runs as root, nothing has a default password, everything is probed and limited."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from house.source import ROOT

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
DEPLOY = ROOT / "deploy"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
SECRET = re.compile(r"(?i)(key|password|secret|token)")


def documents():
    return [found for path in KUBERNETES for found in yaml.safe_load_all(path.read_text("utf-8"))]


def pods():
    """(kind, specification of the pod) of everything that runs."""
    for found in documents():
        spec = found.get("spec", {})
        if found["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            yield found["kind"], spec["template"]["spec"]


def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def instructions():
    """Lines of the Dockerfile's last stage, continued ones joined."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    last = max(n for n, line in enumerate(lines) if line.startswith("FROM"))
    return [tuple(line.split(maxsplit=1)) for line in lines[last:]]


def values(pairs):
    """The value of each environment variable."""
    return pairs.items() if isinstance(pairs, dict) else [one.split("=", 1) for one in pairs]


def test_the_container_is_nobodys_root_and_is_asked_whether_it_is_ready():
    said = {}
    for name, rest in instructions():
        said.setdefault(name, []).append(rest)
    assert said["USER"] == ["10001:10001"]
    assert "/health/ready" in said["HEALTHCHECK"][0]
    assert '["tastemaker"]' in said["ENTRYPOINT"]
    assert said["VOLUME"] == ['["/var/lib/tastemaker"]']
    assert not any(SECRET.search(rest) for rest in said["ENV"])
    assert "ADD" not in said


def test_the_container_holds_no_more_than_it_needs():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert names == {line[1:] for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in names)


def test_no_secret_has_a_value():
    lines = (DEPLOY / "env.example").read_text("utf-8").splitlines()
    given = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    assert {name for name, _ in given} == {"TASTEMAKER_KEY", "POSTGRES_PASSWORD", "TASTEMAKER_MODEL"}
    assert {value for _, value in given} == {""}
    for service in compose()["services"].values():
        for name, value in values(service.get("environment", {})):
            if SECRET.search(name):
                assert re.fullmatch(r"\$\{\w+:\?.+\}", value), f"{name} would start without a value of its own"
    for _, pod in pods():
        for variable in (one for box in pod["containers"] for one in box.get("env", ())):
            if SECRET.search(variable["name"]):
                assert set(variable["valueFrom"]) == {"secretKeyRef"}


def test_no_password_stands_in_a_command():
    boxes = [box for _, pod in pods() for box in pod["containers"]]
    commands = [word for service in compose()["services"].values() for word in service.get("command", ())]
    for word in [*commands, *(word for box in boxes for word in box["args"])]:
        assert not re.search(r"://[^/@]*:[^/@]*@", word), word


def test_services_of_compose_are_locked_up_and_the_data_base_is_not_reachable():
    services = compose()["services"]
    for name in ("service", "train"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["mem_limit"]
        assert services[name]["depends_on"]["db"]["condition"] == "service_healthy"
    assert "ports" not in services["db"]
    assert services["service"]["ports"] == ["127.0.0.1:8000:8000"]
    assert services["train"]["profiles"] == ["train"]
    assert all("no-new-privileges:true" in service["security_opt"] for service in services.values())


def test_pods_may_nothing_they_need_not():
    found = list(pods())
    assert {kind for kind, _ in found} == {"Deployment", "CronJob"}
    for _, pod in found:
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for box in pod["containers"]:
            assert box["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert box["securityContext"]["readOnlyRootFilesystem"]
            assert box["securityContext"]["allowPrivilegeEscalation"] is False
            assert box["resources"]["limits"]["memory"]
            assert box["resources"]["requests"]["cpu"]
            assert ":" in box["image"]
            assert not box["image"].endswith(":latest")


def test_the_service_is_probed_where_it_answers():
    from tastemaker.http.routes.health import ROUTES

    known = {route.path for route in ROUTES.routes}
    ((_, pod),) = [found for found in pods() if found[0] == "Deployment"]
    (box,) = pod["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert box[probe]["httpGet"]["path"] in known
    assert box["livenessProbe"]["httpGet"]["path"] == "/health/live"


def test_everything_of_kubernetes_is_applied_and_belongs_together():
    (listed,) = [found for found in documents() if found["kind"] == "Kustomization"]
    assert {path.name for path in KUBERNETES} == {"kustomization.yaml", *listed["resources"]}
    others = [found for found in documents() if found["kind"] != "Kustomization"]
    claims = {found["metadata"]["name"] for found in others if found["kind"] == "PersistentVolumeClaim"}
    for _, pod in pods():
        volumes = {one["name"]: one for one in pod["volumes"]}
        assert {mount["name"] for box in pod["containers"] for mount in box["volumeMounts"]} == set(volumes)
        assert volumes["home"]["persistentVolumeClaim"]["claimName"] in claims
    assert all(found["metadata"]["labels"]["app.kubernetes.io/name"] == "tastemaker" for found in others)


def test_every_command_is_one_that_the_command_line_knows():
    from tastemaker.cli.main import parser

    boxes = [box["args"] for _, pod in pods() for box in pod["containers"]]
    services = [service["command"] for name, service in compose()["services"].items() if name != "db"]
    unit = re.search(r"^ExecStart=\S+ (.+)$", (DEPLOY / "tastemaker.service").read_text("utf-8"), re.MULTILINE)
    docker = [eval_list(rest) for name, rest in instructions() if name == "CMD"]
    for words in [*boxes, *services, unit.group(1).split(), *docker]:
        assert parser().parse_args(words).run is not None


def eval_list(text):
    return re.findall(r'"([^"]*)"', text)


def test_settings_are_such_as_the_service_takes():
    from tastemaker.serving.settings import read_settings

    assert read_settings(DEPLOY / "service.toml").retain_days == 730


def test_the_unit_is_hardened():
    lines = (DEPLOY / "tastemaker.service").read_text("utf-8").splitlines()
    said = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "DynamicUser", "RestrictSUIDSGID"):
        assert said[name] == "yes"
    assert said["ProtectSystem"] == "strict"
    assert said["CapabilityBoundingSet"] == ""
    assert "--host" not in said["ExecStart"], "a reverse proxy on the same machine speaks TLS"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_unit_and_finds_it_little_exposed(tmp_path):
    unit = tmp_path / "tastemaker.service"
    text = (DEPLOY / "tastemaker.service").read_text("utf-8")
    unit.write_text(text.replace("/opt/tastemaker/bin/tastemaker", sys.executable))

    def analyze(*words):
        environment = {**os.environ, "SYSTEMD_LOG_LEVEL": "warning"}
        command = ["systemd-analyze", *words, str(unit)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    verified = analyze("verify", "--man=no")
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = analyze("security", "--offline=true")
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", judged.stdout)
    assert exposure is not None, judged.stdout + judged.stderr
    assert float(exposure.group(1)) <= 2.0
