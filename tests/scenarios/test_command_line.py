"""The command line as it is typed: exit codes, clear errors, and a desk that stops gracefully."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

RESUPPLY = [str(Path(sys.executable).with_name("resupply"))]


class CommandLine:
    """Runs commands in an empty folder with an environment of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = {**kept, "RESUPPLY_DATA_DIR": str(folder / "var"), "COLUMNS": "200"}
        self.demo_data = {"RESUPPLY_DATA_DIR": str(folder / "var" / "demo")}
        self.started: list[subprocess.Popen[str]] = []

    def run(self, *words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*RESUPPLY, *words],
            cwd=self.folder,
            env={**self.environment, **settings},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *words: str, **settings: str) -> tuple[subprocess.Popen[str], str]:
        """Start a server; returns it with the address that it printed."""
        process = subprocess.Popen(
            [*RESUPPLY, *words],
            cwd=self.folder,
            env={**self.environment, "PYTHONUNBUFFERED": "1", **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.started.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://[\d.]+:\d+", line):
                return process, found[0]
        raise AssertionError(f"it printed no address and ended with {process.wait()}")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[CommandLine]:
    line = CommandLine(tmp_path)
    yield line
    for process in line.started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def ask(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    for _ in range(100):
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                answer: dict[str, Any] = json.loads(response.read())
                return answer
        except ConnectionError:
            time.sleep(0.05)
        except OSError as error:
            if not isinstance(getattr(error, "reason", None), ConnectionError):
                raise
            time.sleep(0.05)
    raise AssertionError("the server does not answer")


def test_bad_input_is_one_clear_error_with_exit_code_2(shell: CommandLine) -> None:
    cases: list[tuple[list[str], dict[str, str], str]] = [
        (["serve"], {"RESUPPLY_PORT": "many"}, "RESUPPLY_PORT"),
        (["serve"], {"RESUPPLY_HOST": "0.0.0.0", "RESUPPLY_PORT": "0"}, "RESUPPLY_API_KEY"),
        (["serve"], {"RESUPPLY_PORT": "0"}, "resupply migrate"),
        (["chat", "--as", "+6591230001"], {}, "resupply migrate"),
        (["migrate"], {"DATABASE_URL": "mysql://u:s3cret@h/d"}, "DATABASE_URL"),
        (["import", "nonsense", "x.csv"], {}, "catalogue"),
        (["nonsense"], {}, "No such command"),
    ]
    for words, settings, said in cases:
        done = shell.run(*words, **settings)
        assert done.returncode == 2, words
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert "s3cret" not in done.stderr


def test_a_database_that_is_away_is_one_clear_error_with_exit_code_1(shell: CommandLine) -> None:
    done = shell.run("migrate", DATABASE_URL=f"postgresql://u:s3cret@127.0.0.1:{free_port()}/d")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr


def test_an_import_names_every_bad_row_and_changes_nothing(shell: CommandLine) -> None:
    assert shell.run("migrate").returncode == 0
    assert shell.run("migrate").returncode == 0
    header = "sku,name,description,category,unit,pieces_per_unit,price,currency,min_quantity,aliases,active\n"
    (shell.folder / "bad.csv").write_text(header + "A,Box,,,bundle,0,1.00,SGD,1,,yes\nB,,,,bundle,1,x,SGD,1,,yes\n")
    done = shell.run("import", "catalogue", "bad.csv")
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert "line 3" in done.stderr
    assert "reference data: 0 products" in shell.run("doctor").stdout


def test_the_doctor_says_what_to_do(shell: CommandLine) -> None:
    before = shell.run("doctor")
    assert before.returncode == 1
    assert "resupply migrate" in before.stdout
    shell.run("migrate")
    after = shell.run("doctor")
    assert after.returncode == 1
    assert "resupply import catalogue" in after.stdout
    assert "tables up to date" in after.stdout


def test_the_demo_takes_an_order_and_stops_gracefully(shell: CommandLine) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        process, url = shell.start("demo", RESUPPLY_PORT=str(port))
    assert url != f"http://127.0.0.1:{port}"
    said = {"user_id": "+65 9123 0001", "session_id": "s"}
    for text in ("I want to order 100 12-inch pizza boxes", "Deliver on Tuesday morning", "confirm"):
        body = ask(f"{url}/api/chatbot", {"message": text, **said})
    assert body["order"]["status"] == "confirmed"
    assert [line["quantity"] for line in body["order"]["lines"]] == [2]
    assert ask(f"{url}/health")["database"] == "ok"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    doctor = shell.run("doctor", **shell.demo_data)
    assert doctor.returncode == 0
    assert "12 outlets" in doctor.stdout
    listed = shell.run("chats", "list", **shell.demo_data)
    assert "+6591230001" in listed.stdout


def test_the_demo_leaves_the_database_of_a_real_server_alone(shell: CommandLine) -> None:
    assert shell.run("migrate").returncode == 0
    real = shell.folder / "var" / "resupply.db"
    before = real.read_bytes()
    process, url = shell.start("demo", RESUPPLY_PORT="0", RESUPPLY_HOST="0.0.0.0")
    assert url.startswith("http://127.0.0.1:")
    assert ask(f"{url}/health")["status"] == "ok"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert real.read_bytes() == before
    assert (shell.folder / "var" / "demo" / "resupply.db").exists()


def test_the_terminal_chat_orders_from_piped_input_and_remembers(shell: CommandLine) -> None:
    process, _ = shell.start("demo", RESUPPLY_PORT="0")
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)
    first = shell.run("chat", "--as", "+65 9123 0002", stdin="2 bundles pizza box 12in\n", **shell.demo_data)
    assert "Pizza Box 12in" in first.stdout
    assert first.returncode == 0
    then = shell.run("chat", "--as", "+6591230002", stdin="deliver on tuesday\nconfirm\n", **shell.demo_data)
    assert "confirmed" in then.stdout
    code = shell.run("invite", "CPZ-PSR", **shell.demo_data)
    assert code.returncode == 0
    assert shell.run("invite", "NOPE", **shell.demo_data).returncode == 2
