"""What the machine under a survey may keep or give away: swap, snapshots, proxy logs, a wrong clock, open folders."""

from __future__ import annotations

import ctypes
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from . import clock, room

HERE = Path(__file__).parent.parent
NOT_DUMPABLE, DUMPABLE = (4, 0), (3,)  # prctl: PR_SET_DUMPABLE to 0, PR_GET_DUMPABLE
PROXIES = ("nginx", "caddy", "apache2", "httpd", "lighttpd", "traefik", "haproxy.log")
KEEPS_OLD = {
    "btrfs": "keeps what was overwritten in its snapshots",
    "zfs": "keeps what was overwritten in its snapshots",
    "overlay": "is a container's own layer: it goes with the container, and its image may be kept",
}
SYNCHRONISED = ("run/systemd/timesync/synchronized", "run/chrony", "var/lib/ntp", "run/ntpd.pid", "run/openntpd.sock")


def leave_no_core() -> bool:
    """Whatever breaks, no image of this program's memory is written; nobody else's program may look into it.

    Is it so now?
    """
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limited = resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    except (ImportError, ValueError, OSError):
        limited = False
    if not sys.platform.startswith("linux"):
        return limited
    with suppress(OSError, AttributeError):  # also where a core would go to another program, whatever the limit says
        system = ctypes.CDLL(None)
        system.prctl(*NOT_DUMPABLE)
        return limited and system.prctl(*DUMPABLE) == 0
    return False


def leaves_cores() -> bool:
    """Would a survey leave an image of its memory here? Tried by a program of its own, as it cannot be taken back."""
    tried = "import sys; from survey_app.machine import leave_no_core; sys.exit(0 if leave_no_core() else 1)"
    return subprocess.run([sys.executable, "-c", tried], cwd=HERE, check=False).returncode != 0


def in_the_way(data: Path) -> Iterator[str]:
    """What must be mended before answers are real: open folders, no room, a clock that is behind."""
    for path in (data, *(sorted(data.rglob("*")) if data.is_dir() else ())):
        with suppress(OSError):
            mode = path.stat().st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                right = 700 if stat.S_ISDIR(mode) else 600
                yield f"{path} can be read by others on this machine; chmod {right} {path}"
    near = next((each for each in (data, *data.resolve().parents) if each.exists()), None)
    if near is not None and room.scarce(near / "survey.db"):
        yield f"The disk of {data} has less than {room.FLOOR // 2**20} MiB to spare; nothing is taken there. Make room."
    with suppress(OSError):
        if (data / "survey.db").stat().st_mtime > clock.start_of_month() + 32 * 86400:
            yield f"The clock is behind: {data / 'survey.db'} is of a later month than today. Set the clock."


def to_look_at(data: Path, origin: str | None, root: Path = Path("/")) -> Iterator[str]:
    """What only the host can judge. It keeps nothing closed; each line says what to do."""
    for device in _swap(root):
        yield f"swap: {device} may hold a page of memory for long; swapoff -a, or MemorySwapMax=0 as in our unit."
    kind = _mounted(data, root)[0]
    if kind in KEEPS_OLD:
        yield f"snapshots: {data} lies on {kind}, which {KEEPS_OLD[kind]}. Exclude the folder, or use another disk."
    with suppress(OSError):
        if (pattern := (root / "proc/sys/kernel/core_pattern").read_text().strip()).startswith("|"):
            yield f"core dumps: {pattern.split()[0][1:]} keeps them; the survey leaves none, a proxy might."
    if "strictatime" in _mounted(data, root)[1].split(","):
        yield f"access times: each look at a file of {data} is noted there with its time; mount it with noatime."
    for name in PROXIES:
        for path in sorted((root / "var/log").glob(f"{name}*")):
            if size := sum(each.stat().st_size for each in _files(path)):
                yield f"proxy logs: {path} holds {size:,} bytes, perhaps addresses; see survey_app/deploy, delete it."
    if not any((root / name).exists() for name in SYNCHRONISED):
        yield f"clock: nothing here seems to keep it right (it says {clock.today()}); install chrony."
    if origin is not None:
        yield f"address: open {origin} from another network, and look that the ribbon, or none, is what you expect."


def _swap(root: Path) -> Iterator[str]:
    """Devices that memory is written to; compressed memory is memory."""
    with suppress(OSError):
        for line in (root / "proc/swaps").read_text().splitlines()[1:]:
            device = line.split()[0]
            if "zram" not in device:
                yield device


def _mounted(data: Path, root: Path) -> tuple[str, str]:
    """The kind of file system under a folder, and how it is mounted: the longest mount point above it."""
    best = ("", "", "")
    with suppress(OSError):
        for line in (root / "proc/mounts").read_text().splitlines():
            _, point, kind, how, *_ = line.split()
            if data.resolve().is_relative_to(point) and len(point) >= len(best[0]):
                best = (point, kind, how)
    return best[1:]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        with suppress(OSError):
            yield from (each for each in path.iterdir() if each.is_file())
