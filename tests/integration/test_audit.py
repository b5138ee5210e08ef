"""The audit log as operators have it: what it says, that it goes on through whatever happens to the host, and that `audit verify` sees
what was done to it."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import resource
import signal
import ssl
import subprocess
import threading

import pytest

from conftest import BOUND, HOST, plugin_file, until

TRACE = "0af7651916cd43dd8448eb211c80319c"


def files(directory):
    return sorted(directory.glob("audit-*.jsonl"))


def events(directory, **members):
    """Every whole line with these members, in order."""
    lines = [json.loads(line) for file in files(directory) for line in file.read_text().splitlines(True) if line.endswith("\n")]
    return [line for line in lines if all(line.get(name) == value for name, value in members.items())]


def verify(directory, *arguments):
    return subprocess.run([str(HOST), "audit", "verify", str(directory), *map(str, arguments)], capture_output=True, text=True,
                          timeout=BOUND, check=False)


def fine(directory, *arguments):
    """What a verification without a fault says."""
    done = verify(directory, "--json", *arguments)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return json.loads(done.stdout)


def fault(directory, *arguments):
    """The one line of a verification that finds something."""
    done = verify(directory, *arguments)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, (done.returncode, done.stdout, done.stderr)
    return done.stderr.strip()


def call(worker, request_id=None, **options):
    arguments = ["--header", f"X-Request-Id: {request_id}"] if request_id else []
    return worker.post("/v1/capabilities/example.hello_world", {"message": "the-payload"}, *arguments, **options)


def has_ended(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace").rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "audit"


@pytest.fixture
def audited(start_worker, directory):
    """audited(*plugins, args=): a worker with an audit log in `directory`."""
    def start(*plugins, args=(), **options):
        return start_worker(*plugins, args=["--audit-dir", directory, *args], **options)

    return start


# What is recorded


@pytest.mark.parametrize("single", [False, True], ids=["supervised", "single"])
def test_a_call_is_recorded_with_who_what_and_how_it_ended(audited, directory, certificates, single):
    worker = audited("hello", args=["--client-auth", "optional", *(["--no-supervisor"] if single else [])], control=not single)
    certificate = ["--cert", certificates / "client.crt", "--key", certificates / "client.key"]
    assert worker.post("/v1/capabilities/example.hello_world?query-of=somebody", {"message": "the-payload"}, *certificate,
                       "--header", "X-Request-Id: first", "--header", f"traceparent: 00-{TRACE}-b7ad6b7169203331-01",
                       "--header", "X-Secret: a-header").status == 200
    assert worker.post("/v1/capabilities/example.hello_world", {"message": 7}, "--header", "X-Request-Id: second").status == 422
    one = until(lambda: events(directory, request_id="first"), "the first call is recorded")[0]
    two = until(lambda: events(directory, request_id="second"), "the second call is recorded")[0]
    assert one["kind"] == "call" and one["operation"] == "example.hello_world" and one["plugin"] == "hello"
    assert one["caller"] == "certificate" and one["subject"] and one["address"] in ("127.0.0.1", "::ffff:127.0.0.1")
    assert one["trace_id"] == TRACE and one["status"] == "ok" and one["http_status"] == 200 and 0 <= one["duration_ms"] < BOUND * 1000
    assert one.get("generation") == (None if single else 1)
    assert two["caller"] == "anonymous" and "subject" not in two
    assert two["status"] == "invalid" and two["code"] == "INVALID_INPUT" and two["http_status"] == 422
    until(lambda: worker.metric("crank_audit_records_total", result="written") >= len(events(directory)) - 5, "the metric follows")
    assert worker.metric("crank_audit_records_total", result="dropped") == 0
    worker.stop()
    worker.ended_on_purpose = True
    text = "".join(file.read_text() for file in files(directory))
    assert not re.search("the-payload|a-header|query-of|somebody|@", text)
    report = fine(directory)
    assert report["notes"] == [] and report["lines"] == len(events(directory)) == report["signed_to"]
    assert re.search(rf"the audit log's head is {report['head']}", worker.log())
    assert [event["status"] for event in events(directory, kind="host")][0::10] == ["started"]
    assert events(directory)[-2]["status"] == "stopped" and events(directory)[-1]["kind"] == "checkpoint"
    assert (directory / "key.pem").stat().st_mode & 0o777 == 0o600 and directory.stat().st_mode & 0o777 == 0o700


def test_sessions_are_recorded_when_they_open_and_close(audited, directory):
    worker = audited("streaming", args=["--tls", "off"])
    with worker.connect() as client:
        client.send("GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nX-Request-Id: stream\r\n\r\n")
        client.read_head()
        until(lambda: events(directory, kind="session_opened", request_id="stream"), "it is recorded as open")
        assert not events(directory, kind="session_closed")
    closed = until(lambda: events(directory, kind="session_closed"), "it is recorded as closed")[0]
    assert closed["request_id"] == "stream" and closed["plugin"] == "streaming" and closed["duration_ms"] > 0


def test_who_is_turned_away_is_recorded(audited, directory, run_host, tmp_path, certificates):
    worker = audited("hello", args=["--client-auth", "required"])
    mine = ["--cert", certificates / "client.crt", "--key", certificates / "client.key"]
    assert call_with(worker, *mine, "--header", "Origin: https://evil.example", "--header", "X-Request-Id: page") == 403
    page = until(lambda: events(directory, kind="refused", status="page"), "the page is recorded")[0]
    assert page["request_id"] == "page" and page["http_status"] == 403 and page["caller"] == "certificate"
    assert run_host("certs", "init", "--cert-dir", tmp_path / "other").returncode == 0
    context = worker.tls_context()
    context.load_cert_chain(tmp_path / "other" / "client.crt", tmp_path / "other" / "client.key")
    for wrong in (context, worker.tls_context()):
        known = len(events(directory, status="certificate"))
        with contextlib.suppress(ssl.SSLError, ConnectionError, AssertionError), worker.connect(wrong) as client:
            client.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            client.read_head()
        until(lambda: len(events(directory, status="certificate")) > known, "the certificate is recorded")
    reasons = [event["reason"] for event in events(directory, kind="refused", status="certificate")]
    assert "the client showed no certificate" in reasons and len(set(reasons)) == 2
    assert {event["code"] for event in events(directory, status="certificate")} == {"CERTIFICATE_REFUSED"}


def call_with(worker, *arguments):
    return worker.post("/v1/capabilities/example.hello_world", {"message": "x"}, *arguments).status


def test_a_job_is_recorded_by_its_number(audited, directory, tmp_path):
    worker = audited("echo", args=["--jobs-dir", tmp_path / "jobs"])
    accepted = worker.call("test.echo", {"text": "the-payload"}, "--header", "Prefer: respond-async", "--header", "X-Request-Id: job")
    assert accepted.status == 202
    done = until(lambda: events(directory, job_id=accepted.json()["id"]), "its run is recorded")
    assert [(event["kind"], event["status"], event["request_id"], event["caller"]) for event in done] == [
        ("call", "ok", "job", "anonymous")]
    assert "the-payload" not in "".join(file.read_text() for file in files(directory))


def test_a_token_is_recorded_by_its_name_and_one_that_is_none_as_refused(audited, directory, run_host, tmp_path):
    tokens = tmp_path / "tokens"
    added = run_host("tokens", "add", "ann", "--scopes", "example.other", "--tokens-file", tokens)
    assert added.returncode == 0, added.stderr
    token = re.search(r"\S{30,}", added.stdout)[0]
    worker = audited("hello", args=["--tokens-file", tokens])
    for name, secret in (("unknown", "crank_" + "x" * 40), ("scope", token)):
        status = call_with(worker, "--header", f"Authorization: Bearer {secret}", "--header", f"X-Request-Id: {name}")
        assert status == (403 if name == "scope" else 401)
    unknown, = until(lambda: events(directory, kind="refused", request_id="unknown"), "the unknown token is recorded")
    assert unknown["status"] == "credentials" and unknown["http_status"] == 401
    scope, = until(lambda: events(directory, kind="refused", request_id="scope"), "what it may not do is recorded")
    assert (scope["status"], scope["caller"], scope["subject"], scope["operation"]) == ("access", "token", "ann", "example.hello_world")
    text = "".join(file.read_text() for file in files(directory))
    assert token not in text and "xxxxx" not in text


# What happens to the host


def test_reload_and_crash_keep_the_chain(audited, directory):
    worker = audited("hello")
    assert call(worker, "one").status == 200
    assert worker.reload().returncode == 0
    assert call(worker, "two").status == 200
    until(lambda: events(directory, request_id="two"), "it was handed over")
    os.kill(worker.serving_pid, signal.SIGKILL)
    until(lambda: (worker.active() or {}).get("generation") == 3, "another one serves")
    assert call(worker, "three").status == 200
    worker.stop()
    worker.ended_on_purpose = True
    assert fine(directory)["notes"] == []
    assert [(event["request_id"], event["generation"]) for event in events(directory, kind="call")] == [
        ("one", 1), ("two", 2), ("three", 3)]
    assert [event["status"] for event in events(directory, kind="generation", generation=2)] == ["started", "serves", "crashed"]
    assert [event["status"] for event in events(directory, kind="host")] == ["started", "reload", "stopping", "stopped"]


def test_a_call_that_took_its_generation_along_is_recorded_as_lost(audited, directory):
    worker = audited("hostile")
    worker.curl("/v1/capabilities/test.call", "--data-binary", '{"how":"segv"}', "--header", "Content-Type: application/json",
                "--header", "X-Request-Id: guilty", check=False)
    lost = until(lambda: events(directory, request_id="guilty"), "it is recorded")
    assert [(event["status"], event["operation"], event["generation"]) for event in lost] == [("lost", "test.call", 1)]
    until(lambda: events(directory, kind="generation", status="crashed"), "so is the crash")


def test_a_supervisor_that_was_killed_leaves_a_chain_that_goes_on(audited, directory):
    for number in range(3):
        worker = audited("hello")
        served = f"before-the-end-{number}"
        assert call(worker, served).status == 200
        until(lambda: events(directory, request_id=served), "it was written")
        serving = worker.serving_pid
        worker.kill()
        until(lambda: has_ended(serving), "its generation has ended, too")
        fine(directory)
        if number == 1:
            with open(files(directory)[-1], "a", encoding="ascii") as file:
                file.write('{"seq":99999,"ti')  # the supervisor was at it
            assert any("within a line, after 16 bytes" in note for note in fine(directory)["notes"])
    worker = audited("hello")
    until(lambda: fine(directory)["notes"] == [], "everything before has been signed")
    recovered = events(directory, kind="recovered")
    assert [event.get("count") for event in recovered] == [None, 16, None] or 16 in [event.get("count") for event in recovered]
    assert len(events(directory, kind="call")) == 3


def test_an_upgrade_under_load_leaves_no_gap(audited, directory, tmp_path):
    worker = audited("hello", args=["--retire-timeout-ms", "1h"])
    stop, sent = threading.Event(), []

    def calls():
        while not stop.is_set():
            sent.append(f"call-{len(sent)}")
            assert call(worker, sent[-1]).status == 200

    thread = threading.Thread(target=calls)
    thread.start()
    try:
        for number in range(1, 4):
            before = len(sent)
            done = worker.upgrade()
            assert done.returncode == 0, (done.stderr, worker.log())
            assert worker.status()["upgrades"] == number
            until(lambda: len(sent) > before + 3, "calls go on")
    finally:
        stop.set()
        thread.join()
    until(lambda: events(directory, request_id=sent[-1]), "the last one is recorded")
    assert [event["request_id"] for event in events(directory, kind="call")] == sent
    assert [event["status"] for event in events(directory, kind="host")] == ["started", *["upgrade", "upgraded"] * 3]
    worker.stop()
    worker.ended_on_purpose = True
    assert fine(directory)["notes"] == [] and not events(directory, kind="recovered")


def test_a_second_host_is_kept_out_and_says_so(audited, directory, run_host):
    worker = audited("hello")
    assert call(worker, "one").status == 200
    for more in ([], ["--no-supervisor"]):
        done = run_host("--plugin", plugin_file("hello"), "--host", "localhost", "--port", "0", "--tls", "off", "--audit-dir",
                        directory, *more)
        assert done.returncode == 2 and "another crank-host writes its audit log there" in done.stderr, done.stderr
    assert worker.upgrade().returncode == 0  # which lets nobody in between
    done = run_host("--plugin", plugin_file("hello"), "--host", "localhost", "--port", "0", "--tls", "off", "--audit-dir", directory)
    assert done.returncode == 2 and "another crank-host" in done.stderr
    assert call(worker, "two").status == 200


def test_a_directory_that_cannot_be_written_is_told_at_start(run_host, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "audit", tmp_path / "file", "/proc/audit"):
        done = run_host("--plugin", plugin_file("hello"), "--host", "localhost", "--port", "0", "--tls", "off", "--audit-dir", place)
        assert done.returncode == 2 and str(place) in done.stderr, done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


# A full disk


class LimitedFile:
    """The process that writes can make no file longer than the log is: what a full disk is to it. Its own log file is shorter."""

    def __init__(self, directory):
        self.directory = directory

    def __enter__(self):
        if not hasattr(resource, "prlimit"):
            pytest.skip("Linux alone changes the limits of another process")
        return self

    def __exit__(self, *_):
        pass

    @contextlib.contextmanager
    def full(self, worker):
        size = files(self.directory)[-1].stat().st_size
        assert size > worker.log_file.stat().st_size + 20_000
        before = resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (size + 100, before[1]))
        try:
            yield
        finally:
            resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, before)


class SmallDisk:
    """A file system of its own for the log, which something else fills."""

    def __init__(self, directory):
        self.directory = directory

    def __enter__(self):
        self.directory.mkdir(mode=0o700)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "none", str(self.directory)], capture_output=True,
                              check=False)
        if done.returncode != 0:
            pytest.skip("nobody but root may mount something, and not everywhere")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", str(self.directory)], check=True)

    @contextlib.contextmanager
    def full(self, _worker):
        ballast = self.directory / "ballast"
        with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        try:
            yield
        finally:
            ballast.unlink()


@pytest.fixture(params=[LimitedFile, SmallDisk], ids=["limit", "tmpfs"])
def disk(request, directory):
    with request.param(directory) as made:
        yield made


def fill(worker, directory):
    """Enough lines for a LimitedFile, where the memory that a supervisor shares with a generation has to fit, too."""
    connection = http.client.HTTPSConnection("localhost", worker.port, timeout=BOUND, context=worker.tls_context())
    while not files(directory) or files(directory)[-1].stat().st_size < 200_000:
        connection.request("POST", "/v1/capabilities/example.hello_world", '{"message":"x"}', {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.status == 200 and response.read()
    connection.close()


def test_a_full_disk_refuses_work_until_there_is_room(disk, audited, directory):
    worker = audited("hello", args=["--audit-when-full", "refuse"])
    fill(worker, directory)
    answered = []
    with disk.full(worker):
        def refused():
            answer = call(worker, f"during-{len(answered)}")
            answered.append(answer.status)
            return answer.status == 503 and answer
        problem = until(refused, "work is refused")
        assert problem.problem(503, "AUDIT_UNAVAILABLE")["detail"].startswith("the audit log cannot be written now")
        assert problem.header("retry-after") == "1"
        assert worker.get("/health").status == 200, "health is no work"
        worker.wait_log("the audit log cannot be written: .*; new work is refused until it can")
        done = worker.upgrade()
        assert done.returncode == 1 and "the audit log cannot be written now" in done.stderr
    until(lambda: call(worker, "after").status == 200, "work is taken again")
    until(lambda: events(directory, request_id="after", status="ok"), "and recorded")
    for number, status in enumerate(answered):  # what was done is in the log
        assert status == 503 or events(directory, request_id=f"during-{number}")
    assert not events(directory, kind="dropped")
    assert worker.metric("crank_audit_records_total", result="dropped") == 0
    worker.stop()
    worker.ended_on_purpose = True
    assert fine(directory)["notes"] == []


def test_a_full_disk_is_counted_where_work_has_to_go_on(disk, audited, directory):
    worker = audited("hello", args=["--audit-when-full", "count"])
    fill(worker, directory)
    sent = 0
    with disk.full(worker):
        def dropped(least):
            nonlocal sent
            sent += 1
            assert call(worker, f"during-{sent}").status == 200
            return worker.metric("crank_audit_records_total", result="dropped") >= least
        until(lambda: dropped(1), "something is dropped")  # it may be a line from before
        known = worker.metric("crank_audit_records_total", result="dropped")
        until(lambda: dropped(known + 10), "more is dropped")
        worker.wait_log("the audit log cannot be written: .*; what happens meanwhile is only counted")
    until(lambda: call(worker, "after").status == 200 and events(directory, request_id="after"), "it is recorded again")
    missing = sum(not events(directory, request_id=f"during-{number + 1}") for number in range(sent))
    worker.stop()
    worker.ended_on_purpose = True
    assert missing > 0 and sum(event["count"] for event in events(directory, kind="dropped")) >= missing
    assert fine(directory)["notes"] == []


# Rotation, following, and what somebody does to the log


def test_lines_are_followed_over_rotations_and_old_files_go(audited, directory):
    worker = audited("hello", args=["--audit-max-bytes", "8KiB", "--audit-keep", "3"])
    assert call(worker, "first").status == 200
    until(lambda: events(directory, request_id="first"), "it is recorded")
    with subprocess.Popen([str(HOST), "audit", "tail", str(directory), "--follow", "--json"], stdout=subprocess.PIPE,
                          text=True) as tail:
        seen = [json.loads(tail.stdout.readline())]
        wanted = 0
        while not (directory / "removed.json").exists():
            wanted += 1
            assert call(worker, f"call-{wanted}").status == 200
        while not any(event.get("request_id") == f"call-{wanted}" for event in seen[-3:]):
            seen.append(json.loads(tail.stdout.readline()))
        tail.kill()
    assert [event["seq"] for event in seen] == list(range(seen[0]["seq"], seen[0]["seq"] + len(seen)))
    until(lambda: len(files(directory)) <= 3, "old files are removed")
    report = fine(directory)
    assert report["files"] == len(files(directory)) > 1
    heads = re.findall(r"goes on in another file; its head is (\d+:[0-9a-f]{64})", worker.log())
    assert heads and fine(directory, "--at-least", heads[-1])
    lines = subprocess.run([str(HOST), "audit", "tail", str(directory)], capture_output=True, text=True, check=True).stdout
    assert "example.hello_world" in lines and "signature" not in lines


def test_a_log_that_was_tampered_with_is_found_and_not_continued(audited, directory, run_host):
    worker = audited("hello")
    for number in range(5):
        assert call(worker, f"call-{number}").status == 200
    worker.stop()
    worker.ended_on_purpose = True
    head = fine(directory)["head"]
    assert fine(directory, "--at-least", head, "--public-key", directory / "public.pem")
    file, = files(directory)
    content = file.read_text()
    lines = content.splitlines(True)
    number = next(index for index, line in enumerate(lines) if "call-2" in line)

    file.write_text(content.replace("call-2", "call-8"))
    assert f"{file.name}:{number + 1}: changed: " in fault(directory)
    file.write_text("".join(lines[:number] + lines[number + 1:]))
    assert f"{file.name}:{number + 1}: removed: line {number + 1} of the log is missing" in fault(directory)
    file.write_text("".join(lines[:number] + [lines[number + 1], lines[number]] + lines[number + 2:]))
    assert f"{file.name}:{number + 1}: reordered: " in fault(directory)
    file.write_text("".join(lines[:-1]))
    assert f"{file.name}:{len(lines) - 1}: truncated: " in fault(directory)
    done = verify(directory, "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["fault"] == "truncated"
    done = run_host("--plugin", plugin_file("hello"), "--host", "localhost", "--port", "0", "--tls", "off", "--audit-dir", directory)
    assert done.returncode == 2 and "was cut off" in done.stderr, done.stderr
    (directory / "head.json").rename(directory / "elsewhere")
    assert "head.json: truncated: " in fault(directory)
    (directory / "elsewhere").rename(directory / "head.json")
    file.write_text(content)
    assert fine(directory)["head"] == head


def test_a_mail_address_is_not_written(audited, directory, tmp_path):
    certs = tmp_path / "certs"
    assert subprocess.run([str(HOST), "certs", "init", "--cert-dir", str(certs)], capture_output=True, check=False).returncode == 0
    key, request, certificate = certs / "mail.key", certs / "mail.csr", certs / "mail.crt"

    def openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj",
            "/CN=somebody/emailAddress=somebody@example.org")
    openssl("x509", "-req", "-in", request, "-CA", certs / "ca.crt", "-CAkey", certs / "ca.key", "-out", certificate, "-days", "1")
    worker = audited("hello", args=["--client-auth", "required"], certs=certs)
    assert call_with(worker, "--cert", certificate, "--key", key, "--header", "X-Request-Id: mail") == 200
    event = until(lambda: events(directory, request_id="mail"), "it is recorded")[0]
    assert re.fullmatch("sha256:[0-9a-f]{16}", event["subject"]) and event["caller"] == "certificate"
    assert "somebody" not in "".join(file.read_text() for file in files(directory))


def test_bad_arguments_are_told(run_host, tmp_path):
    for arguments, words in ((["audit"], "expected verify or tail"), (["audit", "verify"], "DIR"),
                             (["audit", "verify", tmp_path, "--at-least", "x"], "--at-least"),
                             (["audit", "verify", tmp_path], "public.pem"), (["audit", "tail", tmp_path / "none"], "none")):
        done = run_host(*arguments)
        assert done.returncode == 2 and words in done.stderr, (arguments, done.stderr)
    assert "--at-least" in run_host("audit", "verify", "--help").stdout
    assert "--follow" in run_host("audit", "tail", "--help").stdout
