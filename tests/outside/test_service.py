"""The service under the systemd that it is made for, installed as docs/install.md says: ``make test-systemd``."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docs.site.blocks import block
from tests.support import wedge
from tests.support.container import Container, obstacle

CHECKOUT = Path(__file__).parents[2]
SITE = "http://127.0.0.1:9000"
STATE = "/var/lib/aggregator"
CONFIG = f"""
[site]
url = "https://news.example.org/"

[server]
listen = "127.0.0.1:8080"

[network]
allow_private = ["127.0.0.0/8"]
delay = "0s"
browser = "/run/aggregator-browser.socket"

[[source]]
name = "paper"
kind = "wedge"
url = "{SITE}/feed.xml"
interval = "5s"
full_text = "never"

[[source]]
name = "scripted"
kind = "listing"
url = "{SITE}/list.html"
robots = "ignore"

[source.browser]
wait_for = "li, p"

[source.list]
entry = "li"

[source.article]
body = "#text"
"""
CLUSTER = """
[storage]
database = "postgresql:///aggregator?host=/run/postgresql"

[cluster]
engine = "procrastinate"
"""
FEED = """<rss version="2.0"><channel><title>Paper</title>
<item><guid>1</guid><title>A bridge is open</title><description>All may cross it.</description></item>
</channel></rss>"""
LIST = """<html><body><ul></ul><script>
document.querySelector("ul").innerHTML = "<li><a href='/page.html'>Written by a script</a></li>";
</script></body></html>"""
PAGE = """<html><body><div id="text"></div><script>
document.querySelector("#text").innerHTML = "<p>This text is a script's, too.</p>";
</script></body></html>"""
SITE_UNIT = """[Unit]
Before=aggregator.service
[Service]
ExecStart=/usr/bin/python3 -m http.server --bind 127.0.0.1 --directory /srv/site 9000
[Install]
WantedBy=multi-user.target
"""

# What a program that has been taken over might try; each line is one thing, run inside the fences of the unit.
TRIES = {
    "read its configuration": "open('/etc/aggregator/aggregator.toml').read()",
    "write its state": "open('/var/lib/aggregator/tried', 'w')",
    "write a temporary file": "open('/tmp/tried', 'w')",
    "connect to a server": "socket.create_connection(('127.0.0.1', 9000))",
    "write the configuration": "open('/etc/aggregator/aggregator.toml', 'a')",
    "write a program": "open('/opt/aggregator/bin/aggregator', 'a')",
    "write a unit": "open('/etc/systemd/system/more.service', 'w')",
    "write to /run": "open('/run/tried', 'w')",
    "read a home": "os.listdir('/root')",
    "read a password": "open('/etc/shadow').read()",
    "see other processes": "assert os.path.exists('/proc/1/cmdline')",
    "write to the kernel": "open('/proc/sys/kernel/hostname', 'w').write('mine')",
    "open a disk": "os.mknod('/tmp/disk', 0o60600, os.makedev(254, 0))",
    "become root": "os.setuid(0)",
    "give a file a set-user-id bit": "open('/tmp/set', 'w').close(); os.chmod('/tmp/set', 0o4755)",
    "run code that it wrote": "mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)",
    "open a raw socket": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "ask the kernel for its routes": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "make a namespace": "call('unshare', 0x10000000)",
    "mount something": "call('mount', b'none', b'/tmp', b'tmpfs', 0, None)",
    "trace another process": "call('ptrace', 16, os.getppid(), 0, 0)",
    "change the root": "os.chroot('/tmp')",
    "set the clock": "time.clock_settime(time.CLOCK_REALTIME, 0)",
    "set the name of the machine": "socket.sethostname('mine')",
    "run before all others": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))",
    "load a module": "call('init_module', b'', 0, b'')",
    "read the log of the kernel": "assert call('klogctl', 10, None, 0) >= 0",
}
PROBE = f"""import ctypes, json, mmap, os, socket, time
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    done = getattr(libc, name)(*arguments)
    if done < 0:
        raise OSError(ctypes.get_errno(), name)
    return done
def attempt(what):
    try:
        exec(what)
    except (OSError, AssertionError) as exc:
        return f"refused: {{exc}}"
    return "done"
said = {{name: attempt(what) for name, what in {TRIES!r}.items()}}
json.dump(said, open("{STATE}/probe.json", "w"))
"""
DROP_IN = """[Service]
WatchdogSec=3
RestartSec=1
ExecStartPost=/opt/aggregator/bin/python /opt/probe.py
"""

pytestmark = [
    pytest.mark.systemd,
    pytest.mark.skipif(bool(obstacle()), reason=f"no container to try it in: {obstacle()}"),
]


def commands(title: str, number: int = 1, page: str = "docs/install.md") -> list[str]:
    """The commands of a chapter, as root gives them."""
    text = block(page, title, number).replace("\\\n", "")
    text = text.replace("sudo -u aggregator env -C", "runuser -u aggregator -- env -C").replace("sudo ", "")
    return text.strip().splitlines()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """A machine on which the service is installed and running, beside a site to poll."""
    with Container(tmp_path_factory.mktemp("layer")) as container:
        # What this machine has is new enough, whatever its lists of packages offer since.
        container.write("/etc/apt/apt.conf.d/99tests", 'APT::Get::Upgrade "false";\n')
        *install, start = commands("Five commands")
        # Written by `enable` as `enable --now` does; the first boot then starts it.
        container.install(*install, start.replace("--now ", "").split("&& ")[1], folder=CHECKOUT)
        browser = [line.replace("--now ", "") for line in commands("A browser beside it")]
        container.install(*browser[:-1], browser[-1].split("&& ")[-1], folder=CHECKOUT)

        kinds = tmp_path_factory.mktemp("kinds")
        wedge.install(kinds, Path(STATE, "told"), Path(STATE, "begun"))

        container.install(f"cp -r {kinds}/* /opt/aggregator/lib/python3*/site-packages/", folder=CHECKOUT)
        container.write("/etc/aggregator/aggregator.toml", CONFIG, 0o640)
        container.write("/etc/systemd/system/aggregator.service.d/test.conf", DROP_IN)
        container.write("/etc/systemd/system/site.service", SITE_UNIT)
        container.write("/opt/probe.py", PROBE)
        for name, text in (("feed.xml", FEED), ("list.html", LIST), ("page.html", PAGE)):
            container.write(f"/srv/site/{name}", text)
        container.install("systemctl enable site", folder=CHECKOUT)
        container.boot()
        try:
            until(lambda: state(container, "ActiveState") == "active")
        except AssertionError:
            pytest.fail(log(container))
        yield container


def until(what: Callable[[], bool], seconds: float = 90) -> None:
    """Wait for something that is bound to happen."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.3)


def state(machine: Container, name: str, unit: str = "aggregator") -> str:
    """A property of a unit."""
    return machine.run("systemctl", "show", "--value", "--property", name, unit).strip()


def answer(machine: Container, path: str) -> str:
    """What the daemon's server answers; empty where it does not."""
    script = "import sys, urllib.request as r; sys.stdout.write(r.urlopen(sys.argv[1]).read().decode())"
    return machine.run("/usr/bin/python3", "-c", script, f"http://127.0.0.1:8080{path}", expect=None)


def log(machine: Container, unit: str = "aggregator") -> str:
    """The log of a unit."""
    return machine.run("journalctl", f"--unit={unit}", "--output=cat", "--no-pager")


def write_configuration(machine: Container, text: str) -> None:
    """Put it where the service reads it, which belongs to its group."""
    machine.write("/etc/aggregator/aggregator.toml", text, 0o640)
    machine.run("chgrp", "aggregator", "/etc/aggregator/aggregator.toml")


def test_it_runs(machine: Container) -> None:
    """It polls, publishes and serves, as its own user, in its own folder."""
    until(lambda: "A bridge is open" in answer(machine, "/feeds/feed.json"))
    assert json.loads(answer(machine, "/healthz"))["ready"]
    assert machine.run("stat", "--format=%U %a", STATE).split() == ["aggregator", "755"]
    status = machine.run("cat", f"/proc/{state(machine, 'MainPID')}/status")
    said = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in said["Uid"].split()
    assert {said[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (said["NoNewPrivs"], said["Seccomp"]) == ("1", "2")


def test_it_is_shut_in(machine: Container) -> None:
    """What it needs it may, and nothing else that a program may try which has been taken over."""
    until(lambda: "done" in machine.run("cat", f"{STATE}/probe.json", expect=None))
    said = json.loads(machine.run("cat", f"{STATE}/probe.json"))
    assert sorted(name for name, came in said.items() if came == "done") == [
        "connect to a server",
        "read its configuration",
        "write a temporary file",
        "write its state",
    ], said


def test_pages_are_rendered_by_a_service_of_their_own(machine: Container) -> None:
    """The article of a script arrives, though the daemon itself could start no browser."""
    until(lambda: "Written by a script" in answer(machine, "/feeds/feed.json"))
    assert "This text is a script's, too." in answer(machine, "/feeds/feed.json")
    assert state(machine, "MemoryDenyWriteExecute") == "yes"
    assert state(machine, "DynamicUser", "aggregator-browser@probe.service") == "yes"
    until(lambda: "chrom" not in machine.run("ps", "-eo", "comm="))
    units = machine.run("systemctl", "list-units", "--all", "--no-legend", "aggregator-browser@*")
    assert units.strip() == ""


def test_killed_it_comes_back(machine: Container) -> None:
    """With what it had."""
    first = state(machine, "MainPID")
    machine.run("kill", "-KILL", first)
    until(lambda: state(machine, "MainPID") not in ("0", first) and state(machine, "ActiveState") == "active")
    assert "A bridge is open" in answer(machine, "/feeds/feed.json")


def test_wedged_it_is_started_anew(machine: Container) -> None:
    """The event loop that never comes back is noticed by systemd's watchdog."""
    first, restarts = state(machine, "MainPID"), int(state(machine, "NRestarts"))
    machine.write(f"{STATE}/told", "")
    until(lambda: machine.run("ls", STATE).split().count("begun") == 1)
    machine.run("rm", f"{STATE}/told")  # it was called once, and knows nothing of that
    machine.write(f"{STATE}/told", "")
    until(lambda: int(state(machine, "NRestarts")) > restarts)
    machine.run("rm", f"{STATE}/told")
    until(lambda: state(machine, "MainPID") not in ("0", first) and state(machine, "ActiveState") == "active")
    assert "Watchdog timeout" in machine.run("journalctl", "--no-pager", "--output=cat")
    until(lambda: bool(answer(machine, "/healthz")))


def test_the_journal_shows_what_needs_a_person(machine: Container) -> None:
    """The command of docs/metrics.md shows the source that is in trouble from now on, and no visit that went well."""
    command = block("docs/metrics.md", "The log", 3).strip()
    text = CONFIG + f'[[source]]\nname = "lost"\nkind = "feed"\nurl = "{SITE}/lost.xml"\ninterval = "1s"\n'
    machine.write("/etc/aggregator/aggregator.toml", text, 0o640)
    machine.run("chgrp", "aggregator", "/etc/aggregator/aggregator.toml")
    machine.run("systemctl", "reload", "aggregator")
    until(lambda: "trouble=source-broken" in machine.run("sh", "-c", command))
    shown = [line for line in machine.run("sh", "-c", command).splitlines() if "polled" in line]
    assert len(shown) == 1
    assert "polled source=paper" in log(machine)
    machine.write("/etc/aggregator/aggregator.toml", CONFIG, 0o640)
    machine.run("systemctl", "reload", "aggregator")


def test_reloaded_it_takes_the_new_configuration_or_says_why_not(machine: Container) -> None:
    """A mistake is in the log, with its place; the old configuration stays."""
    before = state(machine, "MainPID")
    machine.write("/etc/aggregator/aggregator.toml", CONFIG.replace("kind", "knid", 1), 0o640)
    machine.run("chgrp", "aggregator", "/etc/aggregator/aggregator.toml")
    machine.run("systemctl", "reload", "aggregator", expect=None)
    until(lambda: "knid" in log(machine))
    machine.write("/etc/aggregator/aggregator.toml", CONFIG + 'categories = ["More"]\n', 0o640)
    machine.run("systemctl", "reload", "aggregator")
    assert state(machine, "MainPID") == before


def test_a_wrong_configuration_is_not_tried_again_and_again(machine: Container) -> None:
    """It stays stopped, with its exit status and the key in the log; mended, it starts."""
    machine.write("/etc/aggregator/aggregator.toml", CONFIG.replace("interval", "intreval"), 0o640)
    machine.run("systemctl", "restart", "aggregator", expect=None)
    until(lambda: state(machine, "ActiveState") == "failed")
    time.sleep(3)
    assert (state(machine, "ActiveState"), state(machine, "ExecMainStatus")) == ("failed", "2")
    assert "intreval" in log(machine)
    machine.write("/etc/aggregator/aggregator.toml", CONFIG, 0o640)
    machine.run("systemctl", "start", "aggregator")
    until(lambda: "A bridge is open" in answer(machine, "/feeds/feed.json"))


def test_its_limits_are_set(machine: Container) -> None:
    """Systemd took them; to hold them is up to the kernel, which may give a container no controllers."""
    for name, limit in (("MemoryMax", str(1024**3)), ("TasksMax", "128")):
        assert state(machine, name) == limit


def test_the_commands_of_every_day(machine: Container) -> None:
    """Each does what docs/install.md says; what would follow the log for ever shows what is there."""
    status, journal, reload, health = commands("Every day")
    assert "active (running)" in machine.run("sh", "-c", status)
    follow = "-u aggregator -f"
    assert follow in journal
    assert "A bridge is open" in answer(machine, "/feeds/feed.json")
    assert machine.run("sh", "-c", journal.replace(follow, "-u aggregator --no-pager"))
    machine.run("sh", "-c", reload)
    assert '"ready"' in machine.run("sh", "-c", health)
    (sources,) = commands("Every day", 2)
    assert "paper" in machine.run("sh", "-c", sources)


def test_workers_beside_it_take_work(machine: Container) -> None:
    """As docs/cluster.md says, on a PostgreSQL of the same machine; stopped, they end well."""
    install, *make = commands("PostgreSQL")
    machine.install(install.replace("postgresql", "cluster"), folder=CHECKOUT)
    machine.run("systemctl", "start", "postgresql")
    for command in make:
        machine.run("sh", "-c", command.replace("-u postgres", "runuser -u postgres --"))
    write_configuration(machine, CONFIG + CLUSTER)
    machine.run("systemctl", "restart", "aggregator")
    copy, *start = commands("Setting it up", 2, "docs/cluster.md")
    machine.install(copy, folder=CHECKOUT)
    for command in start:
        machine.run("sh", "-c", command)
    workers = "aggregator-worker@1", "aggregator-worker@2"
    until(lambda: all("polled source=paper" in log(machine, worker) for worker in workers))
    assert json.loads(answer(machine, "/healthz"))["cluster"]["nodes"] == 3
    machine.run("systemctl", "disable", "--now", *workers)
    for worker in workers:
        assert (state(machine, "Result", worker), log(machine, worker).count("stopping")) == ("success", 1)
    write_configuration(machine, CONFIG)
    machine.run("systemctl", "restart", "aggregator")


def test_a_source_is_added_to_the_service(machine: Container) -> None:
    """As docs/install.md says: a folder that the service's user may write, and the source; its articles come."""
    machine.write("/srv/site/more.xml", FEED.replace("A bridge", "A tunnel").replace(">1<", ">2<"))
    (folder,) = commands("More sources")
    (add,) = commands("More sources", 2)
    machine.run("sh", "-c", folder)
    assert "https://news.example.org/" in add
    assert "Wrote source" in machine.run(
        "sh", "-c", add.replace("https://news.example.org/", f"{SITE}/more.xml")
    )
    until(lambda: "A tunnel is open" in answer(machine, "/feeds/feed.json"))


def test_it_is_upgraded_and_removed(machine: Container) -> None:
    """An upgrade keeps what there is, and a copy of it; a removal leaves nothing."""
    for command in commands("Upgrading"):
        if "pip install" in command or command.startswith("install "):
            machine.install(command, folder=CHECKOUT)  # needs the network and the checkout
        else:
            machine.run("sh", "-c", command)
    until(lambda: "A tunnel is open" in answer(machine, "/feeds/feed.json"))
    assert "aggregator.db" in machine.run("ls", f"{STATE}/var.before")
    for command in commands("Removing it"):
        machine.run("sh", "-c", command)
    assert state(machine, "LoadState") == "not-found"
    assert (
        machine.run("sh", "-c", "ls -d /opt/agg* /etc/agg* /var/lib/agg* 2>&1 || true").count("cannot access")
        == 3
    )
    machine.run("id", "aggregator", expect=1)
