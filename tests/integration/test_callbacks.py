"""Callbacks: whoever asked for a job is told of its end, signed, at least once, and nobody else can be reached through it."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import signal
import socket
import ssl
import sys
import textwrap
import threading
import time

import pytest

from conftest import SOURCE, until


def is_ours(request, secret):
    """As a receiver verifies it, with nothing of ours."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([request.id.encode(), str(request.timestamp).encode(), request.body])
    ours = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return ours in request.headers["webhook-signature"].split(" ")


class Request:
    def __init__(self, path, headers, body):
        self.path, self.body = path, body
        self.headers = {name.lower(): value for name, value in headers}
        self.id, self.timestamp = self.headers["webhook-id"], int(self.headers["webhook-timestamp"])
        self.arrived = time.time()

    def json(self):
        return json.loads(self.body)


class Receiver:
    """A receiver of callbacks. `answers` says what the first ones get, then it is 204; or what each gets, by its Request.
    "hang" keeps one waiting until the end."""

    def __init__(self, answers=(), certificates=None, headers=(), host="127.0.0.1"):
        self.requests, self.over = [], threading.Event()
        self.answers = answers if callable(answers) else list(answers)
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                request = Request(self.path, self.headers.items(), body)
                if callable(receiver.answers):
                    answer = receiver.answers(request)
                else:
                    answer = receiver.answers.pop(0) if receiver.answers else 204
                receiver.requests.append(request)
                if answer == "hang":
                    receiver.over.wait()
                    self.close_connection = True
                    return
                self.send_response(answer)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        self.scheme = "https" if certificates else "http"
        if certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates / "client.crt", certificates / "client.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=lambda: self.server.serve_forever(poll_interval=0.05))
        self.thread.start()

    def url(self, path="/hook", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def wait(self, count=1):
        until(lambda: len(self.requests) >= count, f"{count} callbacks come; there were {len(self.requests)}")
        return self.requests

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receivers(certificates):
    """receivers(answers, tls=, headers=, host=): a running Receiver."""
    made = []

    def start(answers=(), tls=False, **options):
        made.append(Receiver(answers, certificates if tls else None, **options))
        return made[-1]

    yield start
    for receiver in made:
        receiver.close()


@pytest.fixture
def secret(run_host, tmp_path):
    """The secret of the file tmp_path/secret."""
    done = run_host("callbacks", "secret", tmp_path / "secret")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def start_caller(start_worker, secret, tmp_path):
    """start_caller(*plugins, args=, allow=): a worker that makes callbacks, to this machine if `allow` says so."""
    def start(*plugins, args=(), allow=("127.0.0.1",), **options):
        allowed = [word for one in allow for word in ("--callback-allow", one)]
        return start_worker(*plugins, args=["--tls", "off", "--jobs-dir", tmp_path / "jobs", "--callback-secret-file",
                                            tmp_path / "secret", *allowed, *args], **options)
    return start


def ask(worker, capability, value, url, *arguments):
    return worker.call(capability, value, "--header", "Prefer: respond-async", "--header", f"Callback-Url: {url}", *arguments)


def submit(worker, capability, value, url, *arguments):
    answer = ask(worker, capability, value, url, *arguments)
    assert answer.status == 202, answer
    return answer.json()["id"]


def callback(worker, job):
    return worker.get(f"/v1/jobs/{job}").json()["callback"]


def until_callback(worker, job, state):
    return until(lambda: (found := callback(worker, job))["state"] == state and found,
                 f"the callback of {job} is {state}, not {callback(worker, job)}; log:\n{worker.log()}")


def until_tried(worker, job):
    """The first attempt has failed."""
    return until(lambda: (found := callback(worker, job)).get("last_error") and found,
                 f"the callback of {job} was tried; log:\n{worker.log()}")


# What arrives

def test_a_job_that_is_over_is_called_back_over_tls(start_caller, receivers, secret, certificates):
    worker = start_caller("echo", args=["--callback-ca-file", certificates / "ca.crt"])
    receiver = receivers(tls=True)
    job = submit(worker, "test.echo", {"text": "a secret of the caller"}, receiver.url("/hook?token=t0k3n"))
    request = receiver.wait()[0]
    assert request.path == "/hook?token=t0k3n"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.id.startswith("msg_") and abs(request.timestamp - time.time()) < 60
    assert is_ours(request, secret)
    body = request.json()
    assert body["type"] == "job.succeeded" and body["job_id"] == job and body["status"] == "succeeded"
    shown = worker.get(f"/v1/jobs/{job}").json()
    assert body["timestamp"] == shown["ended"] and body["data"]["result"] == shown["result"]
    assert body["sha256"] == hashlib.sha256(worker.get(f"/v1/jobs/{job}/result").body).hexdigest()
    assert b"a secret of the caller" not in request.body and b"t0k3n" not in request.body
    found = until_callback(worker, job, "delivered")
    assert found == {"url": receiver.url("/hook"), "state": "delivered", "attempts": 1}
    assert worker.metric("crank_callbacks_total", outcome="delivered") == 1
    until(lambda: worker.metric("crank_callbacks_pending") == 0, "none is pending")
    assert len(receiver.requests) == 1 and "t0k3n" not in worker.log()


def test_a_receiver_that_does_as_the_readme_says_knows_what_is_ours(start_caller, receivers, secret):
    lines = (SOURCE / "README.md").read_text().split("    import base64, hashlib, hmac, time\n", 1)[1].split("\n\n", 1)[0]
    written = {}
    exec("import base64, hashlib, hmac, time\n" + textwrap.dedent(lines), written)
    worker = start_caller("echo")
    receiver = receivers()
    submit(worker, "test.echo", {"text": "x"}, receiver.url())
    request = receiver.wait()[0]
    assert written["is_ours"](request.headers, request.body, secret)
    assert not written["is_ours"](request.headers, request.body + b" ", secret)
    assert not written["is_ours"]({**request.headers, "webhook-id": "msg_other"}, request.body, secret)
    assert not written["is_ours"]({**request.headers, "webhook-timestamp": str(request.timestamp - 600)}, request.body, secret)


def test_the_certificate_has_to_name_whom_the_url_names(start_caller, receivers, certificates):
    allow = ["127.0.0.0/8", "localhost"]
    worker = start_caller("echo", args=["--callback-ca-file", certificates / "ca.crt"], allow=allow)
    receiver = receivers(tls=True, host="")
    until_callback(worker, submit(worker, "test.echo", {"text": "x"}, receiver.url(host="localhost")), "delivered")
    if sys.platform == "linux":  # elsewhere 127.0.0.2 is nobody's
        wrong = submit(worker, "test.echo", {"text": "x"}, receiver.url(host="127.0.0.2"))
        assert "its certificate does not hold: IP address mismatch" in until_tried(worker, wrong)["last_error"]
    worker.signal()
    assert worker.wait() == 0
    other = start_caller("echo", allow=allow)  # knows the system's authorities alone
    unknown = submit(other, "test.echo", {"text": "x"}, receiver.url())
    assert "its certificate does not hold: unable to get local issuer" in until_tried(other, unknown)["last_error"]
    assert len(receiver.requests) == 1


def test_jobs_that_fail_or_are_cancelled_are_called_back_too(start_caller, receivers, secret, tmp_path):
    worker = start_caller("slow", "echo")
    receiver = receivers()
    failed = submit(worker, "test.fail", {"status": -2}, receiver.url("/failed"))
    running = submit(worker, "test.call", {"ms": 600000, "until": str(tmp_path / "never")}, receiver.url("/cancelled"))
    until(lambda: worker.get(f"/v1/jobs/{running}").json()["state"] == "running", "it runs")
    assert callback(worker, running) == {"url": receiver.url("/cancelled"), "state": "waiting", "attempts": 0}
    worker.curl(f"/v1/jobs/{running}", "--request", "DELETE")
    requests = {request.path: request for request in receiver.wait(2)}
    assert all(is_ours(request, secret) for request in requests.values())
    assert requests["/failed"].json()["type"] == "job.failed" and requests["/failed"].json()["data"]["error"]["status"]
    assert requests["/cancelled"].json()["status"] == "cancelled" and "sha256" not in requests["/cancelled"].json()
    assert requests["/failed"].json()["job_id"] == failed


def test_an_interrupted_job_is_called_back(start_caller, receivers):
    worker = start_caller("echo")
    receiver = receivers()
    job = submit(worker, "test.until_cancelled", {"wait": True}, receiver.url())
    until(lambda: worker.get(f"/v1/jobs/{job}").json()["state"] == "running", "it runs")
    os.kill(worker.serving_pid, signal.SIGKILL)
    assert receiver.wait()[0].json()["type"] == "job.interrupted"


# Again

def test_an_attempt_that_fails_comes_again_with_a_time_and_signature_of_its_own(start_caller, receivers, secret):
    worker = start_caller("echo")
    receiver = receivers([500])
    job = submit(worker, "test.echo", {"text": "x"}, receiver.url())
    failed = until_tried(worker, job)
    assert failed["state"] == "pending" and failed["attempts"] == 1 and failed["next"]
    assert failed["last_error"] == "the receiver answered 500"
    first, second = receiver.wait(2)
    assert first.id == second.id and first.body == second.body
    assert second.timestamp > first.timestamp and abs(second.timestamp - second.arrived) < 3
    assert is_ours(first, secret) and is_ours(second, secret)
    assert until_callback(worker, job, "delivered")["attempts"] == 2
    assert worker.metric("crank_callbacks_total", outcome="retried") == 1


def test_gone_is_the_end(start_caller, receivers):
    worker = start_caller("echo")
    receiver = receivers([410])
    job = submit(worker, "test.echo", {"text": "x"}, receiver.url())
    assert "410" in until_callback(worker, job, "abandoned")["last_error"]
    worker.wait_log(f"callback of job {job} to http://127.0.0.1:{receiver.port}/hook is given up after attempt 1")
    assert worker.metric("crank_callbacks_total", outcome="abandoned") == 1


def test_a_receiver_that_hangs_keeps_nobody_else_waiting(start_caller, receivers):
    worker = start_caller("echo")
    hanging, quick = receivers(["hang"] * 100), receivers()
    held = [submit(worker, "test.echo", {"text": "x"}, hanging.url()) for _ in range(10)]
    hanging.wait()
    others = [submit(worker, "test.echo", {"text": "x"}, quick.url()) for _ in range(10)]
    quick.wait(10)
    for job in others:
        until_callback(worker, job, "delivered")
    assert len(hanging.requests) <= 2 and sum(callback(worker, job)["attempts"] for job in held) <= 2


def test_a_receiver_that_never_ends_its_answer_is_not_listened_to(start_caller):
    worker = start_caller("echo")
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            with listener.accept()[0] as client:
                client.recv(65536)
                try:
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
                    while not over.is_set():
                        client.sendall(b"x" * 65536)
                except OSError:
                    pass
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            job = submit(worker, "test.echo", {"text": "x"}, f"http://127.0.0.1:{listener.getsockname()[1]}/")
            until_callback(worker, job, "delivered")
        finally:
            over.set()
            thread.join()


# Where to

def test_a_redirect_is_not_followed(start_caller, receivers):
    worker = start_caller("echo")
    elsewhere = receivers()
    for status in (302, 307, 308):
        receiver = receivers([status], headers=[("Location", elsewhere.url("/elsewhere"))])
        job = submit(worker, "test.echo", {"text": "x"}, receiver.url())
        assert until_tried(worker, job)["last_error"] == f"the receiver answered {status}, and redirects are not followed"
    assert elsewhere.requests == []


@pytest.mark.parametrize("url, status, words", [
    ("https://127.0.0.1/", 422, "loopback"), ("https://[::1]/", 422, "loopback"), ("https://[::ffff:127.0.0.1]/", 422, "loopback"),
    ("https://169.254.169.254/latest/meta-data", 422, "link-local"), ("https://10.0.0.1/", 422, "private"),
    ("https://[fd00::1]/", 422, "unique local"), ("https://100.64.0.1/", 422, "RFC 6598"), ("https://0.0.0.0/", 422, "RFC 1122"),
    ("https://[64:ff9b::7f00:1]/", 422, "loopback"), ("http://a.example/", 422, "https"), ("http://8.8.8.8/", 422, "https"),
    ("https://2130706433/", 400, "address"), ("https://0x7f.1/", 400, "address"), ("https://0177.0.0.1/", 400, "address"),
    ("https://127.1/", 400, "address"), ("https://user:pw@a.example/", 400, "user"), ("ftp://a.example/", 400, "https://"),
    ("https://a.example/#x", 400, "fragment"), ("a.example", 400, "https://"), ("https://a.example:0/", 400, "port"),
    ("https://a.example/" + "x" * 2048, 400, "2048"),
])
def test_a_callback_that_may_not_be_is_refused_at_once(start_shared_caller, url, status, words):
    answer = ask(start_shared_caller, "test.echo", {"text": "x"}, url)
    problem = answer.problem(status, "CALLBACK_REFUSED" if status == 422 else "BAD_CALLBACK_URL")
    assert problem["detail"].startswith("Callback-Url ") and words in problem["detail"]
    assert start_shared_caller.get("/v1/jobs").json()["jobs"] == []


@pytest.fixture(scope="module")
def start_shared_caller(start_shared_worker, run_host, tmp_path_factory):
    directory = tmp_path_factory.mktemp("shared")
    assert run_host("callbacks", "secret", directory / "secret").returncode == 0
    return start_shared_worker("echo", args=["--tls", "off", "--jobs-dir", directory / "jobs", "--callback-secret-file",
                                             directory / "secret"])


def test_a_name_that_leads_to_this_machine_is_not_connected_to(start_caller, receivers, certificates):
    worker = start_caller("echo", args=["--callback-ca-file", certificates / "ca.crt"], allow=[])
    receiver = receivers(tls=True)
    connected = []
    receiver.server.verify_request = lambda *_: connected.append(1) or True
    job = submit(worker, "test.echo", {"text": "x"}, receiver.url(host="localhost"))
    error = until_tried(worker, job)["last_error"]
    assert "localhost has an address that is loopback" in error and "callback_allow" in error
    assert receiver.requests == [] and connected == []


def test_where_callbacks_are_off_they_are_refused_with_what_turns_them_on(start_worker, tmp_path):
    worker = start_worker("echo", args=["--tls", "off", "--jobs-dir", tmp_path / "jobs"])
    detail = ask(worker, "test.echo", {"text": "x"}, "https://a.example/").problem(422, "CALLBACK_REFUSED")["detail"]
    assert "--callback-secret-file" in detail


def test_a_callback_is_for_a_job(start_shared_caller):
    answer = start_shared_caller.call("test.echo", {"text": "x"}, "--header", "Callback-Url: https://a.example/")
    assert "respond-async" in answer.problem(400)["detail"]


def test_a_key_is_for_one_callback(start_caller, receivers):
    worker = start_caller("echo")
    receiver = receivers()
    key = ("--header", "Idempotency-Key: k")
    job = submit(worker, "test.echo", {"text": "x"}, receiver.url("/a"), *key)
    assert submit(worker, "test.echo", {"text": "x"}, receiver.url("/a"), *key) == job
    ask(worker, "test.echo", {"text": "x"}, receiver.url("/b"), *key).problem(422, "IDEMPOTENCY_KEY_REUSED")
    until_callback(worker, job, "delivered")
    assert [request.path for request in receiver.requests] == ["/a"]


# Nothing is lost

def is_gone(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def kill(worker):
    """The supervisor and its generation."""
    pid = worker.serving_pid
    worker.kill()
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    until(lambda: is_gone(pid), "its generation is gone, too")


def test_what_was_not_confirmed_when_everything_was_killed_comes_again(start_caller, receivers, secret):
    first = start_caller("echo")
    receiver = receivers(["hang"])
    held = submit(first, "test.echo", {"text": "x"}, receiver.url("/held"))
    receiver.wait()
    waiting = [submit(first, "test.echo", {"text": "x"}, receiver.url("/waiting")) for _ in range(3)]
    until(lambda: all(callback(first, job)["state"] == "pending" for job in waiting), "their jobs are over")
    kill(first)
    assert len(receiver.requests) == 1
    second = start_caller("echo")
    for job in [held, *waiting]:
        until_callback(second, job, "delivered")
    assert callback(second, held)["attempts"] == 2
    assert all(is_ours(request, secret) for request in receiver.requests)
    ids = [request.id for request in receiver.requests if request.path == "/held"]
    assert len(ids) == 2 and len(set(ids)) == 1
    assert {request.json()["job_id"] for request in receiver.requests} == {held, *waiting}


def test_a_killed_generation_leaves_its_callbacks_to_the_next(start_caller, receivers):
    worker = start_caller("echo")
    receiver = receivers(["hang"])
    job = submit(worker, "test.echo", {"text": "x"}, receiver.url())
    receiver.wait()
    os.kill(worker.serving_pid, signal.SIGKILL)
    receiver.wait(2)
    until(lambda: worker.curl(f"/v1/jobs/{job}", check=False), "the next one answers")
    until_callback(worker, job, "delivered")


def test_a_stop_does_not_wait_for_a_receiver_that_hangs(start_caller, receivers):
    first = start_caller("echo")
    receiver = receivers(["hang"])
    job = submit(first, "test.echo", {"text": "x"}, receiver.url())
    receiver.wait()
    first.signal()
    assert first.wait() == 0
    second = start_caller("echo")
    until_callback(second, job, "delivered")
    assert receiver.requests[0].id == receiver.requests[1].id


def test_after_a_reload_the_next_generation_calls_back(start_caller, receivers):
    worker = start_caller("echo", args=["--retire-timeout-ms", "600s"])
    receiver = receivers()
    assert worker.reload().returncode == 0
    until(lambda: worker.status()["leader"] == 2, "the next one leads")
    for _ in range(5):
        until_callback(worker, submit(worker, "test.echo", {"text": "x"}, receiver.url()), "delivered")
    assert len(receiver.requests) == 5


# Secrets and the record

def test_a_new_secret_signs_beside_the_old_one(start_caller, receivers, run_host, secret, tmp_path):
    worker = start_caller("echo")
    receiver = receivers()
    fresh = run_host("callbacks", "secret", tmp_path / "secret").stdout.strip()
    assert fresh != secret and (tmp_path / "secret").read_text() == f"{fresh}\n{secret}\n"
    until_callback(worker, submit(worker, "test.echo", {"text": "x"}, receiver.url()), "delivered")
    request = receiver.requests[0]
    assert is_ours(request, fresh) and is_ours(request, secret)
    assert len(request.headers["webhook-signature"].split(" ")) == 2
    worker.wait_log("callbacks are signed with 2 secrets")
    (tmp_path / "secret").write_text(f"{fresh}\n")
    until_callback(worker, submit(worker, "test.echo", {"text": "x"}, receiver.url()), "delivered")
    assert is_ours(receiver.requests[1], fresh) and not is_ours(receiver.requests[1], secret)
    assert fresh not in worker.log() and secret not in worker.log()


def test_secrets_that_others_could_read_or_that_are_none_keep_a_host_from_starting(run_host, secret, tmp_path):
    file = tmp_path / "secret"
    serve = lambda *args: run_host("--plugin", "none", "--tls", "off", "--callback-secret-file", file, *args)
    done = serve()
    assert done.returncode == 2 and "--jobs-dir" in done.stderr


@pytest.mark.parametrize("break_it, words", [
    (lambda file: file.chmod(0o640), "chmod 600"), (lambda file: file.write_text("hunter2\n"), "line 1"),
    (lambda file: file.write_text("\n"), "it has no secret"), (lambda file: file.unlink(), "crank-host callbacks secret"),
])
def test_a_host_does_not_start_without_sound_secrets(start_caller, tmp_path, secret, break_it, words):
    break_it(tmp_path / "secret")
    worker = start_caller("echo", wait=False)
    assert worker.wait() == 2
    worker.ended_on_purpose = True
    assert words in worker.log() and "hunter2" not in worker.log()


def test_the_end_of_a_callback_is_in_the_audit_log(start_caller, receivers, tmp_path, run_host):
    worker = start_caller("echo", args=["--audit-dir", tmp_path / "audit"])
    receiver = receivers([410])
    lost = submit(worker, "test.echo", {"text": "x"}, receiver.url("/a?token=t0k3n"))
    until_callback(worker, lost, "abandoned")
    told = submit(worker, "test.echo", {"text": "x"}, receiver.url("/b?token=t0k3n"))
    until_callback(worker, told, "delivered")

    def lines():
        text = "".join(file.read_text() for file in sorted((tmp_path / "audit").glob("*.jsonl")))
        assert "t0k3n" not in text
        return [line for line in map(json.loads, text.splitlines()) if line["kind"] == "callback"]

    first, second = until(lambda: len(found := lines()) == 2 and found, "both are recorded")
    assert first["job_id"] == lost and first["status"] == "abandoned" and first["http_status"] == 410
    assert second["job_id"] == told and second["status"] == "delivered" and second["count"] == 1
    assert second["reason"] == receiver.url("/b") and second["caller"] == "anonymous"
    worker.signal()
    assert worker.wait() == 0
    assert run_host("audit", "verify", tmp_path / "audit").returncode == 0
