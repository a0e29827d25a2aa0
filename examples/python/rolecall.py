"""The rolecall SDK protocol (docs/sdk-protocol.md) for Python 3.8 and later, standard library only.

    rolecall = Rolecall(on_role=take_role, on_checkpoint=take_checkpoint)
    rolecall.start()
    rolecall.checkpoint({"value": 1})     # returns when every secondary has it

One thread reads what the node says. It calls on_peers, on_checkpoint and on_stop in the order in which the node said it, so
these must not wait, nor call checkpoint(). on_role runs in a thread of its own and may wait; a command that comes before
the last one is done sets `superseded` of that one, whose answer then counts no more.

A program that serves several assignments takes commands for each of them at the same time (`command.assignment`), and says with
each checkpoint for which it is.
"""

import itertools
import json
import os
import re
import socket
import threading

PROTOCOL_VERSION = 3
LINE_BYTES_MAX = 1024 * 1024
# From this version on the node takes records.
RECORDS_VERSION = 3
# Checkpoints without an answer; the node refuses more.
OPEN_CHECKPOINTS_MAX = 1024


class RolecallError(Exception):
    """Raised by a handler, its code travels to the node or to the peer."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class CheckpointError(RolecallError):
    """A peer does not have it, as far as anyone knows. After `stale-token` there is another primary: stop acting."""

    def __init__(self, code, to=None, reason=None):
        super().__init__(code, reason or "")
        self.to = to
        self.reason = reason


class RoleCommand:
    def __init__(self, message):
        self.role = message["role"]
        self.assignment = message["assignment"]
        self.token = message["token"]
        self.peers = message["peers"]
        self.level = message["level"]
        self.time_limit_ms = message["timeLimitMs"]
        self.superseded = threading.Event()


class Checkpoint:
    def __init__(self, message, command):
        # The role command it came under; on_role may not have run for it yet.
        self.command = command
        self.assignment = message.get("assignment", command.assignment if command else None)
        self.sender = message["from"]
        self.token = message["token"]
        self.data = message["data"]


class _Open:
    """A checkpoint that waits for its answer."""

    def __init__(self):
        self.answered = threading.Event()
        self.error = None

    def finish(self, error=None):
        self.error = error
        self.answered.set()


class Rolecall:
    def __init__(self, on_role, on_peers=None, on_checkpoint=None, on_stop=None, on_disconnected=None,
                 on_reset=None, on_self_test=None, endpoint=None, release=None, environment=os.environ):
        self.role = "offline"
        self.token = None
        self.peers = []
        self._on_role = on_role
        self._on_peers = on_peers
        self._on_checkpoint = on_checkpoint
        self._on_stop = on_stop
        self._on_disconnected = on_disconnected
        self._errands = {"reset": on_reset, "selfTest": on_self_test}
        self._endpoint = endpoint
        self._release = release
        self._environment = environment
        self._socket = None
        self._lines = None
        self._send_lock = threading.Lock()
        self._open_lock = threading.Lock()
        self._open = {}
        self._ids = itertools.count(1)
        # By assignment: the last command, and the token of the present primary role.
        self._commands = {}
        self._primary_tokens = {}
        self._is_closed = False
        # That both speak.
        self._protocol = 0

    def start(self):
        """Registers with the node. Raises RolecallError when that refuses, OSError when it can't be reached."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(self._environment["ROLECALL_SOCKET"])
        self._lines = self._socket.makefile("rb")
        register = {
            "type": "register",
            "protocol": PROTOCOL_VERSION,
            "component": self._environment["ROLECALL_COMPONENT"],
            "incarnation": int(self._environment["ROLECALL_INCARNATION"]),
        }
        if self._endpoint is not None:
            register["endpoint"] = self._endpoint
        if self._release is not None:
            register["release"] = self._release
        self._send(register)
        answer = self._read()
        if answer is None:
            raise RolecallError("disconnected", "the node closed the connection")
        if answer["type"] != "registered":
            raise RolecallError(answer.get("code", "refused"), answer.get("detail", ""))
        self._protocol = answer["protocol"]
        threading.Thread(target=self._listen, name="rolecall", daemon=True).start()

    def record(self, name, data=None, assignment=None):
        """Writes into the node's black box. Not for every request: the node takes 4 KiB at most, and 50 a second.

        Returns False when this node takes none."""
        if self._protocol < RECORDS_VERSION or self._is_closed:
            return False
        record = {"type": "record", "name": name, "data": data}
        if assignment is not None:
            record["assignment"] = assignment
        self._send(record)
        return True

    def checkpoint(self, data, to=None, assignment=None):
        """Returns when the peer, or every secondary, has accepted it. Raises CheckpointError."""
        if assignment is None:
            assignment = self._only()
        pending = _Open()
        with self._open_lock:
            if self._is_closed:
                raise CheckpointError("disconnected", to)
            if self._primary_tokens.get(assignment) is None:
                raise CheckpointError("not-primary", to)
            if len(self._open) >= OPEN_CHECKPOINTS_MAX:
                raise CheckpointError("overloaded", to)
            checkpoint_id = next(self._ids)
            self._open[checkpoint_id] = pending
            message = {
                "type": "checkpoint",
                "id": checkpoint_id,
                "assignment": assignment,
                "token": self._primary_tokens[assignment],
                "data": data,
            }
        if to is not None:
            message["to"] = to
        self._send(message)
        pending.answered.wait()
        if pending.error is not None:
            raise pending.error

    def report_error(self, code, detail="", assignment=None):
        """An error, with one assignment or with all, that this program can't repair: rolecall recovers it."""
        self._report({"type": "error", "code": code, "detail": detail}, assignment)

    def health(self, state, code="health.failing", detail="", assignment=None):
        """`healthy` or `failing`."""
        self._report({"type": "health", "state": state, "code": code, "detail": detail}, assignment)

    def report_load(self, percent, assignment=None):
        """How much it bears of what it should, 100 being all. It may say so all the time."""
        self._report({"type": "load", "percent": max(0, round(percent))}, assignment)

    def announce_role(self, assignment, role):
        """Of a self-determining component: the role it has picked."""
        self._send({"type": "role.announce", "assignment": assignment, "role": role})

    def _report(self, message, assignment):
        self._send(message if assignment is None else {**message, "assignment": assignment})

    def _only(self):
        """Of a program that serves a single assignment there is no question which is meant."""
        if len(self._commands) > 1:
            raise CheckpointError("no-assignment")
        return next(iter(self._commands), None)

    def close(self):
        self._on_disconnected = None
        self._socket.shutdown(socket.SHUT_RDWR)

    def _send(self, message):
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        if len(line) > LINE_BYTES_MAX:
            raise RolecallError("too-large", f"a line is at most {LINE_BYTES_MAX} bytes")
        try:
            with self._send_lock:
                self._socket.sendall(line)
        except OSError:
            pass  # The reading thread sees the end too, and tells everybody.

    def _read(self):
        """The next message; None when there are no more."""
        try:
            line = self._lines.readline(LINE_BYTES_MAX)
        except OSError:
            return None
        return json.loads(line) if line.endswith(b"\n") else None

    def _listen(self):
        try:
            while True:
                message = self._read()
                if message is None:
                    break
                self._said(message)
        finally:
            self._ended()

    def _said(self, message):
        kind = message["type"]
        if kind == "role":
            self._take(message)
        elif kind == "peers":
            self.peers = message["peers"]
            if self._on_peers is not None:
                self._on_peers(message["peers"])
        elif kind == "checkpoint":
            self._checkpointed(message)
        elif kind == "checkpoint.done":
            self._finish(message["id"])
        elif kind == "checkpoint.failed":
            self._finish(message["id"], CheckpointError(message["code"], message["to"], message.get("reason")))
        elif kind in self._errands:
            threading.Thread(target=self._run_errand, args=(message["id"], kind), daemon=True).start()
        elif kind == "stop":
            if self._on_stop is not None:
                self._on_stop(message["timeLimitMs"])
        elif kind == "protocol.error":
            raise RolecallError(message["code"], message["detail"])
        # What is not known here is of a later version, and not for this one.

    def _take(self, message):
        command = RoleCommand(message)
        before = self._commands.get(command.assignment)
        if before is not None:
            before.superseded.set()
        self._commands[command.assignment] = command
        self.role, self.token, self.peers = command.role, command.token, command.peers
        with self._open_lock:
            if command.role == "primary":
                self._primary_tokens[command.assignment] = command.token
            elif command.role != "quiescing":
                self._primary_tokens[command.assignment] = None
        threading.Thread(target=self._run, args=(message["id"], command), daemon=True).start()

    def _run(self, command_id, command):
        try:
            self._on_role(command)
            answer = {"type": "ready", "id": command_id}
        except Exception as error:  # Whatever it is, the node must know that the role was not taken.
            answer = {"type": "failed", "id": command_id, "code": _code_of(error, "role.failed"), "detail": str(error)}
        if not command.superseded.is_set():
            self._send(answer)

    def _run_errand(self, errand_id, kind):
        """on_reset begins anew and keeps the roles; on_self_test runs while there is none. Either may wait."""
        try:
            if self._errands[kind] is None:
                raise RolecallError("unsupported")
            self._errands[kind]()
            self._send({"type": "ready", "id": errand_id})
        except Exception as error:  # As above: the node must know.
            code = _code_of(error, f"{kind}.failed")
            self._send({"type": "failed", "id": errand_id, "code": code, "detail": str(error)})

    def _checkpointed(self, message):
        try:
            if self._on_checkpoint is None:
                raise RolecallError("no-checkpoints")
            assignment = message.get("assignment", next(iter(self._commands), None))
            self._on_checkpoint(Checkpoint(message, self._commands.get(assignment)))
            self._send({"type": "accepted", "id": message["id"]})
        except Exception as error:  # As above: the peer must know.
            self._send({"type": "refused", "id": message["id"], "code": _code_of(error, "failed")})

    def _finish(self, checkpoint_id, error=None):
        with self._open_lock:
            pending = self._open.pop(checkpoint_id, None)
        if pending is not None:
            pending.finish(error)

    def _ended(self):
        with self._open_lock:
            self._is_closed = True
            pending, self._open = list(self._open.values()), {}
        for one in pending:
            one.finish(CheckpointError("disconnected"))
        for command in list(self._commands.values()):
            command.superseded.set()
        if self._on_disconnected is not None:
            self._on_disconnected()


def _code_of(error, otherwise):
    code = getattr(error, "code", None)
    is_code = isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}", code)
    return code if is_code else otherwise
