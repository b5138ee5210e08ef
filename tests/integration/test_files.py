"""Artefacts of calls and jobs, and bodies as files: crank.files/1."""
import base64
import hashlib
import json
import os

import pytest

from conftest import until
from test_jobs import look, start_jobs, submit, until_over, upload  # noqa: F401 (a fixture)


def content(size):
    return bytes(ord("a") + i % 26 for i in range(26)) * (size // 26 + 1)


def files_of(start_jobs):
    return list((start_jobs.directory / "files").iterdir())


def rejected(answer, what, status):
    answer.problem(418, "TEAPOT")
    assert answer.json()["detail"] == f"{what} said {status}"


@pytest.fixture(scope="module")
def kept(start_shared_worker, tmp_path_factory):
    return start_shared_worker("echo", args=["--tls", "off", "--jobs-dir", tmp_path_factory.mktemp("files")])


# Of a call that somebody waits for

@pytest.mark.parametrize("via", ["write", "descriptor"])
def test_one_artefact_is_the_answer(echo, via):
    answer = echo.call("test.files", {"name": "a b.bin", "bytes": 3_000_000, "media_type": "image/x-test", "via": via})
    expected = content(3_000_000)[:3_000_000]
    assert answer.status == 200 and answer.body == expected and answer.header("content-type") == "image/x-test"
    assert answer.header("content-length") == "3000000"
    assert answer.header("content-disposition") == 'attachment; filename="a b.bin"'
    digest = base64.b64encode(hashlib.sha256(expected).digest()).decode()
    assert answer.header("repr-digest") == f"sha-256=:{digest}:"


def test_an_empty_artefact(echo):
    answer = echo.call("test.files", {"name": "empty", "bytes": 0})
    assert answer.status == 200 and answer.body == b"" and answer.header("content-length") == "0"


def test_without_jobs_an_artefact_is_no_longer_than_a_response(start_worker):
    worker = start_worker("echo", args=["--tls", "off", "--set", "limits.response_bytes=1000000"])
    for via in ("write", "descriptor"):
        worker.call("test.files", {"name": "a", "bytes": 1_100_000, "via": via}).problem(500, "LIMIT_EXCEEDED")
        assert worker.call("test.files", {"name": "a", "bytes": 900_000, "via": via}).status == 200


def test_without_jobs_only_one_can_be_had(echo):
    for more in ({"other": "b"}, {"body": "x"}):
        echo.call("test.files", {"name": "a", **more}).problem(501, "NOT_KEPT")
    assert echo.call("test.files", {"name": "a"}).status == 200


def test_several_artefacts_are_a_list(kept):
    answer = kept.call("test.files", json.dumps(
        {"name": "one.txt", "other": "zwei ä.txt", "description": "two", "inline": True}, ensure_ascii=False))
    assert answer.status == 200 and answer.header("content-type") == "application/json"
    first, second = answer.json()["artifacts"]
    assert first == {"name": "one.txt", "href": first["href"], "media_type": "text/plain", "bytes": 3,
                     "sha256": hashlib.sha256(b"abc").hexdigest(), "description": "two", "inline": True}
    assert second["name"] == "zwei ä.txt" and second["href"].endswith("/artifacts/zwei%20%C3%A4.txt")
    for artifact in (first, second):
        got = kept.get(artifact["href"])
        assert got.status == 200 and got.body == b"abc"
    assert "filename*=UTF-8''zwei%20%C3%A4.txt" in kept.get(second["href"]).header("content-disposition")
    assert kept.get(first["href"], "--range", "1-1").body == b"b"
    kept.get(first["href"] + "x").problem(404)
    job = first["href"].rsplit("/artifacts", 1)[0]
    found = kept.get(job).json()
    assert found["state"] == "succeeded" and "result" not in found and len(found["artifacts"]) == 2
    kept.get(job + "/result").problem(404)


def test_who_wants_json_gets_a_list_of_one(kept):
    answer = kept.call("test.files", {"name": "a.png", "media_type": "image/png"}, "--header", "Accept: application/json")
    assert [artifact["name"] for artifact in answer.json()["artifacts"]] == ["a.png"]
    assert kept.call("test.files", {"name": "a.png", "media_type": "image/png"}, "--header", "Accept: image/*, application/json;q=0.5").body == b"abc"


def test_artefacts_beside_a_body_are_linked(kept):
    for body in ("hello", "x" * 400_000):  # whole, and streamed
        answer = kept.call("test.files", {"name": "a.txt", "body": body})
        assert answer.status == 200 and answer.body == body.encode()
        link = answer.header("link")
        assert link.endswith('>; rel="item"; type="text/plain"')
        assert kept.get(link[1:link.index(">")]).body == b"abc"


@pytest.mark.parametrize("via", ["write", "descriptor"])
def test_a_plugin_is_told_the_digest(kept, via):
    answer = kept.call("test.files", {"name": "a", "bytes": 100_000, "via": via, "then": "digest"})
    assert answer.body.decode() == hashlib.sha256(content(100_000)[:100_000]).hexdigest()


def test_artefacts_in_an_event_stream(kept):
    answer = kept.call("test.files", {"name": "a.txt", "other": "b.txt"}, "--header", "Accept: text/event-stream")
    events = [dict(line.split(": ", 1) for line in event.splitlines()) for event in answer.body.decode().strip().split("\n\n")]
    assert [event["event"] for event in events] == ["artifacts", "result"]
    assert len(json.loads(events[0]["data"])["artifacts"]) == 2


def test_artefacts_after_progress_are_told(kept):
    answer = kept.call("test.files", {"name": "a.txt", "progress": True}, "--header", "Accept: text/event-stream")
    events = [dict(line.split(": ", 1) for line in event.splitlines()) for event in answer.body.decode().strip().split("\n\n")]
    assert [event["event"] for event in events] == ["progress", "artifacts", "result"]
    assert kept.get(json.loads(events[1]["data"])["artifacts"][0]["href"]).body == b"abc"


def test_a_call_that_fails_after_progress_keeps_no_artefact(start_jobs):
    worker = start_jobs("echo")
    answer = worker.call("test.files", {"name": "a", "progress": True, "then": "fail"}, "--header", "Accept: text/event-stream")
    assert b"event: error" in answer.body
    until(lambda: files_of(start_jobs) == [], "nothing is left")
    assert worker.get("/v1/jobs").json()["jobs"] == []


def test_what_the_host_refuses(kept):
    for name in ("", "..", ".", "a/b", "a\x7fb", "x" * 256):
        rejected(kept.call("test.files", {"name": name}), "begin()", -1)
    rejected(kept.call("test.files", {"name": "a", "other": "a"}), "begin()", -1)
    for media_type in ("text", "a b/c", "text/plain x"):
        rejected(kept.call("test.files", {"name": "a", "media_type": media_type}), "begin()", -1)


def test_what_is_not_finished_or_discarded_is_none(start_jobs):
    worker = start_jobs("echo")
    for then in ("leave", "discard"):
        answer = worker.call("test.files", {"name": "a", "then": then, "body": "x"})
        assert answer.status == 200 and answer.header("link") is None, answer
    worker.call("test.files", {"name": "a", "other": "b", "then": "fail"}).problem(418, "TEAPOT")
    worker.call("test.files", {"name": "a", "then": "late"})
    until(lambda: files_of(start_jobs) == [], "nothing is left")


def test_what_calls_leave_is_bounded_by_size(start_jobs):
    worker = start_jobs("echo", args=["--jobs-max-bytes", "2MiB"])
    leave = lambda: worker.call("test.files", {"name": "a", "other": "b", "bytes": 400_000}).json()["artifacts"][0]["href"]
    first = leave()
    until(lambda: leave() and worker.get(first).status == 404, "the oldest goes, though there was no job")


def test_the_head_of_a_long_artefact(kept):
    href = kept.call("test.files", {"name": "a", "other": "b", "bytes": 5_000_000}).json()["artifacts"][0]["href"]
    head = kept.curl(href, "--head")
    assert head.status == 200 and head.header("content-length") == "5000000" and head.body == b""


# Of a job

def test_artefacts_of_a_job(start_jobs):
    worker = start_jobs("echo")
    job = submit(worker, "test.files", {"name": "a.bin", "other": "b.bin", "bytes": 2_000_000, "body": "hello"})
    found = until_over(worker, job)
    assert found["result"]["bytes"] == 5 and worker.get(f"/v1/jobs/{job}/result").body == b"hello"
    assert [artifact["name"] for artifact in found["artifacts"]] == ["a.bin", "b.bin"]
    got = worker.get(found["artifacts"][1]["href"])
    assert hashlib.sha256(got.body).hexdigest() == found["artifacts"][1]["sha256"] and len(got.body) == 2_000_000
    assert worker.reload().returncode == 0
    assert worker.get(found["artifacts"][0]["href"]).body == got.body
    assert len(files_of(start_jobs)) == 2
    files_of(start_jobs)[0].unlink()
    assert sorted(worker.get(artifact["href"]).status for artifact in found["artifacts"]) == [200, 410]


def test_a_job_of_nothing_but_artefacts(start_jobs):
    worker = start_jobs("echo")
    job = submit(worker, "test.files", {"name": "a.bin", "via": "descriptor"})
    found = until_over(worker, job)
    assert "result" not in found and found["artifacts"][0]["bytes"] == 3
    worker.get(f"/v1/jobs/{job}/result").problem(404)


def test_a_job_that_fails_leaves_no_files(start_jobs):
    worker = start_jobs("echo")
    assert until_over(worker, submit(worker, "test.files", {"name": "a", "then": "fail"}))["state"] == "failed"
    until(lambda: files_of(start_jobs) == [], "nothing is left")


def test_artefacts_over_the_limit_fail_the_call(start_jobs):
    worker = start_jobs("echo", args=["--jobs-max-bytes", "1MiB"])
    for via in ("write", "descriptor"):
        worker.call("test.files", {"name": "a", "bytes": 1_100_000, "via": via}).problem(500, "LIMIT_EXCEEDED")
        found = until_over(worker, submit(worker, "test.files", {"name": "a", "bytes": 1_100_000, "via": via}))
        assert found["state"] == "failed", found
    until(lambda: files_of(start_jobs) == [], "nothing is left")


def test_artefacts_belong_to_their_caller(start_jobs, tmp_path, run_host):
    tokens = tmp_path / "tokens.json"
    secrets = {}
    for name in ("ann", "bob"):
        done = run_host("tokens", "add", name, "--scopes", "test.files", "--tokens-file", tokens)
        secrets[name] = ("--header", f"Authorization: Bearer {done.stdout.strip()}")
    worker = start_jobs("echo", args=["--tokens-file", tokens])
    listed = worker.call("test.files", {"name": "a", "other": "b"}, *secrets["ann"]).json()["artifacts"]
    assert worker.get(listed[0]["href"], *secrets["ann"]).status == 200
    worker.get(listed[0]["href"], *secrets["bob"]).problem(404)
    worker.get(listed[0]["href"]).problem(401)


# Bodies

@pytest.mark.parametrize("size", [0, 5, 300_000, 3_000_000])
def test_a_body_as_a_file(kept, size):
    data = os.urandom(size)
    send = lambda capability, *more: kept.post(f"/v1/capabilities/{capability}", data, *more, media_type="application/octet-stream")
    expected = send("test.upload", "--header", "Prefer: wait=60").json()
    assert send("test.body_file").json() == expected and expected["bytes"] == size
    accepted = send("test.body_file", "--header", "Prefer: respond-async")
    until_over(kept, accepted.json()["id"])
    assert kept.get(accepted.header("location") + "/result").json() == expected
