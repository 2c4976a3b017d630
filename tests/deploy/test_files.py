"""What `deploy/` ships, read as its programs would read it: names of files that exist, pinned versions, no secrets.

Nothing here needs systemd or a container engine. By hand, where they are installed: ``systemd-analyze verify
deploy/systemd/*``, ``logrotate --debug deploy/logrotate.conf``, ``docker compose config`` in ``deploy/``.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from configparser import ConfigParser
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
INSTALLED = "/opt/nianbao/"  # where the project stands on a server
PROGRAMS = INSTALLED + ".venv/bin/"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
# What the sandbox of Chromium is made of.
NAMESPACES = {"clone", "clone3", "unshare", "setns", "chroot"}


def read_unit(path: Path) -> ConfigParser:
    """A unit file; a key that stands twice is an error."""
    unit = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    return unit


def read_pins(name: str) -> dict[str, set[str]]:
    """The versions that a lock pins, by project; several where they depend on the platform."""
    pins: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([\w.-]+)==([^ \\;]+)", line):
            pins.setdefault(found[1], set()).add(found[2])
    return pins


def read_environment() -> dict[str, str]:
    """What env.example offers: names and values, whether they are commented out or not."""
    lines = (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines()
    return dict(found.groups() for line in lines if (found := re.fullmatch(r"#?([A-Z_]+)=(.*)", line)))


# --- systemd ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_has_the_sections_of_its_kind(path: Path) -> None:
    kind = path.suffix[1:].capitalize()
    extra = {"Install"} if path.name.endswith((".timer", "scrapyd.service")) else set()
    assert set(read_unit(path).sections()) == {"Unit", kind} | extra


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_names_what_exists(path: Path) -> None:
    unit = read_unit(path)
    service = unit["Service"]
    program = shlex.split(service["ExecStart"])[0]
    assert program.startswith(PROGRAMS)
    assert (Path(sys.executable).parent / program.removeprefix(PROGRAMS)).exists()
    assert (ROOT / unit["Unit"]["Documentation"].removeprefix("file:" + INSTALLED)).is_file()
    assert (DEPLOY / "systemd" / service["Slice"]).is_file()
    assert service["EnvironmentFile"] == "/etc/nianbao.env"
    for folder in re.findall(r"/var/lib/(\S+)", service["WorkingDirectory"]):
        assert folder in service["StateDirectory"].split()


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_is_no_root_and_writes_nowhere_but_its_state(path: Path) -> None:
    service = read_unit(path)["Service"]
    assert (service["User"], service["Group"]) == ("nianbao", "nianbao")
    assert {service[key] for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices")} == {"yes"}
    assert (service["ProtectSystem"], service["CapabilityBoundingSet"]) == ("strict", "")
    assert "ReadWritePaths" not in service
    # Chromium's sandbox would not start, and its scripts would not be compiled.
    assert not {"RestrictNamespaces", "MemoryDenyWriteExecute"} & set(service)


@pytest.mark.parametrize(
    ("name", "crawls"), [("nianbao-crawl@.timer", ["crawl", "%i"]), ("nianbao-crawlall.timer", ["crawlall", "--due"])]
)
def test_a_timer_has_its_service_and_a_portal_is_never_asked_again_at_once(name: str, crawls: list[str]) -> None:
    timer = DEPLOY / "systemd" / name
    service = read_unit(timer.with_suffix(".service"))["Service"]
    assert service["Restart"] == "no"
    assert service["ExecStart"].split()[1:] == crawls
    assert read_unit(timer)["Timer"]["OnCalendar"].endswith(" Asia/Shanghai")


@pytest.mark.parametrize("name", ["nianbao-crawl@.service", "nianbao-crawlall.service"])
def test_logs_of_crawls_are_rotated(name: str) -> None:
    text = (DEPLOY / "logrotate.conf").read_text(encoding="utf-8")
    [(pattern, _)] = re.findall(r"^(/\S+) \{$([^{}]*)^\}$", text, re.MULTILINE)
    crawl = read_unit(DEPLOY / "systemd" / name)["Service"]
    for stream in ("StandardOutput", "StandardError"):
        kind, _, log = crawl[stream].partition(":")
        assert kind == "append"
        assert fnmatchcase(log.replace("%i", "wolong"), pattern)


def test_the_command_runs_as_the_units_do() -> None:
    path = DEPLOY / "nianbao"
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["sh", "-n", path], check=False).returncode == 0
    words = shlex.split(path.read_text(encoding="utf-8").replace("\\\n", " "), comments=True)
    given = dict(word.split("=", 2)[1:] for word in words if word.startswith("--property="))
    crawl = read_unit(DEPLOY / "systemd" / "nianbao-crawl@.service")["Service"]
    assert given.items() <= dict(crawl).items()
    assert {word.removeprefix("--setenv=") for word in words if word.startswith("--setenv=")} == set(
        crawl["Environment"].split()
    )
    assert crawl["ExecStart"].split()[0] in words


# --- the environment --------------------------------------------------------------------------------------------------


def test_the_example_of_the_environment_holds_no_secret_and_nothing_that_needs_quotes() -> None:
    environment = read_environment()
    assert {value for name, value in environment.items() if "PASSWORD" in name} == {""}
    assert not [value for value in environment.values() if re.search(r"""["'$#\\]""", value)]


def test_no_secret_stands_in_what_is_shipped() -> None:
    ignored = (DEPLOY / ".gitignore").read_text(encoding="utf-8").split("\n")
    assert ".env" in ignored
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.suffix in {".cfg", ".conf", ".yaml", ".service", ".example"}:
            for value in re.findall(r"(?im)^\s*[a-z_]*password[a-z_]*\s*[=:][ \t]*(\S.*)$", path.read_text("utf-8")):
                assert value.startswith("${"), f"{path.name}: {value}"


# --- containers -------------------------------------------------------------------------------------------------------


def load_compose() -> dict[str, Any]:
    """compose.yaml with its anchors resolved."""
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


COMPOSE = load_compose()


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_of_compose_is_pinned_bounded_and_kept_small(name: str) -> None:
    service = COMPOSE["services"][name]
    assert re.search(r":\d+\.\d+", service["image"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert {"mem_limit", "pids_limit", "logging", "stop_grace_period"} <= set(service)
    assert not service.get("privileged")
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert {volume.split(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    if service["restart"] != "no":
        assert service["healthcheck"]["test"][0] == "CMD"


def test_the_services_of_compose_are_those_that_the_docs_name() -> None:
    assert set(COMPOSE["services"]) == {"crawler", "scrapyd", "db"}
    assert "outside" not in COMPOSE["services"]["db"]["networks"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    # `up` starts what goes on by itself; a crawl is a command.
    assert [name for name, service in COMPOSE["services"].items() if "profiles" in service] == ["crawler"]


def test_compose_names_files_and_variables_that_exist() -> None:
    for name in ("crawler", "scrapyd"):
        service = COMPOSE["services"][name]
        context = (DEPLOY / service["build"]["context"]).resolve()
        assert context == ROOT
        assert (context / service["build"]["dockerfile"]).is_file()
        [profile] = [one.partition(":")[2] for one in service["security_opt"] if one.startswith("seccomp:")]
        assert (DEPLOY / profile).is_file()
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    assert text.count("${") == len(re.findall(r"\$\{[A-Z_]+:\?", text))  # what is missing is said, not left blank
    assert needed <= set(read_environment())


def test_the_system_calls_that_are_refused_leave_chromium_its_sandbox() -> None:
    profile = json.loads((DEPLOY / "seccomp.json").read_text(encoding="utf-8"))
    assert profile["defaultAction"] == "SCMP_ACT_ALLOW"
    [rule] = profile["syscalls"]
    assert rule["action"] == "SCMP_ACT_ERRNO"
    assert not NAMESPACES & set(rule["names"])
    assert {"mount", "bpf", "keyctl", "kexec_load", "init_module", "io_uring_setup"} < set(rule["names"])
    assert rule["names"] == sorted(set(rule["names"]))


def read_dockerfile() -> list[tuple[str, str]]:
    """Instructions and their arguments, with continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines()
    return [(words[0], words[1]) for line in lines if (words := line.split(None, 1))]


def test_the_image_is_pinned_and_not_run_by_root() -> None:
    steps = read_dockerfile()
    bases = [argument.split()[0] for step, argument in steps if step == "FROM"]
    assert bases
    assert all(re.fullmatch(r"debian:\d+\.\d+-slim", base) for base in bases)
    assert [argument for step, argument in steps if step == "USER"] == ["10001:10001"]
    assert [step for step, _ in steps].index("USER") > max(i for i, (step, _) in enumerate(steps) if step == "RUN")
    for step, argument in steps:
        assert step != "ADD"
        if step == "RUN" and "apt-get install" in argument:
            assert "--no-install-recommends" in argument
            assert "rm -rf /var/lib/apt/lists/*" in argument
        if "pip install" in argument:
            assert "--require-hashes" in argument


def test_the_image_copies_what_is_there_and_not_left_out() -> None:
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignore[1] == "*"
    kept = {line[1:] for line in ignore if line.startswith("!")}
    copied = {
        source
        for step, argument in read_dockerfile()
        if step == "COPY" and not argument.startswith("--from=")
        for source in argument.split()[:-1]
    }
    assert copied == kept
    assert all((ROOT / source).exists() for source in copied)


def test_the_server_installs_what_was_tested() -> None:
    """`make lock` makes all three locks; one that was left behind would install other versions on a server."""
    server, tested = read_pins("deploy/requirements.lock"), read_pins("requirements-dev.lock")
    assert {name: tested.get(name) for name in server} == server
    assert read_pins("requirements.lock").items() <= server.items()
    assert {"scrapyd", "scrapyd-client", "psycopg", "psycopg-binary", "rapidocr", "onnxruntime"} <= set(server)
    assert not {"pytest", "ruff", "mypy", "hypothesis"} & set(server)


# --- the page for operators -------------------------------------------------------------------------------------------


def test_the_page_for_operators_names_what_exists() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = {name.rstrip("*") for name in re.findall(r"(?<![\w/.])deploy/[\w.@/*-]+", text)}
    assert {name for name in named if not (ROOT / name).exists()} == set()
    assert {"deploy/env.example", "deploy/nianbao", "deploy/logrotate.conf", "deploy/systemd/"} <= named
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / "docs" / target).exists(), target
    units = {path.name.partition("@")[0].partition(".")[0] for path in UNITS if path.suffix != ".slice"}
    assert set(re.findall(r"nianbao-[a-z]+", text)) == units
