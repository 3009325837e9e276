"""The `tenantry` command. It answers 0 for clean, 1 for a finding or a failure, 2 for wrong use."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from tenantry.project.problem import CannotStart, from_os_error

DEFAULT_PORT = 8000
OUR_SETTINGS = "tenantry.project.settings"
WORKER_STATEMENT_SECONDS = "60"
EPILOG = "Settings come from the environment (DATABASE_URL, TENANTRY_HOME, PORT and others): see docs/operating.md."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.run
    try:
        return command(options)
    except CannotStart as problem:
        print(f"tenantry: {problem}", file=sys.stderr)
    except OSError as error:
        print(f"tenantry: {from_os_error(error, home())}", file=sys.stderr)
    except KeyboardInterrupt:
        print("tenantry: stopped.", file=sys.stderr)
    return 1


def home() -> Path:
    """Give the directory that holds everything that a start keeps."""
    return Path(os.environ.get("TENANTRY_HOME") or Path.cwd() / ".tenantry").absolute()


def demo(options: argparse.Namespace) -> int:
    """Start everything with the demo's vendor."""
    from tenantry.project import start_demo

    return start_demo.demo(options.home or home(), options.host, options.port)


def serve(options: argparse.Namespace) -> int:
    """Serve the pages."""
    from tenantry.project import start_serve

    return start_serve.serve(
        options.home or home(),
        options.host,
        options.port,
        workers=options.workers,
        threads=options.threads,
        jobs=options.with_worker,
    )


def worker(options: argparse.Namespace) -> int:
    """Run jobs until told to stop. Supervise it with restart always: it may end with 0 when the database is lost."""
    os.environ.setdefault("TENANTRY_STATEMENT_TIMEOUT_SECONDS", WORKER_STATEMENT_SECONDS)
    _open_django()
    from tenantry.jobs.app import run_worker

    run_worker()
    return 0


def migrate(options: argparse.Namespace) -> int:
    """Bring the database to this version, as the owner role."""
    _use_one_connection()
    _open_django()
    from tenantry.project import migrating

    return migrating.migrate()


def bill(options: argparse.Namespace) -> int:
    """Run the billing of a date."""
    os.environ.setdefault("TENANTRY_STATEMENT_TIMEOUT_SECONDS", WORKER_STATEMENT_SECONDS)
    _open_django()
    from tenantry.project.bill_command import main as run_bill

    return run_bill(options)


def recover(options: argparse.Namespace) -> int:
    """After a restore: compare every company with the gateway before anything is charged."""
    os.environ.setdefault("TENANTRY_STATEMENT_TIMEOUT_SECONDS", WORKER_STATEMENT_SECONDS)
    _open_django()
    from tenantry.project.recover_command import main as run_recover

    return run_recover(options)


def check(options: argparse.Namespace) -> int:
    """Look whether it may run so: roles, policies, migrations, settings; with `ledger`, whether the books are right."""
    _use_one_connection()
    if options.what == "ledger":
        return _check_ledger(options)
    if options.company:
        print("Only the ledger is checked for one company: tenantry check ledger --company SLUG.", file=sys.stderr)
        return 2
    _open_django()
    from tenantry.project import checks

    return checks.report(as_json=options.json)


def _check_ledger(options: argparse.Namespace) -> int:
    os.environ.setdefault("TENANTRY_STATEMENT_TIMEOUT_SECONDS", WORKER_STATEMENT_SECONDS)
    _open_django()
    from tenantry.project import ledger_command

    return ledger_command.main(options)


def _use_one_connection() -> None:
    """Do without the pool: a server that is away is then known at once."""
    os.environ.setdefault("TENANTRY_POOL", "0")


def _open_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", OUR_SETTINGS)
    from tenantry.project import demo_state, embedded_postgres

    is_ours = os.environ["DJANGO_SETTINGS_MODULE"] == OUR_SETTINGS
    if is_ours and not os.environ.get("DATABASE_URL"):
        if embedded_postgres.running_urls(home()) is None:
            raise CannotStart(
                f"No database: nothing runs from {home()};"
                " start `tenantry demo` or `tenantry serve` there, or set DATABASE_URL."
            )
        demo_state.join(home())
    import django

    django.setup()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tenantry", description=__doc__, epilog=EPILOG)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_serve(commands)
    for name, run in {"worker": worker, "migrate": migrate}.items():
        _add(commands, name, run)
    command = _add(commands, "bill", bill)
    command.add_argument("--date", type=_date, metavar="YYYY-MM-DD", help="bill what is due on this date (today)")
    command.add_argument("--dry-run", action="store_true", help="say what would be billed, and write nothing")
    command.add_argument("--company", metavar="SLUG", help="bill this company alone")
    command.add_argument("--json", action="store_true", help="answer in JSON")
    command = _add(commands, "recover", recover)
    command.add_argument("--json", action="store_true", help="answer in JSON")
    command = _add(commands, "check", check)
    command.add_argument("what", nargs="?", choices=["ledger"], help="recompute the books from the raw rows")
    command.add_argument("--company", metavar="SLUG", default="", help="check the ledger of this company alone")
    command.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    words = (run.__doc__ or "").splitlines()[0]
    command = commands.add_parser(name, help=words, description=words, epilog=EPILOG)
    command.set_defaults(run=run)
    return command


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "demo", demo)
    _add_place(command)


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "serve", serve)
    _add_place(command)
    command.add_argument("--workers", type=_count, default=2, metavar="N", help="processes that serve pages (2)")
    command.add_argument("--threads", type=_count, default=4, metavar="N", help="threads of each of them (4)")
    command.add_argument("--with-worker", action="store_true", help="run a worker for jobs beside it")


def _add_place(command: argparse.ArgumentParser) -> None:
    port = os.environ.get("PORT") or str(DEFAULT_PORT)
    command.add_argument("--port", type=_port, default=port, metavar="N", help=f"port of the pages ({port}; PORT)")
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    command.add_argument("--home", type=Path, metavar="DIR", help="where everything is kept (.tenantry; TENANTRY_HOME)")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number (1 to 65535)")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 512:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 512")
    return int(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-03") from None


if __name__ == "__main__":
    sys.exit(main())
