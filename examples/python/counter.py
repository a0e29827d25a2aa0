"""A counter over HTTP with a hot standby: an HA-aware program in Python, standard library only.

    POST /add {"by": 2}   200 {"value": ...} once every secondary has it; 503 {"role", "primary"} where it can't be taken
    GET  /value           200 {"value", "role"}

Environment, beside what rolecall sets: COUNTER_PORT (default 0, which chooses one), COUNTER_HOST (default 127.0.0.1).
"""

import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from rolecall import CheckpointError, Rolecall, RolecallError

RETRY_SECONDS = 0.02


class Counter:
    """The state is so small that every checkpoint carries all of it: no order to keep, no gap to fill."""

    def __init__(self):
        self.rolecall = None
        self.value = 0
        self._lock = threading.Lock()
        self._is_accepting = False
        # Token of the role under which the primary's state came.
        self._state_token = None
        self._state_changed = threading.Condition()

    def add(self, by):
        with self._lock:
            if not self._is_accepting:
                raise RolecallError("not-primary")
            before, self.value = self.value, self.value + by
            try:
                self._replicate()
            except CheckpointError:
                self.value = before
                raise
            return self.value

    def on_role(self, command):
        if command.role == "primary":
            with self._lock:
                self._is_accepting = True
                self.rolecall.record("serving.began", {"value": self.value})
                self._replicate()
        elif command.role == "secondary":
            self._stop_accepting()
            # The primary sends its state as soon as it is told of this one.
            with self._state_changed:
                while self._state_token != command.token and not command.superseded.is_set():
                    self._state_changed.wait(timeout=0.05)
        else:
            self._stop_accepting()

    def on_peers(self, _):
        if self._is_accepting:
            threading.Thread(target=self._introduce, daemon=True).start()

    def on_checkpoint(self, checkpoint):
        if self.rolecall.role != "secondary":
            raise RolecallError("not-secondary")
        self.value = checkpoint.data["value"]
        with self._state_changed:
            self._state_token = checkpoint.command.token
            self._state_changed.notify_all()

    def primary_endpoint(self):
        return next((peer["endpoint"] for peer in self.rolecall.peers if peer["role"] == "primary"), None)

    def _stop_accepting(self):
        """Takes nothing new; returns when what was under way is finished."""
        self._is_accepting = False
        with self._lock:
            pass

    def _introduce(self):
        with self._lock:
            if self._is_accepting:
                try:
                    self._replicate()
                except CheckpointError:
                    pass  # No longer primary: the next one sends its own.

    def _replicate(self):
        """Returns when every secondary has the state. One that is gone is waited for until rolecall says that it is gone."""
        while True:
            try:
                return self.rolecall.checkpoint({"value": self.value})
            except CheckpointError as error:
                if error.code in ("stale-token", "not-primary", "disconnected"):
                    self._is_accepting = False
                    raise
                time.sleep(RETRY_SECONDS)


def handler_for(counter):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/value":
                self.answer(200, {"value": counter.value, "role": counter.rolecall.role})
            else:
                self.answer(404, {"error": "no-such-page"})

        def do_POST(self):
            body = self.rfile.read(min(int(self.headers.get("content-length", 0)), 4096))
            try:
                by = json.loads(body)["by"] if self.path == "/add" else None
                if type(by) is not int:
                    raise ValueError
            except (ValueError, KeyError, TypeError):
                self.answer(400, {"error": "invalid"})
                return
            try:
                self.answer(200, {"value": counter.add(by)})
            except RolecallError as error:
                role = counter.rolecall.role
                self.answer(503, {"error": error.code, "role": role, "primary": counter.primary_endpoint()})

        def answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass  # Requests are no news.

    return Handler


def main():
    counter = Counter()
    address = (os.environ.get("COUNTER_HOST", "127.0.0.1"), int(os.environ.get("COUNTER_PORT", "0")))
    server = ThreadingHTTPServer(address, handler_for(counter))
    counter.rolecall = Rolecall(
        on_role=counter.on_role,
        on_peers=counter.on_peers,
        on_checkpoint=counter.on_checkpoint,
        on_stop=lambda time_limit_ms: os._exit(0),
        # Without its node nobody tells this program when it must stop acting: so it does now.
        on_disconnected=lambda: os._exit(1),
        endpoint=f"http://{server.server_address[0]}:{server.server_port}",
    )
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    counter.rolecall.start()
    server.serve_forever()


if __name__ == "__main__":
    main()
