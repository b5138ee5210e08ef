"""crank-host jobs and invoke --url: a running worker's jobs from the command line."""
import threading
import http.server
import json
import os
import pty
import signal
import subprocess

import pytest

from conftest import BOUND, HOST, environment, plugin_file, until
from test_jobs import look, start_jobs, submit, until_over, until_state  # noqa: F401  start_jobs is a fixture


@pytest.fixture
def crank(run_host):
    """crank(worker, *arguments): runs crank-host against that worker."""
    return lambda worker, *arguments, **options: run_host(*arguments, "--url", worker.url, **options)


@pytest.fixture
def begin(certificates, tmp_path):
    """begin(worker, *arguments): starts crank-host against that worker; what it prints is read from its stdout."""
    started = []

    def start(worker, *arguments, **options):
        process = subprocess.Popen([str(HOST), *map(str, arguments), "--url", worker.url], env=environment(certificates, tmp_path),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_list_show_cancel(start_jobs, crank, tmp_path):
    worker = start_jobs("slow", "echo")
    done = submit(worker, "test.echo", {"text": "x"})
    until_over(worker, done)
    running = submit(worker, "test.call", {"ms": 600000, "until": str(tmp_path / "never")})
    until(lambda: "progress" in look(worker, running), "it reports progress")
    table = crank(worker, "jobs", "list")
    heading, first, second = table.stdout.splitlines()
    assert table.returncode == 0 and heading.split()[:3] == ["ID", "CAPABILITY", "STATE"]
    assert first.split()[:3] == [running, "test.call", "running"] and second.split()[:3] == [done, "test.echo", "succeeded"]
    assert len(crank(worker, "jobs", "list", "--state", "succeeded").stdout.splitlines()) == 2
    assert len(crank(worker, "jobs", "list", "--capability", "test.call").stdout.splitlines()) == 2
    assert len(crank(worker, "jobs", "list", "--limit", "1").stdout.splitlines()) == 2
    assert [job["id"] for job in json.loads(crank(worker, "jobs", "list", "--json").stdout)["jobs"]] == [running, done]
    shown = crank(worker, "jobs", "show", done)
    assert shown.returncode == 0 and "succeeded" in shown.stdout and "application/json" in shown.stdout
    assert json.loads(crank(worker, "jobs", "show", done, "--json").stdout) == look(worker, done)
    assert "waiting" in crank(worker, "jobs", "show", running).stdout
    assert "asked to end" in crank(worker, "jobs", "cancel", running).stdout
    until_over(worker, running)
    assert "is cancelled" in crank(worker, "jobs", "cancel", running).stdout
    assert "over: succeeded" in crank(worker, "jobs", "cancel", done).stdout


def test_what_goes_wrong_has_one_line(start_jobs, start_worker, crank, run_host):
    worker = start_jobs("echo")
    for word, code in (("show", 1), ("cancel", 1), ("wait", 2), ("logs", 1)):
        done = crank(worker, "jobs", word, "0" * 32)
        assert done.returncode == code and "no such job" in done.stderr and len(done.stderr.splitlines()) == 1
        assert crank(worker, "jobs", word, "x/../y").returncode == 2
    assert crank(worker, "jobs", "list", "--state", "odd").returncode == 1
    assert crank(worker, "jobs").returncode == 2
    gone = run_host("jobs", "list", "--url", "http://127.0.0.1:1")
    assert gone.returncode == 2 and "no answer" in gone.stderr
    assert run_host("jobs", "wait", "0" * 32, "--url", "http://127.0.0.1:1").returncode == 2
    assert run_host("jobs", "--help").returncode == 0


def test_wait_in_a_pipe_says_lines(start_jobs, begin, tmp_path):
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    job = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    waiting = begin(worker, "jobs", "wait", job)
    for line in waiting.stdout:
        assert line.decode().startswith(job + " ")
        if b"waiting" in line:
            gate.touch()
        last = line.decode()
    assert waiting.wait(BOUND) == 0 and last == f"{job} succeeded\n"


def test_wait_for_programs(start_jobs, begin, crank):
    worker = start_jobs("echo")
    job = submit(worker, "test.until_cancelled", {"wait": True})
    waiting = begin(worker, "jobs", "wait", job, "--json")
    assert json.loads(waiting.stdout.readline())["id"] == job
    crank(worker, "jobs", "cancel", job)
    last = json.loads(waiting.stdout.readlines()[-1])
    assert waiting.wait(BOUND) == 1 and last["state"] == "cancelled"
    again = crank(worker, "jobs", "wait", job)  # it is over
    assert again.returncode == 1 and again.stdout.startswith(f"{job} cancelled: ")
    failing = submit(worker, "test.fail", {"status": -2})
    assert crank(worker, "jobs", "wait", failing).returncode == 1


def test_wait_survives_a_reload_and_a_crash(start_jobs, begin, tmp_path):
    worker = start_jobs("echo", args=["--retire-timeout-ms", "600s"])
    job = submit(worker, "test.slow", {"ms": 3000})
    waiting = begin(worker, "jobs", "wait", job)
    assert waiting.stdout.readline()
    assert worker.reload().returncode == 0
    until(lambda: worker.status()["leader"] == 2, "the next one leads")
    for one in worker.status()["generations"]:
        os.kill(one["pid"], signal.SIGKILL)
    out, err = waiting.communicate(timeout=BOUND)
    assert waiting.returncode == 0, err
    assert out.decode().splitlines()[-1] == f"{job} succeeded"


def test_ctrl_c_ends_the_waiting_only(start_jobs, begin, tmp_path):
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    job = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    waiting = begin(worker, "jobs", "wait", job)
    assert waiting.stdout.readline()
    waiting.send_signal(signal.SIGINT)
    _, err = waiting.communicate(timeout=BOUND)
    assert waiting.returncode == 130 and f"job {job} goes on" in err.decode()
    assert look(worker, job)["state"] == "running"
    gate.touch()
    assert until_over(worker, job)["state"] == "succeeded"


def test_on_a_terminal_there_is_a_bar(start_jobs, certificates, tmp_path):
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    job = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    master, slave = pty.openpty()
    waiting = subprocess.Popen([str(HOST), "jobs", "wait", job, "--url", worker.url], env=environment(certificates, tmp_path),
                               stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen = b""
    try:
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            seen += piece
            if b"waiting" in seen:
                gate.touch()
        assert waiting.wait(BOUND) == 0
    finally:
        waiting.kill()
        waiting.wait()
        os.close(master)
    assert b"[........................]   0 % running waiting" in seen
    assert seen.endswith(f"{job} succeeded\r\n".encode()) and b"\r\x1b[K" in seen


# invoke --url

def test_invoke_a_running_worker(start_worker, run_host):
    worker = start_worker("echo")  # over TLS
    done = run_host("invoke", "test.echo", "--url", worker.url.replace("127.0.0.1", "localhost"), input='{"text":"hi"}')
    assert done.returncode == 0 and json.loads(done.stdout)["body"] == {"text": "hi"}, done.stderr
    items = run_host("invoke", "test.items", "--url", worker.url, input='{"count":2}')
    assert [json.loads(line) for line in items.stdout.splitlines()] == [{"index": 0}, {"index": 1}]
    bad = run_host("invoke", "test.echo", "--url", worker.url, input='{"text":""}')
    assert bad.returncode == 1 and json.loads(bad.stderr)["code"] and bad.stdout == ""
    assert run_host("invoke", "test.echo", "--async", "--plugin", plugin_file("echo"), input="{}").returncode == 2
    assert run_host("invoke", "test.echo", "--url", "http://127.0.0.1:1", input="{}").returncode == 2


def test_invoke_as_a_job(start_jobs, crank):
    worker = start_jobs("echo")
    done = crank(worker, "invoke", "test.echo", "--async", input='{"text":"hi"}')
    seen = json.loads(done.stdout)
    assert done.returncode == 0 and seen["method"] == "JOB" and seen["body"] == {"text": "hi"}
    failed = crank(worker, "invoke", "test.fail", "--async", input='{"status":-8,"code":"TEAPOT"}')
    assert failed.returncode == 1 and json.loads(failed.stderr)["code"] == "TEAPOT" and failed.stdout == ""


@pytest.mark.parametrize("how", ["local", "remote", "job"])
def test_what_becomes_of_artefacts(start_jobs, crank, run_host, tmp_path, how):
    if how == "local":
        ask = lambda *args, input: run_host("invoke", "test.files", "--plugin", plugin_file("echo"), *args, input=input)
    else:
        worker = start_jobs("echo")
        ask = lambda *args, input: crank(worker, "invoke", "test.files", *(["--async"] if how == "job" else []), *args, input=input)
    one = ask(input='{"name":"a.txt"}')
    assert (one.returncode, one.stdout) == (0, "abc"), one.stderr
    left = ask(input='{"name":"a.txt","other":"b.txt"}')
    assert left.returncode == 0 and left.stdout == "" and "left behind: b.txt (3 bytes); --artifacts DIR keeps it" in left.stderr
    kept = ask("--artifacts", tmp_path, input='{"name":"a.txt","other":"b.txt"}')
    assert kept.returncode == 0, kept.stderr
    assert (tmp_path / "a.txt").read_text() == (tmp_path / "b.txt").read_text() == "abc"
    beside = ask("--artifacts", tmp_path, input='{"name":"c.txt","body":"hello"}')
    assert beside.returncode == 0 and beside.stdout.strip() == "hello", beside
    assert (tmp_path / "c.txt").read_text() == "abc"
    again = ask("--artifacts", tmp_path, input='{"name":"a.txt"}')
    assert again.returncode == 1 and "cannot make" in again.stderr and "File exists" in again.stderr
    nowhere = ask("--artifacts", tmp_path / "missing", input='{"name":"d.txt"}')
    assert nowhere.returncode == 1 and "No such file or directory" in nowhere.stderr


def test_an_artefact_that_does_not_arrive_whole_is_not_kept(run_host, tmp_path):
    listed = {"artifacts": [{"name": "a.bin", "href": "/a.bin", "bytes": 1000000, "sha256": "0" * 64, "media_type": "x/y"}]}

    class Breaks(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps(listed).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"x" * 1000)
            self.close_connection = True

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Breaks) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        done = run_host("invoke", "a.b", "--url", url, "--artifacts", tmp_path, input="{}")
        server.shutdown()
        thread.join()
    assert done.returncode == 1 and "is not whole" in done.stderr, done
    assert not (tmp_path / "a.bin").exists()


def test_invoke_follows_a_call_that_becomes_a_job_unasked(start_jobs, crank):
    worker = start_jobs("echo")
    done = crank(worker, "invoke", "test.inline", input='{"text":"' + "x" * 700_000 + '"}')
    assert done.returncode == 0 and json.loads(done.stdout)["method"] == "JOB", done.stderr


def test_a_token_says_who_asks(start_worker, run_host, tmp_path):
    tokens = tmp_path / "tokens"
    file = tmp_path / "ann"
    for name in ("ann", "bob"):
        done = run_host("tokens", "add", name, "--scopes", "*", "--tokens-file", tokens)
        (tmp_path / name).write_text(done.stdout)
    worker = start_worker("echo", args=["--tls", "off", "--jobs-dir", tmp_path / "jobs", "--tokens-file", tokens])
    ask = lambda name, *arguments, **options: run_host(*arguments, "--url", worker.url, "--token-file", tmp_path / name, **options)
    assert run_host("invoke", "test.echo", "--url", worker.url, input='{"text":"x"}').returncode == 1
    done = ask("ann", "invoke", "test.echo", "--async", input='{"text":"x"}')
    assert done.returncode == 0, done.stderr
    assert len(ask("ann", "jobs", "list").stdout.splitlines()) == 2
    assert len(ask("bob", "jobs", "list").stdout.splitlines()) == 1
    assert ask("missing", "jobs", "list").returncode == 2
    file.write_text("two words\n")
    refused = ask("ann", "jobs", "list")
    assert refused.returncode == 2 and "two words" not in refused.stderr


# What a job logged

def test_logs_of_a_job(start_jobs, crank, tmp_path):
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    job = submit(worker, "test.call", {"ms": 600000, "until": str(gate), "log": 2})
    until(lambda: len(worker.get(f"/v1/jobs/{job}/logs").body.splitlines()) == 2, "the lines are there while it runs")
    gate.touch()
    until_over(worker, job)
    answer = worker.get(f"/v1/jobs/{job}/logs")
    assert answer.header("content-type") == "application/jsonl"
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert [(line["level"], line["attempt"], line["message"]) for line in lines] == [("info", 1, "line 1"), ("info", 1, "line 2")]
    assert lines[0]["time"].endswith("Z")
    shown = crank(worker, "jobs", "logs", job)
    assert shown.returncode == 0 and shown.stdout.splitlines()[1].endswith(" info line 2")
    assert crank(worker, "jobs", "logs", job, "--json").stdout == answer.body.decode()


def test_logs_are_bounded(start_jobs, crank):
    worker = start_jobs("slow")
    job = submit(worker, "test.call", {"ms": 1, "log": 5000})
    until_over(worker, job)
    lines = worker.get(f"/v1/jobs/{job}/logs").body.decode().splitlines()
    assert json.loads(lines[0]) == {"dropped": 4000} and len(lines) == 1001
    assert json.loads(lines[-1])["message"] == "line 5000"
    assert crank(worker, "jobs", "logs", job).stdout.startswith("(4000 earlier lines were not kept)\n")
