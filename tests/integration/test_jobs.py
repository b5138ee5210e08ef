"""Jobs: what was accepted with 202 is never lost, runs once at a time, and can be followed, cancelled and asked for."""
import base64
import hashlib
import json
import os
import pathlib
import signal
import sqlite3
import stat
import threading

import pytest

from conftest import plugin_file, until

OVER = ("succeeded", "failed", "cancelled", "interrupted")


@pytest.fixture
def start_jobs(start_worker, tmp_path):
    """start_jobs(*plugins, args=): a worker with jobs; `directory` is where it keeps them."""
    def start(*plugins, args=(), **options):
        worker = start_worker(*plugins, args=["--tls", "off", "--jobs-dir", tmp_path / "jobs", *args], **options)
        return worker
    start.directory = tmp_path / "jobs"
    return start


@pytest.fixture(scope="module")
def jobs(start_shared_worker, tmp_path_factory):
    return start_shared_worker("echo", "slow", args=["--tls", "off", "--jobs-dir", tmp_path_factory.mktemp("jobs")])


def submit(worker, capability, value, *arguments):
    answer = worker.call(capability, value, "--header", "Prefer: respond-async", *arguments)
    assert answer.status == 202, answer
    job = answer.json()
    assert answer.header("location") == f"/v1/jobs/{job['id']}"
    assert answer.header("preference-applied") == "respond-async"
    return job["id"]


def is_gone(pid):
    """Also one that nobody has reaped yet."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def look(worker, job):
    return worker.get(f"/v1/jobs/{job}").json()


def until_over(worker, job):
    return until(lambda: (found := look(worker, job))["state"] in OVER and found, f"job {job} is over; log:\n{worker.log()}")


def until_state(worker, job, state):
    return until(lambda: (found := look(worker, job))["state"] == state and found, f"job {job} is {state}; log:\n{worker.log()}")


# The life of a job

def test_a_call_becomes_a_job_that_succeeds(jobs):
    job = submit(jobs, "test.echo", {"text": "hi"}, "--header", "X-Request-Id: r-1")
    found = until_over(jobs, job)
    assert found["state"] == "succeeded" and found["capability"] == "test.echo" and found["attempt"] == 1
    assert found["created"] <= found["started"] <= found["ended"] and found["request_id"] == "r-1"
    result = jobs.get(found["result"]["href"])
    assert result.status == 200 and result.header("content-type") == found["result"]["media_type"] == "application/json"
    assert len(result.body) == found["result"]["bytes"]
    seen = result.json()
    assert seen["body"] == {"text": "hi"} and seen["method"] == "JOB" and seen["request_id"] == "r-1"


def test_a_job_knows_that_it_is_one(jobs):
    job = submit(jobs, "test.echo", {"text": "hi"})
    until_over(jobs, job)
    seen = jobs.get(f"/v1/jobs/{job}/result").json()
    assert seen["job.id"] == job and seen["job.attempt"] == "1"
    assert seen["caller.kind"] == "anonymous" and seen["caller.address"] == "127.0.0.1"


def test_without_the_preference_a_call_is_a_call(jobs):
    assert jobs.call("test.echo", {"text": "hi"}).status == 200
    assert jobs.call("test.echo", {"text": "hi"}, "--header", "Prefer: wait=10").status == 200
    for preference in ("wait=5, respond-async", "RESPOND-ASYNC; x=1"):
        assert jobs.call("test.echo", {"text": "hi"}, "--header", f"Prefer: {preference}").status == 202


def test_without_a_store_there_are_no_jobs(echo):
    assert echo.call("test.echo", {"text": "hi"}, "--header", "Prefer: respond-async").status == 200
    echo.get("/v1/jobs").problem(404)


def test_bad_input_is_refused_before_it_is_a_job(jobs):
    before = len(jobs.get("/v1/jobs?limit=500").json()["jobs"])
    for value in ({"text": ""}, "{", ""):
        assert jobs.call("test.echo", value, "--header", "Prefer: respond-async").status in (400, 422)
    assert len(jobs.get("/v1/jobs?limit=500").json()["jobs"]) == before


def test_a_job_that_fails_says_why(jobs):
    job = submit(jobs, "test.problem", {"status": -6, "code": "TEAPOT", "details": {"a": 1}})
    found = until_over(jobs, job)
    assert found["state"] == "failed"
    assert found["error"]["code"] == "TEAPOT" and found["error"]["status"] == 418 and found["error"]["details"] == {"a": 1}
    assert found["error"]["errors"][0]["field"] == "/range/to"
    jobs.get(f"/v1/jobs/{job}/result").problem(418, "TEAPOT")


def test_items_and_long_results(jobs):
    items = submit(jobs, "test.items", {"count": 3})
    assert until_over(jobs, items)["result"]["media_type"] == "application/json"
    assert jobs.get(f"/v1/jobs/{items}/result").json() == {"items": [{"index": 0}, {"index": 1}, {"index": 2}]}
    big = submit(jobs, "test.big", {"bytes": 3_000_000})
    assert until_over(jobs, big)["result"]["bytes"] == 3_000_000
    assert jobs.get(f"/v1/jobs/{big}/result").body == b"x" * 3_000_000


def test_a_body_that_streams_becomes_a_whole_one(jobs):
    data = os.urandom(2_000_000)
    answer = jobs.post("/v1/capabilities/test.upload", data, "--header", "Prefer: respond-async",
                       media_type="application/octet-stream")
    assert answer.status == 202
    until_over(jobs, answer.json()["id"])
    assert jobs.get(f"/v1/jobs/{answer.json()['id']}/result").json()["bytes"] == len(data)


def test_a_result_is_not_there_before_the_end(start_jobs, tmp_path):
    worker = start_jobs("slow")
    job = submit(worker, "test.call", {"ms": 600000, "until": str(tmp_path / "gate")})
    until_state(worker, job, "running")
    early = worker.get(f"/v1/jobs/{job}/result")
    early.problem(409, "NOT_FINISHED")
    assert early.header("retry-after") == "1"
    until(lambda: "progress" in look(worker, job), "it reports progress")
    assert look(worker, job)["progress"]["note"] == "waiting" and 0 <= look(worker, job)["progress"]["fraction"] <= 1
    (tmp_path / "gate").touch()
    assert until_over(worker, job)["state"] == "succeeded"


def test_jobs_wait_for_room_and_leave_it_to_callers(start_jobs, tmp_path):
    """test.call takes two at a time; a third job waits, and is not refused."""
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    held = [submit(worker, "test.call", {"ms": 600000, "until": str(gate)}) for _ in range(4)]
    until(lambda: [look(worker, job)["state"] for job in held].count("running") == 2, "two run")
    gate.touch()
    assert [until_over(worker, job)["state"] for job in held] == ["succeeded"] * 4


# Cancelling

def test_a_running_job_is_cancelled(start_jobs, tmp_path):
    worker = start_jobs("slow", "echo")
    job = submit(worker, "test.call", {"ms": 600000, "until": str(tmp_path / "never")})
    until_state(worker, job, "running")
    assert worker.curl(f"/v1/jobs/{job}", "--request", "DELETE").status == 202
    found = until_over(worker, job)
    assert found["state"] == "cancelled" and found["error"]["detail"] == "the job was cancelled"
    assert worker.curl(f"/v1/jobs/{job}", "--request", "DELETE").status == 200  # it is over, and stays so
    sleeping = submit(worker, "test.until_cancelled", {"wait": True})
    until_state(worker, sleeping, "running")
    worker.curl(f"/v1/jobs/{sleeping}", "--request", "DELETE")
    assert until_over(worker, sleeping)["state"] == "cancelled"
    worker.wait_log("cancelled because of 4")  # CRANK_CANCEL_JOB


def test_a_waiting_job_is_cancelled_at_once(start_jobs, tmp_path):
    worker = start_jobs("slow")
    gate = tmp_path / "gate"
    running = [submit(worker, "test.call", {"ms": 600000, "until": str(gate)}) for _ in range(2)]
    until(lambda: all(look(worker, job)["state"] == "running" for job in running), "both run")
    waiting = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    answer = worker.curl(f"/v1/jobs/{waiting}", "--request", "DELETE")
    assert answer.status == 200 and answer.json()["state"] == "cancelled"
    worker.get(f"/v1/jobs/{waiting}/result").problem(410)
    gate.touch()


# Keys and lists

def test_a_key_gives_the_first_job_again(jobs):
    key = ("--header", "Idempotency-Key: k-1")
    first = jobs.call("test.echo", {"text": "a"}, "--header", "Prefer: respond-async", *key)
    again = jobs.call("test.echo", {"text": "a"}, "--header", "Prefer: respond-async", *key)
    assert again.status == 202 and again.json()["id"] == first.json()["id"]
    assert again.header("x-idempotent-replay") == "true" and first.header("x-idempotent-replay") is None
    jobs.call("test.echo", {"text": "b"}, "--header", "Prefer: respond-async", *key).problem(422, "IDEMPOTENCY_KEY_REUSED")
    jobs.call("test.echo", {"text": "a"}, "--header", "Prefer: respond-async", "--header",
              f"Idempotency-Key: {'k' * 256}").problem(400)


def test_one_key_from_many_at_once_is_one_job(jobs):
    ids = []
    call = lambda: ids.append(jobs.call("test.echo", {"text": "many"}, "--header", "Prefer: respond-async", "--header",
                                        "Idempotency-Key: many").json()["id"])
    threads = [threading.Thread(target=call) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 10 and len(set(ids)) == 1


def test_lists(start_jobs):
    worker = start_jobs("echo")
    made = [submit(worker, "test.echo", {"text": "x"}) for _ in range(4)] + [submit(worker, "test.fail", {"status": -2})]
    for job in made:
        until_over(worker, job)
    ids = lambda query="": [job["id"] for job in worker.get("/v1/jobs" + query).json()["jobs"]]
    assert ids() == made[::-1]
    assert ids("?state=failed") == made[4:] and ids("?capability=test.fail") == made[4:]
    page = worker.get("/v1/jobs?limit=2").json()
    assert [job["id"] for job in page["jobs"]] == made[:2:-1] and page["next"] == made[3]
    assert ids(f"?limit=2&before={page['next']}") == made[2:0:-1]
    for query in ("?state=odd", "?limit=0", "?limit=501", "?limit=x", "?limit=-1"):
        worker.get("/v1/jobs" + query).problem(400)


@pytest.mark.parametrize("name", ["x", "..", "%2e%2e%2fjobs.db", "0" * 32, "0" * 31, "0" * 33, "A" * 32, "%00", "'; DROP TABLE jobs"])
def test_ids_that_are_none(jobs, name):
    path = "/v1/jobs/" + name.replace(" ", "%20")
    jobs.curl(path, "--path-as-is").problem(404)
    if name != "..":
        jobs.curl(path, "--path-as-is", "--request", "DELETE").problem(404)


# Nothing is lost

def test_what_waits_runs_after_a_restart(start_jobs, tmp_path):
    gate = tmp_path / "gate"
    first = start_jobs("slow")
    held = [submit(first, "test.call", {"ms": 600000, "until": str(gate)}) for _ in range(2)]
    waiting = submit(first, "test.call", {"ms": 1})
    until(lambda: all(look(first, job)["state"] == "running" for job in held), "two run")
    pid = first.serving_pid
    first.kill()
    os.kill(pid, signal.SIGKILL)
    until(lambda: is_gone(pid), "its generation is gone, too")
    second = start_jobs("slow")
    assert until_over(second, waiting)["state"] == "succeeded"
    for job in held:  # test.call does not say that it may be repeated
        found = until_over(second, job)
        assert found["state"] == "interrupted" and "may be repeated" in found["error"]["detail"]
    second.wait_log("2 are interrupted")


def test_a_generation_that_is_killed_leaves_its_jobs_to_the_next(start_jobs):
    worker = start_jobs("echo")
    repeatable = submit(worker, "test.slow", {"ms": 600})
    once = submit(worker, "test.until_cancelled", {"wait": True})
    for job in (repeatable, once):
        until_state(worker, job, "running")
    os.kill(worker.serving_pid, signal.SIGKILL)
    until(lambda: worker.status()["leader"] == 2, "the next one leads")
    found = until_over(worker, repeatable)
    assert found["state"] == "succeeded" and found["attempt"] == 2
    assert until_over(worker, once)["state"] == "interrupted"
    assert worker.get(f"/v1/jobs/{repeatable}/result").json() == {"done": True}


def test_a_reload_lets_running_jobs_end_and_starts_none_twice(start_jobs, tmp_path):
    worker = start_jobs("slow", args=["--retire-timeout-ms", "600s"])
    gate = tmp_path / "gate"
    held = [submit(worker, "test.call", {"ms": 600000, "until": str(gate)}) for _ in range(2)]
    waiting = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    until(lambda: all(look(worker, job)["state"] == "running" for job in held), "two run")
    assert worker.reload().returncode == 0
    until(lambda: worker.status()["leader"] == 2, "the next one leads")
    until_state(worker, waiting, "running")  # in the next one, which has room
    assert [look(worker, job)["state"] for job in held] == ["running"] * 2
    assert [look(worker, job)["attempt"] for job in held] == [1] * 2
    gate.touch()
    for job in held + [waiting]:
        found = until_over(worker, job)
        assert found["state"] == "succeeded" and found["attempt"] == 1


def test_a_job_of_a_retired_generation_can_be_cancelled(start_jobs, tmp_path):
    worker = start_jobs("slow", args=["--retire-timeout-ms", "600s"])
    job = submit(worker, "test.call", {"ms": 600000, "until": str(tmp_path / "never")})
    until_state(worker, job, "running")
    assert worker.reload().returncode == 0
    worker.curl(f"/v1/jobs/{job}", "--request", "DELETE")
    assert until_over(worker, job)["state"] == "cancelled"


def test_a_stop_gives_back_what_may_be_repeated(start_jobs):
    first = start_jobs("echo", args=["--drain-timeout-ms", "50"])
    repeatable = submit(first, "test.slow", {"ms": 600000})
    once = submit(first, "test.until_cancelled", {"wait": True})
    for job in (repeatable, once):
        until_state(first, job, "running")
    first.signal()
    assert first.wait() == 0
    second = start_jobs("echo")
    assert until_state(second, repeatable, "running")["attempt"] == 2
    assert until_over(second, once)["state"] == "interrupted"
    second.curl(f"/v1/jobs/{repeatable}", "--request", "DELETE")
    until_over(second, repeatable)


def test_a_retired_generation_that_is_killed_leaves_its_jobs_to_the_leader(start_jobs):
    """The one that leads began long before."""
    worker = start_jobs("echo", args=["--retire-timeout-ms", "600s"])
    repeatable = submit(worker, "test.slow", {"ms": 5000})
    once = submit(worker, "test.until_cancelled", {"wait": True})
    for job in (repeatable, once):
        until_state(worker, job, "running")
    old = worker.serving_pid
    assert worker.reload().returncode == 0
    until(lambda: worker.status()["leader"] == 2, "the next one leads")
    worker.call("test.echo", {"text": "x"})
    os.kill(old, signal.SIGKILL)
    assert until_over(worker, once)["state"] == "interrupted"
    found = until_over(worker, repeatable)
    assert found["state"] == "succeeded" and found["attempt"] == 2


def test_a_job_that_kills_its_generation_does_not_do_so_for_ever(start_jobs):
    worker = start_jobs("hostile")
    job = submit(worker, "test.repeatable", {"how": "segv"})
    found = until(lambda: worker.curl(f"/v1/jobs/{job}", check=False), "somebody answers")
    found = until(lambda: (answer := worker.curl(f"/v1/jobs/{job}", check=False)) and answer.status == 200
                  and answer.json()["state"] in OVER and answer.json(), f"it is over; log:\n{worker.log()}")
    assert found["state"] == "interrupted" and found["error"]["code"] == "WORKER_LOST" and found["attempt"] == 3
    assert worker.call("test.repeatable", {"how": "nothing"}).status == 200


def test_jobs_go_on_over_an_upgrade(start_jobs, tmp_path):
    worker = start_jobs("slow", args=["--retire-timeout-ms", "600s"])
    gate = tmp_path / "gate"
    held = [submit(worker, "test.call", {"ms": 600000, "until": str(gate)}) for _ in range(3)]
    until(lambda: [look(worker, job)["state"] for job in held].count("running") == 2, "two run")
    done = worker.upgrade()
    assert done.returncode == 0, done.stderr
    until(lambda: [look(worker, job)["state"] for job in held].count("running") == 3, "the third runs in the next one")
    gate.touch()
    for job in held:
        found = until_over(worker, job)
        assert found["state"] == "succeeded" and found["attempt"] == 1


def test_generations_leave_nothing_behind(start_jobs):
    worker = start_jobs("echo", args=["--retire-timeout-ms", "60s"])
    for _ in range(3):
        assert worker.reload().returncode == 0
    owners = lambda: [file.name for file in start_jobs.directory.iterdir() if file.name.startswith("owner-")]
    until(lambda: len(owners()) == 1, f"one owner is left; log:\n{worker.log()}")


# What is long

def upload(worker, data, *arguments):
    return worker.curl("/v1/capabilities/test.upload", "--header", "Prefer: respond-async", "--header",
                       "Content-Type: application/octet-stream", "--header", "Expect:", "--data-binary", "@-", *arguments,
                       data=data, check=False)


def test_an_input_that_is_too_long_for_a_job(start_jobs):
    worker = start_jobs("echo", args=["--jobs-max-bytes", "1MiB"])
    upload(worker, b"x" * (1024 * 1024 + 1)).problem(413, "LIMIT_EXCEEDED")
    assert list((start_jobs.directory / "files").iterdir()) == []
    assert upload(worker, b"x" * 1000).status == 202


def test_a_long_input_waits_in_a_file_and_goes_with_its_job(start_jobs, tmp_path):
    worker = start_jobs("echo", "slow")
    files = lambda: list((start_jobs.directory / "files").iterdir())
    data = os.urandom(100_000_000)
    job = upload(worker, data).json()["id"]
    assert until_over(worker, job)["state"] == "succeeded"
    assert worker.get(f"/v1/jobs/{job}/result").json()["bytes"] == len(data)
    until(lambda: files() == [], "the input is gone")


def test_a_long_input_survives_the_host(start_jobs, tmp_path):
    gate = tmp_path / "gate"
    worker = start_jobs("slow", "echo", args=["--no-supervisor"])
    held = submit(worker, "test.call", {"ms": 600000, "until": str(gate)})
    until_state(worker, held, "running")
    stopped = upload(worker, b"y" * 5_000_000).json()["id"]
    worker.ended_on_purpose = True
    worker.process.kill()
    worker.process.wait()
    again = start_jobs("slow", "echo", args=["--no-supervisor"])
    assert until_over(again, stopped)["state"] in ("succeeded", "interrupted")
    until(lambda: list((start_jobs.directory / "files").iterdir()) == [], "the input is gone")


def test_parts_of_a_result(jobs):
    for size in (1000, 3_000_000):  # in the store, in a file
        job = submit(jobs, "test.big", {"bytes": size})
        found = until_over(jobs, job)
        path = f"/v1/jobs/{job}/result"
        whole = jobs.get(path)
        assert whole.status == 200 and len(whole.body) == size and whole.header("accept-ranges") == "bytes"
        digest = hashlib.sha256(whole.body)
        assert found["result"]["sha256"] == digest.hexdigest() and whole.header("etag") == f'"{digest.hexdigest()}"'
        assert whole.header("repr-digest") == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        part = jobs.get(path, "--range", "10-19")
        assert part.status == 206 and part.body == whole.body[10:20]
        assert part.header("content-range") == f"bytes 10-19/{size}"
        assert jobs.get(path, "--range", "-5").body == whole.body[-5:]
        beyond = jobs.get(path, "--range", f"{size}-")
        beyond.problem(416)
        assert beyond.header("content-range") == f"bytes */{size}"
        assert jobs.get(path, "--range", "0-9", "--header", 'If-Range: "another"').status == 200
        assert jobs.get(path, "--header", f"If-None-Match: {whole.header('etag')}").status == 304
        head = jobs.curl(path, "--head")
        assert head.status == 200 and head.header("content-length") == str(size) and head.body == b""


def test_a_result_that_somebody_removed(start_jobs):
    worker = start_jobs("echo")
    job = submit(worker, "test.big", {"bytes": 3_000_000})
    until_over(worker, job)
    for file in (start_jobs.directory / "files").iterdir():
        file.unlink()
    worker.get(f"/v1/jobs/{job}/result").problem(410, "GONE")
    assert worker.get("/health").status == 200


def test_what_is_kept_is_bounded_by_size(start_jobs):
    worker = start_jobs("echo", args=["--jobs-max-bytes", "4MiB"])
    jobs = []
    for _ in range(3):
        jobs.append(submit(worker, "test.big", {"bytes": 2_000_000}))
        until_over(worker, jobs[-1])
    until(lambda: worker.get(f"/v1/jobs/{jobs[0]}").status == 404, "the oldest is forgotten")
    assert [worker.get(f"/v1/jobs/{job}").status for job in jobs] == [404, 200, 200]
    until(lambda: len(list((start_jobs.directory / "files").iterdir())) == 2, "its file is gone")


# Who does what

def test_jobs_belong_to_their_callers(start_jobs, tmp_path, run_host):
    tokens = tmp_path / "tokens.json"
    secrets = {}
    for name in ("ann", "bob"):
        done = run_host("tokens", "add", name, "--scopes", "test.echo", "--tokens-file", tokens)
        assert done.returncode == 0, done.stderr
        secrets[name] = ("--header", f"Authorization: Bearer {done.stdout.strip()}")
    worker = start_jobs("echo", args=["--tokens-file", tokens])
    worker.call("test.echo", {"text": "x"}, "--header", "Prefer: respond-async").problem(401)
    job = submit(worker, "test.echo", {"text": "x"}, *secrets["ann"])
    path = f"/v1/jobs/{job}"
    until(lambda: worker.get(path, *secrets["ann"]).json()["state"] == "succeeded", "it is over")
    seen = worker.get(path + "/result", *secrets["ann"]).json()
    assert seen["caller.kind"] == "token" and seen["caller.subject"] == "ann" and seen["caller.scopes"] == "test.echo"
    worker.get(path).problem(401)
    for address in (path, path + "/result"):
        worker.get(address, *secrets["bob"]).problem(404)
    worker.curl(path, "--request", "DELETE", *secrets["bob"]).problem(404)
    assert worker.get("/v1/jobs", *secrets["bob"]).json()["jobs"] == []
    assert len(worker.get("/v1/jobs", *secrets["ann"]).json()["jobs"]) == 1
    worker.call("test.slow", {"ms": 1}, "--header", "Prefer: respond-async", *secrets["ann"]).problem(403)


def test_a_job_is_in_the_audit_log_by_its_id(start_jobs, tmp_path):
    worker = start_jobs("echo", args=["--audit-dir", tmp_path / "audit"])
    job = submit(worker, "test.echo", {"text": "x"})
    until_over(worker, job)
    lines = lambda: [json.loads(line) for file in (tmp_path / "audit").glob("*.jsonl") for line in file.read_text().splitlines()]
    until(lambda: [line for line in lines() if line.get("job_id") == job and line["operation"] == "test.echo"], "it is recorded")


# What is wrong with the store

def test_the_store_is_its_owners_alone(start_jobs):
    start_jobs("echo")
    assert stat.S_IMODE(start_jobs.directory.stat().st_mode) == 0o700
    for file in start_jobs.directory.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600), file


def damaged(directory):
    directory.mkdir()
    (directory / "jobs.db").write_bytes(b"x" * 5000)


def of_a_later_version(directory):
    directory.mkdir()
    with sqlite3.connect(directory / "jobs.db") as store:
        store.execute("PRAGMA user_version = 9")


@pytest.mark.parametrize("make, said", [
    (lambda directory: directory.write_text("a file"), "its directory must be there"),
    (damaged, "it is damaged: restore it, or move it away"),
    (of_a_later_version, "was written by a later crank-host"),
], ids=["a file", "damaged", "later"])
def test_a_store_that_cannot_be_used(run_host, tmp_path, make, said):
    make(tmp_path / "jobs")
    done = run_host("--plugin", plugin_file("echo"), "--tls", "off", "--host", "localhost", "--port", "0", "--jobs-dir",
                    tmp_path / "jobs", "--no-supervisor")
    assert done.returncode == 2, done.stderr
    assert said in done.stderr and "jobs.db" in done.stderr


def test_a_store_in_no_directory(run_host, tmp_path):
    done = run_host("--plugin", plugin_file("echo"), "--tls", "off", "--host", "localhost", "--port", "0", "--jobs-dir",
                    tmp_path / "missing/jobs", "--no-supervisor")
    assert done.returncode == 2 and "its directory must be there" in done.stderr


# What is counted

def test_metrics_of_jobs(start_jobs, tmp_path):
    worker = start_jobs("slow", "echo")
    gate = tmp_path / "gate"
    held = [submit(worker, "test.call", {"ms": 600000, "until": str(gate)}) for _ in range(3)]
    until(lambda: worker.metric("crank_jobs", state="running") == 2 and worker.metric("crank_jobs", state="queued") == 1,
          "two run and one waits")
    worker.curl(f"/v1/jobs/{held[2]}", "--request", "DELETE")
    gate.touch()
    failed = submit(worker, "test.fail", {"status": -2})
    for job in held + [failed]:
        until_over(worker, job)
    ended = lambda state: worker.metric("crank_jobs_ended_total", state=state)
    assert worker.metric("crank_jobs_accepted_total") == 4
    until(lambda: (ended("succeeded"), ended("failed"), ended("cancelled"), ended("interrupted")) == (2, 1, 1, 0), "all ends are counted")
    assert worker.metric("crank_job_wait_seconds_count") == 3
    until(lambda: worker.metric("crank_jobs") == 0, "nothing is left")


def test_without_jobs_nothing_is_said_of_them(echo):
    assert "crank_job" not in echo.get("/metrics").body.decode()


# A call that becomes a job unasked

LONG = b'{"text": "' + b"x" * 700_000 + b'"}'  # test.inline expects two seconds for each MiB, and wants no more than one


def test_a_long_call_becomes_a_job(jobs):
    answer = jobs.post("/v1/capabilities/test.inline", LONG)
    assert answer.status == 202 and answer.header("preference-applied") is None
    assert until_over(jobs, answer.json()["id"])["state"] == "succeeded"
    asked = jobs.post("/v1/capabilities/test.inline", LONG, "--header", "Prefer: respond-async")
    assert asked.status == 202 and asked.header("preference-applied") == "respond-async"
    assert jobs.post("/v1/capabilities/test.inline", LONG[:500_000] + b'"}').status == 200
    # Without a length it is known when it is complete.
    chunked = jobs.post("/v1/capabilities/test.inline", LONG, "--header", "Transfer-Encoding: chunked")
    assert chunked.status == 202


def test_who_insists_waits(jobs):
    ask = lambda preference: jobs.post("/v1/capabilities/test.inline", LONG, "--header", f"Prefer: {preference}").status
    for preference in ("wait=10", "wait=1, handling=lenient", 'WAIT="5"', "return=minimal; x=1, wait = 7"):
        assert ask(preference) == 200, preference
    for preference in ("wait=0", "wait=x", "wait", "wait=-1", "respond-async, wait=10", "return=minimal"):
        assert ask(preference) == 202, preference


def test_a_long_upload_becomes_a_job_if_it_says_how_long(jobs):
    data = os.urandom(1_500_000)
    upload = lambda *arguments, data=data: jobs.post("/v1/capabilities/test.upload", data, *arguments, media_type="application/octet-stream")
    answer = upload()
    assert answer.status == 202
    until_over(jobs, answer.json()["id"])
    assert jobs.get(f"/v1/jobs/{answer.json()['id']}/result").json()["bytes"] == len(data)
    assert upload("--header", "Prefer: wait=60").json()["bytes"] == len(data)
    assert upload("--header", "Transfer-Encoding: chunked").json()["bytes"] == len(data)  # the plugin has begun by then
    assert upload(data=data[:1000]).json()["bytes"] == 1000


def test_without_a_store_long_calls_are_calls(echo):
    assert echo.post("/v1/capabilities/test.inline", LONG).status == 200
