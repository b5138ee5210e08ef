"""Events of a job: nothing is missed, whoever runs the job and whatever happens to the process that tells of it."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess

from conftest import BOUND, until
from test_jobs import look, start_jobs, submit, until_over, until_state  # noqa: F401  start_jobs is a fixture

HERE = pathlib.Path(__file__).parent


class Events:
    """One request for the events of a job, read strictly."""

    def __init__(self, worker, job, *headers, query=""):
        self.connection = worker.connect()
        lines = [f"GET /v1/jobs/{job}/events{query} HTTP/1.1", "Host: localhost", *headers, "", ""]
        self.connection.send("\r\n".join(lines))
        _, self.status, self.headers = self.connection.read_head()
        self.text = b""

    def field(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)

    def blocks(self):
        """What comes up to each empty line, to the end of the stream."""
        while True:
            while b"\n\n" in self.text:
                block, self.text = self.text.split(b"\n\n", 1)
                yield block.decode()
            chunk = self.connection.read_chunk()
            if not chunk:
                return
            self.text += chunk

    def __iter__(self):
        for block in self.blocks():
            lines = [line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and ": " in line]
            fields = dict(lines)
            if "data" in fields:
                yield fields["event"], int(fields["id"]), json.loads(fields["data"])


@contextlib.contextmanager
def browser(worker, job, tmp_path):
    """Yields a function for what an EventSource has seen of a job; at the end it must have closed by itself."""
    output = tmp_path / f"events-{job}"
    with open(output, "wb") as out:
        process = subprocess.Popen(["node", str(HERE / "job_eventsource.mjs"), f"{worker.url}/v1/jobs/{job}/events"],
                                   stdout=out, stderr=subprocess.STDOUT)
    try:
        yield lambda: [json.loads(line) for line in output.read_text().splitlines(keepends=True) if line.endswith("\n")]
        assert process.wait(timeout=BOUND) == 0, output.read_text()
    finally:
        process.kill()
        process.wait()


def check_events(seen):
    """All that an EventSource saw: versions rise, the end comes once and last."""
    events = [one for one in seen if "type" in one]
    ids = [one["id"] for one in events]
    assert ids == sorted(set(ids)), seen
    assert [one["type"] for one in events].count("end") == 1 and events[-1]["type"] == "end", seen
    assert seen[-1] == {"closed": 204}, seen
    return events


def test_a_job_is_followed_to_its_end(start_jobs, tmp_path):
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    job = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    events = Events(worker, job)
    assert events.status == 200 and events.field("content-type") == "text/event-stream; charset=utf-8"
    assert "no-store" in events.field("cache-control") and events.field("connection") == "close"
    seen = []
    for kind, version, shown in events:
        seen.append((kind, version))
        assert shown["id"] == job
        if kind == "progress":
            assert shown["state"] == "running" and shown["progress"]["note"] == "waiting"
            gate.touch()
    assert seen[-1][0] == "end" and shown["state"] == "succeeded" and shown["result"]["bytes"] > 0
    assert [version for _, version in seen] == sorted({version for _, version in seen})
    assert {"state", "progress", "end"} == {kind for kind, _ in seen}


def test_what_was_seen_does_not_come_again(start_jobs):
    worker = start_jobs("echo")
    job = submit(worker, "test.echo", {"text": "x"})
    until_over(worker, job)
    (kind, version, shown), = Events(worker, job)
    assert kind == "end" and shown == look(worker, job)
    for events in (Events(worker, job, f"Last-Event-ID: {version}"), Events(worker, job, query=f"?last_event_id={version}")):
        assert events.status == 204
    (_, again, _), = Events(worker, job, f"Last-Event-ID: {version - 1}", query=f"?last_event_id={version}")
    assert again == version  # the header is the later word
    (_, again, _), = Events(worker, job, f"Last-Event-ID: {version + 7}")
    assert again == version  # the job never was there: of another store, say
    for bad in ("x", "-1", "1x", "9" * 30):
        worker.get(f"/v1/jobs/{job}/events", "--header", f"Last-Event-ID: {bad}").problem(400)


def test_curl_follows_a_job(start_jobs, tmp_path):
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    job = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    with subprocess.Popen(["curl", "-sN", "--max-time", str(int(BOUND)), f"{worker.url}/v1/jobs/{job}/events"],
                          stdout=subprocess.PIPE, text=True) as curl:
        lines = []
        for line in curl.stdout:
            lines.append(line.rstrip("\n"))
            if line == "event: progress\n":
                gate.touch()
    assert curl.returncode == 0 and lines[0].startswith("retry: ") and "event: end" in lines


def test_a_stream_without_changes_is_kept_alive(start_jobs, tmp_path):
    worker = start_jobs("echo", args=["--set", "limits.event_keepalive_ms=300"])
    job = submit(worker, "test.until_cancelled", {"wait": True})
    until_state(worker, job, "running")
    blocks = Events(worker, job).blocks()
    assert any(block.startswith(":") for block in blocks)
    worker.curl(f"/v1/jobs/{job}", "--request", "DELETE")
    assert "event: end" in list(blocks)[-1]


def test_a_cancellation_that_is_under_way_is_told(start_jobs):
    worker = start_jobs("echo")
    job = submit(worker, "test.slow", {"ms": 600000})
    until_state(worker, job, "running")
    events = iter(Events(worker, job))
    next(events)
    worker.curl(f"/v1/jobs/{job}", "--request", "DELETE")
    kinds = [(kind, shown) for kind, _, shown in events]
    assert kinds[-1][0] == "end" and kinds[-1][1]["state"] == "cancelled"


def test_nobody_else_follows_a_job(start_worker, run_host, tmp_path):
    tokens = tmp_path / "tokens"
    secrets = {}
    for name in ("ann", "bob"):
        done = run_host("tokens", "add", name, "--scopes", "*", "--tokens-file", tokens)
        assert done.returncode == 0, done.stderr
        secrets[name] = done.stdout.strip().splitlines()[-1]
    worker = start_worker("echo", args=["--tls", "off", "--jobs-dir", tmp_path / "jobs", "--tokens-file", tokens,
                                        "--drain-timeout-ms", "50"])
    as_ann, as_bob = (("--header", f"Authorization: Bearer {secrets[name]}") for name in ("ann", "bob"))
    job = worker.call("test.until_cancelled", {"wait": True}, "--header", "Prefer: respond-async", *as_ann).json()["id"]
    worker.get(f"/v1/jobs/{job}/events", *as_bob).problem(404)
    worker.get(f"/v1/jobs/{'0' * 32}/events", *as_ann).problem(404)
    events = Events(worker, job, f"Authorization: Bearer {secrets['ann']}")
    assert events.status == 200
    next(iter(events))
    assert run_host("tokens", "revoke", "ann", "--tokens-file", tokens).returncode == 0
    assert b"event: end" not in events.connection.rest()  # it closes: the token is worth nothing any more


def test_head_and_other_methods(start_jobs):
    worker = start_jobs("echo")
    job = submit(worker, "test.echo", {"text": "x"})
    answer = worker.get(f"/v1/jobs/{job}/events", "--head")
    assert answer.status == 200 and answer.header("content-type").startswith("text/event-stream")
    worker.post(f"/v1/jobs/{job}/events", {}).problem(405)


def test_a_browser_stops_at_the_end(start_jobs, tmp_path):
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    job = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    with browser(worker, job, tmp_path) as seen:
        until(lambda: any(one.get("type") == "progress" for one in seen()), "it sees progress")
        gate.touch()
    events = check_events(seen())
    assert events[-1]["job"]["state"] == "succeeded" and seen()[0] == {"open": 1}


def test_a_browser_goes_on_after_a_reload(start_jobs, tmp_path):
    """The old generation still runs the job, and is not kept by who follows it."""
    worker = start_jobs("slow", args=["--retire-timeout-ms", "600s"])
    gate = tmp_path / "gate"
    job = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    with browser(worker, job, tmp_path) as seen:
        until(lambda: any(one.get("type") == "progress" for one in seen()), "it sees progress")
        assert worker.reload().returncode == 0
        until(lambda: {"open": 2} in seen(), "it comes back")
        before = len(seen())
        until(lambda: len(seen()) > before, "it sees more from the generation that does not run the job")
        gate.touch()
    assert check_events(seen())[-1]["job"]["attempt"] == 1
    until(lambda: len(worker.status()["generations"]) == 1, "the old generation ends")


def test_a_browser_goes_on_after_a_crash(start_jobs, tmp_path):
    worker = start_jobs("echo")
    job = submit(worker, "test.slow", {"ms": 1500})
    until_state(worker, job, "running")
    with browser(worker, job, tmp_path) as seen:
        until(lambda: any(one.get("type") == "state" for one in seen()), "it sees the job")
        os.kill(worker.serving_pid, signal.SIGKILL)
    events = check_events(seen())
    assert events[-1]["job"]["state"] == "succeeded" and events[-1]["job"]["attempt"] == 2
    assert {"open": 2} in seen()


def test_a_drain_ends_streams(start_jobs):
    worker = start_jobs("echo", args=["--drain-timeout-ms", "60s"])
    job = submit(worker, "test.slow", {"ms": 3000})
    until_state(worker, job, "running")
    events = iter(Events(worker, job))
    next(events)
    worker.signal()
    assert all(kind != "end" for kind, _, _ in events)  # in order, before the job ends
    assert worker.wait() == 0


def test_a_thousand_follow_without_a_thread_each(start_jobs, tmp_path):
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    job = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    until_state(worker, job, "running")
    threads = lambda: len(os.listdir(f"/proc/{worker.serving_pid}/task"))
    first = iter(Events(worker, job))
    next(first)
    before = threads()
    request = f"GET /v1/jobs/{job}/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connections = [worker.connect() for _ in range(1000)]
    try:
        for connection in connections:
            connection.send(request)
        for connection in connections:
            connection.read_until(b"event: state")
        assert threads() <= before + 1  # of the pool for calls, which grows as it likes
        gate.touch()
        for connection in connections:
            connection.read_until(b"event: end")
    finally:
        for connection in connections:
            connection.close()
