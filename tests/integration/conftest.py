"""Fixtures for the integration tests: the real binary on a free port, and clients that we did not write.

CRANK_BUILD_DIR names the build directory (default: build/ beside tests/), CRANK_HOST_BIN the binary in it.
CRANK_TEST_TIME_SCALE stretches every bound for slow builds. A bound only ends a test that has failed; none is waited out.
"""
import contextlib
import itertools
import json
import os
import pathlib
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CRANK_BUILD_DIR", SOURCE / "build")).resolve()
HOST = pathlib.Path(os.environ.get("CRANK_HOST_BIN", BUILD / "host" / "crank-host")).resolve()
TIME_SCALE = float(os.environ.get("CRANK_TEST_TIME_SCALE", "1"))
BOUND = 30 * TIME_SCALE  # seconds until something that should happen counts as not happening
SANITIZER = re.compile(r"(Address|Thread|Leak|Memory|UndefinedBehavior)Sanitizer|runtime error:")


def until(condition, what, bound=BOUND):
    """Waits until condition() is truthy and returns its value; a failure says `what` did not come."""
    end = time.monotonic() + bound
    while True:
        if value := condition():
            return value
        assert time.monotonic() < end, f"did not happen within {bound:.0f} s: {what}"
        select.select([], [], [], 0.005)


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def plugin_file(name):
    """The shared object of a plugin in the build directory, product or test plugin alike."""
    found = [path for suffix in ("so", "dylib")
             for pattern in (f"lib{name}.{suffix}", f"{name}.{suffix}")
             for path in BUILD.rglob(pattern)]
    assert found, f"{BUILD} holds no plugin {name}"
    return found[0]


class Response:
    """One HTTP response, whoever received it."""

    def __init__(self, status, headers, body, version="HTTP/1.1"):
        self.status, self.headers, self.body, self.version = status, headers, body, version

    def header(self, name):
        """The value of a header that must be there at most once; None if absent."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    def problem(self, status, code=None):
        """Asserts the error shape (RFC 9457) and returns the body."""
        assert self.status == status, (self.status, self.body)
        assert self.header("content-type").split(";")[0] == "application/problem+json"
        body = self.json()
        assert body["status"] == status
        assert isinstance(body["title"], str) and body["title"]
        assert isinstance(body["detail"], str) and body["detail"]
        assert isinstance(body["retryable"], bool)
        assert body["request_id"] == self.header("x-request-id")
        if code:
            assert body["code"] == code, body
        return body

    def __repr__(self):
        return f"<{self.version} {self.status} {self.headers} {self.body[:300]!r}>"


def parse_head(text):
    lines = text.decode("latin-1").split("\r\n")
    version, status = lines[0].split(" ", 2)[:2]
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:] if line]
    return version, int(status), headers


class Connection:
    """A connection that sends exactly the bytes it is told to, and reads responses strictly (RFC 9112)."""

    def __init__(self, sock):
        self.sock, self.pending = sock, bytearray()
        self.sock.settimeout(BOUND)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def _more(self):
        data = self.sock.recv(65536)
        self.pending += data
        return bool(data)

    def read_until(self, mark):
        while (at := self.pending.find(mark)) < 0:
            assert self._more(), f"closed before {mark!r} came: {bytes(self.pending[:300])!r}"
        found = bytes(self.pending[:at])
        del self.pending[:at + len(mark)]
        return found

    def read_exactly(self, count):
        while len(self.pending) < count:
            assert self._more(), f"closed after {len(self.pending)} of {count} bytes"
        found = bytes(self.pending[:count])
        del self.pending[:count]
        return found

    def read_head(self):
        return parse_head(self.read_until(b"\r\n\r\n"))

    def read_chunk(self):
        """One chunk of a chunked body; b"" is the last one, trailers are read with it."""
        size = int(self.read_until(b"\r\n").split(b";")[0], 16)
        if size == 0:
            while self.read_until(b"\r\n"):
                pass
            return b""
        data = self.read_exactly(size)
        assert self.read_exactly(2) == b"\r\n"
        return data

    def response(self, method="GET"):
        version, status, headers = self.read_head()
        answer = Response(status, headers, b"", version)
        if method == "HEAD" or status in (204, 304) or status < 200:
            return answer
        if (answer.header("transfer-encoding") or "").lower() == "chunked":
            answer.body = b"".join(iter(self.read_chunk, b""))
        elif (length := answer.header("content-length")) is not None:
            answer.body = self.read_exactly(int(length))
        else:
            answer.body = self.rest()
        return answer

    def rest(self):
        """Everything until the peer closes."""
        try:
            while self._more():
                pass
        except (ConnectionResetError, ssl.SSLError):
            pass
        found = bytes(self.pending)
        self.pending.clear()
        return found

    def closed(self):
        """True once the peer has closed and nothing more came."""
        return self.rest() == b""


class Worker:
    """A running crank-host."""

    def __init__(self, plugins, arguments, environment, directory, certificates, control=True):
        self.directory = directory
        self.certificates = certificates
        self.ready_file = directory / "ready"
        self.log_file = directory / "stderr"
        self.ended_on_purpose = False
        self.curls = itertools.count()
        self.control = directory / "control"
        command = [str(HOST), *(["--control", str(self.control)] if control else [])]
        for plugin in plugins:
            command += ["--plugin", str(plugin if "/" in str(plugin) else plugin_file(plugin))]
        # A connection that has not sent its first request may have to wait for more than ten seconds on a busy machine.
        command += [word for limit in ("header", "handshake") for word in ("--set", f"limits.{limit}_timeout_ms=10m")]
        command += ["--host", "localhost", "--port", "0", "--ready-file", str(self.ready_file), *map(str, arguments)]
        with open(self.log_file, "wb") as log, open(directory / "stdout", "wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                            env=environment, cwd=directory)

    def wait_ready(self):
        until(lambda: self._ready() or self.process.poll() is not None, f"ready file; log:\n{self.log()}")
        assert self._ready(), f"ended with {self.process.returncode} before it was ready:\n{self.log()}"
        lines = self.ready_file.read_text().splitlines()
        # By address: a minimal system may have no hosts file, and not every client knows what localhost means by itself.
        self.url = lines[0].rstrip("/").replace("//localhost:", "//127.0.0.1:")
        self.address = urllib.parse.urlsplit(self.url)
        named = dict(line.split(" ", 1) for line in lines[1:] if " " in line)
        self.management_url = named.get("management", self.url).rstrip("/").replace("//localhost:", "//127.0.0.1:")
        return self

    def _ready(self):
        return self.ready_file.exists() and self.ready_file.read_text().endswith("\n")

    @property
    def port(self):
        return self.address.port

    @property
    def tls(self):
        return self.address.scheme == "https"

    def log(self):
        return self.log_file.read_text(errors="replace")

    def wait_log(self, pattern):
        return until(lambda: re.search(pattern, self.log()), f"a log line like {pattern!r} in:\n{self.log()}")

    # The supervisor

    def status(self):
        """What `crank-host status --json` says."""
        done = subprocess.run([str(HOST), "status", "--json", "--control", str(self.control)], capture_output=True, text=True,
                              timeout=BOUND, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def reload(self, *arguments):
        """Runs `crank-host reload` and returns the finished process."""
        return subprocess.run([str(HOST), "reload", "--control", str(self.control), *map(str, arguments)], capture_output=True,
                              text=True, timeout=BOUND, check=False)

    def upgrade(self, *arguments):
        """Runs `crank-host upgrade` and returns the finished process."""
        return subprocess.run([str(HOST), "upgrade", "--control", str(self.control), *map(str, arguments)], capture_output=True,
                              text=True, timeout=BOUND, check=False)

    def active(self):
        """The generation that serves, or None."""
        return next((one for one in self.status()["generations"] if one["state"] == "active"), None)

    @property
    def serving_pid(self):
        return until(self.active, "a generation serves")["pid"]

    # Clients

    def tls_context(self):
        return ssl.create_default_context(cafile=str(self.certificates / "ca.crt"))

    def socket(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=BOUND)

    def connect(self, context=None):
        sock = self.socket()
        if self.tls:
            sock = (context or self.tls_context()).wrap_socket(sock, server_hostname="localhost")
        return Connection(sock)

    def curl(self, path, *arguments, data=None, base=None, check=True):
        """curl's answer as a Response; `data` goes to its stdin."""
        number = next(self.curls)  # tests call from several threads at once
        head, body = self.directory / f"curl{number}.head", self.directory / f"curl{number}.body"
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", str(int(BOUND)), "--cacert", str(self.certificates / "ca.crt"),
             "--dump-header", str(head), "--output", str(body), *map(str, arguments), (base or self.url) + path],
            input=data.encode() if isinstance(data, str) else data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        assert not check or done.returncode == 0, (done.returncode, done.stderr, self.log()[-2000:])
        blocks = [block for block in head.read_bytes().split(b"\r\n\r\n") if block] if head.exists() else []
        if not blocks:
            return None
        version, status, headers = parse_head(blocks[-1])
        answered = body.exists() and "--head" not in arguments  # with --head, curl writes the head there once more
        answer = Response(status, headers, body.read_bytes() if answered else b"", version)
        for file in (head, body):
            file.unlink(missing_ok=True)
        return answer

    def get(self, path, *arguments, **options):
        return self.curl(path, *arguments, **options)

    def post(self, path, value, *arguments, media_type="application/json"):
        data = value if isinstance(value, (str, bytes)) else json.dumps(value)
        return self.curl(path, "--data-binary", "@-", "--header", f"Content-Type: {media_type}", "--header", "Expect:",
                         *arguments, data=data)

    def call(self, capability, value, *arguments):
        return self.post(f"/v1/capabilities/{capability}", value, *arguments)

    def metric(self, name, **labels):
        """The sum of a metric's series that carry these labels."""
        total, seen = 0.0, False
        for line in self.get("/metrics", base=self.management_url).body.decode().splitlines():
            if match := re.fullmatch(r"([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)", line):
                series = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
                if match[1] == name and all(series.get(key) == value for key, value in labels.items()):
                    total, seen = total + float(match[3]), True
        return total if seen else None

    # The end

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(timeout=BOUND)

    def kill(self):
        """Ends it without asking anything of it."""
        self.ended_on_purpose = True
        self.process.kill()
        self.process.wait()

    def stop(self):
        if not self.ended_on_purpose:
            if self.process.poll() is None:
                self.signal()
            try:
                code = self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                pytest.fail(f"did not end after SIGTERM:\n{self.log()}")
            assert code == 0, f"exit code {code}:\n{self.log()}"
        assert not SANITIZER.search(self.log()), self.log()
        assert (self.directory / "stdout").read_bytes() == b"", "a serving host writes nothing to stdout"


@contextlib.contextmanager
def running_call(worker, gate):
    """A call that runs when the block begins and ends once the file `gate` exists; then its answer must be there."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(worker.call("test.call", {"ms": 600000, "until": str(gate)})))
    thread.start()
    try:
        until(lambda: any(one["in_flight"] == 1 for one in worker.status()["generations"]), "the call runs")
        yield
    finally:
        gate.touch()
        thread.join()
    assert answers[0].status == 200


def environment(certificates, home, extra=None):
    """The environment of a host under test: nothing of the caller's configuration, everything the sanitizers need."""
    kept = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "TMPDIR")
    values = {key: os.environ[key] for key in kept if key in os.environ}
    values.update(HOME=str(home), CERT_DIR=str(certificates), CRANK_ALLOWED_HOSTS="*")  # tests name hosts as they like
    values.update(extra or {})
    return {key: value for key, value in values.items() if value is not None}


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A directory with what `crank-host certs init` made."""
    assert HOST.exists(), f"{HOST} is not built"
    directory = tmp_path_factory.mktemp("certificates") / "certs"
    done = subprocess.run([str(HOST), "certs", "init", "--cert-dir", str(directory)], env=environment(directory, directory.parent),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture(scope="session")
def run_host(certificates, tmp_path_factory):
    """run_host(*arguments, input=, env=, before=): runs crank-host to its end; `before` is called in the new process first."""
    home = tmp_path_factory.mktemp("home")

    def run(*arguments, input="", env=None, bound=BOUND, before=None):
        done = subprocess.run([str(HOST), *map(str, arguments)], input=input, capture_output=True, text=True, timeout=bound,
                              env=environment(certificates, home, env), cwd=home, check=False, preexec_fn=before)
        assert not SANITIZER.search(done.stderr), done.stderr
        return done

    return run


@pytest.fixture
def preloaded():
    """preloaded(name): the environment in which a process has that library of tests/integration before all others."""
    if sys.platform == "darwin" or any(name in HOST.read_bytes() for name in (b"__asan_init", b"__tsan_init")):
        pytest.skip("nothing can be loaded before a sanitizer's runtime, nor like this on macOS")
    return lambda name: {"LD_PRELOAD": str(plugin_file(name))}


@contextlib.contextmanager
def worker_factory(certificates, tmp_path_factory):
    workers = []

    def start(*plugins, args=(), env=None, certs=None, wait=True, control=True):
        directory = tmp_path_factory.mktemp("worker")
        worker = Worker(plugins, args, environment(certs or certificates, directory, env), directory, certs or certificates,
                        control)
        workers.append(worker)
        return worker.wait_ready() if wait else worker

    try:
        yield start
    finally:
        problems = []
        for worker in workers:
            try:
                worker.stop()
            except BaseException as problem:  # every worker is stopped before the first problem is told
                problems.append(problem)
        if problems:
            raise problems[0]


@pytest.fixture
def start_worker(certificates, tmp_path_factory):
    """start_worker(*plugins, args=, env=): a worker for this test alone. It must end with 0 and no sanitizer's report."""
    with worker_factory(certificates, tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def start_shared_worker(certificates, tmp_path_factory):
    """The same, for the tests of one file together."""
    with worker_factory(certificates, tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def hello(start_shared_worker):
    """The hello worker over TLS."""
    return start_shared_worker("hello")


@pytest.fixture(scope="module")
def plain(start_shared_worker):
    """hello and echo (tests/plugins) without TLS, for tests about bytes of HTTP."""
    return start_shared_worker("hello", "echo", args=["--tls", "off"])


@pytest.fixture(scope="module")
def echo(start_shared_worker):
    """The echo worker (tests/plugins) over TLS."""
    return start_shared_worker("echo")


@pytest.fixture(scope="module")
def streaming(start_shared_worker):
    """The streaming worker over TLS, without its pauses."""
    return start_shared_worker("streaming", args=["--set", "streaming.pace_ms=0", "--set", "streaming.events_interval_ms=20"])
