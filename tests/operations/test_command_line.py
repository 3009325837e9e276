"""The command line: its help, wrong use, and what it says without a database."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tenantry.project import cli
from tests.operations import processes


class TestHelp:
    @pytest.mark.parametrize("command", ["demo", "serve", "worker", "migrate", "bill", "check"])
    def test_every_command_says_what_it_does(self, command: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main([command, "--help"])
        assert ended.value.code == 0
        said = capsys.readouterr().out
        assert said.startswith(f"usage: tenantry {command}")
        assert "docs/operating.md" in said


class TestWrongUse:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "the following arguments are required: COMMAND"),
            (["sell"], "invalid choice: 'sell'"),
            (["demo", "--port", "eighty"], "'eighty' is not a port number (1 to 65535)"),
            (["demo", "--port", "0"], "'0' is not a port number (1 to 65535)"),
            (["demo", "--port", "65536"], "'65536' is not a port number (1 to 65535)"),
            (["serve", "--workers", "0"], "'0' is not a number from 1 to 512"),
            (["bill", "--date", "11/03/2026"], "'11/03/2026' is not a date like 2026-11-03"),
        ],
    )
    def test_answers_2_and_names_it(self, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        assert ended.value.code == 2
        assert words in capsys.readouterr().err

    def test_a_port_in_the_environment_is_looked_at_too(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("PORT", "http")
        with pytest.raises(SystemExit) as ended:
            cli.main(["demo"])
        assert ended.value.code == 2
        assert "'http' is not a port number" in capsys.readouterr().err


class TestWithoutADatabase:
    @pytest.mark.parametrize("command", ["worker", "migrate", "bill", "check"])
    def test_one_sentence_says_what_to_start(self, command: str, tmp_path: Path) -> None:
        home = tmp_path / "home"
        done = subprocess.run(
            processes.python("-m", "tenantry", command),
            env=processes.environment(TENANTRY_HOME=str(home)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr == (
            f"tenantry: No database: nothing runs from {home};"
            " start `tenantry demo` or `tenantry serve` there, or set DATABASE_URL.\n"
        )
        assert not home.exists()
