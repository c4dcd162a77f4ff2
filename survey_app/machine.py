"""What the machine under a survey may keep or give away: swap, snapshots, proxy logs, a wrong clock, open folders."""

from __future__ import annotations

import ctypes
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from . import clock, room

NOT_DUMPABLE = (4, 0)  # prctl(PR_SET_DUMPABLE, 0)
PROXIES = ("nginx", "caddy", "apache2", "httpd", "lighttpd", "traefik", "haproxy.log")
KEEPS_OLD = {
    "btrfs": "keeps what was overwritten in its snapshots",
    "zfs": "keeps what was overwritten in its snapshots",
    "overlay": "is a container's own layer: it goes with the container, and its image may be kept",
}
SYNCHRONISED = ("run/systemd/timesync/synchronized", "run/chrony", "var/lib/ntp", "run/ntpd.pid", "run/openntpd.sock")


def leave_no_core() -> None:
    """Whatever breaks, no image of this program's memory is written; nobody else's program may look into it."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(*NOT_DUMPABLE)  # Linux: also where a core would go to another program


def in_the_way(data: Path) -> Iterator[str]:
    """What must be mended before answers are real: open folders, no room, a clock that is behind."""
    for path in (data, *(data.glob("*") if data.is_dir() else ())):
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
    kind = _file_system(data, root)
    if kind in KEEPS_OLD:
        yield f"snapshots: {data} lies on {kind}, which {KEEPS_OLD[kind]}. Exclude the folder, or use another disk."
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


def _file_system(data: Path, root: Path) -> str | None:
    """The kind of file system under a folder: that of the longest mount point above it."""
    best = ("", "")
    with suppress(OSError):
        for line in (root / "proc/mounts").read_text().splitlines():
            _, point, kind, *_ = line.split()
            if data.resolve().is_relative_to(point) and len(point) >= len(best[0]):
                best = (point, kind)
    return best[1] or None


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        with suppress(OSError):
            yield from (each for each in path.iterdir() if each.is_file())
