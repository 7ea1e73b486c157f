"""The check of dependencies: fails for what does not fit and for known holes, and never for want of a network."""

import json
import subprocess
import sys

import pytest

from house.source import ROOT

# Stands for pip and pip_audit: the first answers as told, the second writes the report that it is told, or none.
FAKE = """#!{python}
import os, sys
words = sys.argv[1:]
if words[:2] == ["-m", "pip"]:
    sys.exit(int(os.environ["PIP"]))
if words[:2] == ["-m", "pip_audit"]:
    if os.environ["REPORT"]:
        open(words[words.index("--output") + 1], "w").write(os.environ["REPORT"])
    sys.exit(1)
if words[:1] == ["-c"]:
    sys.exit(int(os.environ["MISSING"]))
os.execv(sys.executable, [sys.executable, *words])
"""


@pytest.fixture
def audit(tmp_path):
    fake = tmp_path / "python"
    fake.write_text(FAKE.format(python=sys.executable))
    fake.chmod(0o700)

    def run(pip=0, missing=0, report=None):
        said = "" if report is None else json.dumps({"dependencies": report})
        environment = {"PIP": str(pip), "MISSING": str(missing), "REPORT": said, "PATH": "/usr/bin:/bin"}
        command = ["bash", str(ROOT / ".ci" / "audit"), str(fake)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return run


def test_packages_that_do_not_fit_each_other_fail(audit):
    assert audit(pip=1).returncode == 1


def test_a_known_hole_fails_and_is_named(audit):
    holes = [{"name": "old", "version": "1.0", "vulns": [{"id": "CVE-1"}]}, {"name": "new", "version": "2.0"}]
    done = audit(report=holes)
    assert done.returncode == 1
    assert "old 1.0: CVE-1" in done.stdout


def test_without_known_holes_it_passes(audit):
    done = audit(report=[{"name": "new", "version": "2.0", "vulns": []}])
    assert (done.returncode, done.stdout) == (0, "1 packages, 0 known holes.\n")


@pytest.mark.parametrize(("missing", "told"), [(0, "could not be reached"), (1, "not installed")])
def test_without_a_network_or_the_tool_it_says_so_and_passes(audit, missing, told):
    done = audit(missing=missing)
    assert done.returncode == 0
    assert told in done.stdout
