"""The doc_converter worker: real documents through its real doors."""
import base64
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import uuid
import zipfile

import pytest

from conftest import HOST, environment, plugin_file, until
from mcp_kit import SDKS, sdk
from test_jobs import until_over

MARKDOWN = """# A title

The first paragraph with *emphasis* and a [link](https://example.org/).

## Things

- one
- two

| a | b |
|---|---|
| 1 | 2 |
"""
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FORMATS = {"markdown", "html", "docx", "odt", "rtf", "plain", "pdf"}


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """A folder that documents may be named in, and beside it one that they may not."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "in").mkdir()
    (folder / "in" / "notes.md").write_text(MARKDOWN)
    (folder / "in" / "sub").mkdir()
    (folder / "in" / "sub" / "deep.md").write_text("# Deep\n")
    (folder / "outside.md").write_text("# Secret\n")
    (folder / "in" / "link.md").symlink_to(folder / "outside.md")
    (folder / "in" / "up").symlink_to(folder)
    os.mkfifo(folder / "in" / "fifo.md")
    return folder / "in"


def settings(roots):
    return ["--set", f'doc_converter.input_roots=["{roots}"]']


@pytest.fixture(scope="module")
def worker(start_shared_worker, tmp_path_factory, roots):
    return start_shared_worker("doc_converter", args=["--tls", "off", "--jobs-dir", tmp_path_factory.mktemp("jobs"), *settings(roots)])


def convert(worker, content, name, to, *arguments, path="/convert"):
    file = worker.directory / f"upload-{uuid.uuid4()}"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return worker.curl(path, "--form", f"file=@{file};filename={name}", "--form", f"output_format={to}", *arguments)


def children(worker):
    """The pids of the converters that run for a worker's processes."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            status = (entry / "status").read_text()
        except OSError:
            continue
        if command[0].endswith(b"doc-convert") and re.search(rf"^PPid:\s+{worker.serving_pid}$", status, re.M):
            found.append(int(entry.name))
    return found


def long_document(mebibytes):
    """Takes long to lay out."""
    paragraph = "The quick brown fox jumps over the lazy dog, and goes on to do so until the paragraph is long enough. " * 10
    return (paragraph + "\n\n") * (mebibytes * 1024 * 1024 // len(paragraph))


# As the service before this one answered

def test_the_formats(worker):
    answer = worker.get("/formats")
    assert answer.status == 200
    assert set(answer.json()["input_formats"]) == FORMATS and set(answer.json()["output_formats"]) == FORMATS


def test_a_form_is_answered_as_before(worker):
    answer = convert(worker, MARKDOWN, "notes.md", "html").json()
    assert answer["status"] == "completed" and answer["output_format"] == "html"
    assert answer["message"] == "Successfully converted notes.md to html"
    assert uuid.UUID(answer["conversion_id"]).version == 4
    html = base64.b64decode(answer["content"]).decode()
    assert re.search(r"<h1[^>]*>A title</h1>", html) and 'href="https://example.org/"' in html


def test_who_asks_for_the_file_gets_the_file(worker, tmp_path):
    answer = convert(worker, MARKDOWN, "notes.md", "docx", "--header", f"Accept: {DOCX}")
    assert answer.status == 200 and answer.header("content-type") == DOCX
    assert answer.header("content-disposition") == 'attachment; filename="notes.docx"'
    (tmp_path / "notes.docx").write_bytes(answer.body)
    with zipfile.ZipFile(tmp_path / "notes.docx") as package:
        assert b"A title" in package.read("word/document.xml")


@pytest.mark.parametrize("to", sorted(FORMATS))
def test_every_target(worker, to):
    content = base64.b64decode(convert(worker, MARKDOWN, "notes.md", to).json()["content"])
    begins = {"pdf": b"%PDF-", "docx": b"PK", "odt": b"PK", "rtf": b"{\\rtf", "html": b"<!"}.get(to, b"")
    assert content.startswith(begins) and len(content) > 50


def test_a_format_may_be_named(worker):
    text = base64.b64decode(convert(worker, "# Not *a* heading", "a.txt", "plain", "--form", "input_format=plain").json()["content"])
    assert b"# Not *a* heading" in text
    text = base64.b64decode(convert(worker, "# A heading", "a.txt", "plain", "--form", "input_format=markdown").json()["content"])
    assert b"#" not in text


def test_what_a_form_lacks(worker):
    assert worker.curl("/convert", "--form", "output_format=html").problem(422)["errors"][0]["field"] == "/file"
    convert(worker, "x", "a.txt", "docm").problem(422, "INVALID_FORMAT")
    worker.post("/convert", {"a": 1}).problem(415)


def test_as_a_job(worker):
    answer = convert(worker, MARKDOWN, "notes.md", "html", "--header", "Prefer: respond-async")
    assert answer.status == 202, answer
    job = until_over(worker, answer.json()["id"])
    assert job["state"] == "succeeded", job
    assert "A title" in base64.b64decode(worker.get(f"/v1/jobs/{job['id']}/result").json()["content"]).decode()


# The capability

def test_the_result_is_an_artefact_with_its_digest(worker):
    answer = worker.call("document.convert", {"document_data": base64.b64encode(MARKDOWN.encode()).decode(), "name": "n.md", "target": "docx"})
    said = answer.json()
    assert said["status"] == "ok" and said["source_format"] == "markdown" and said["name"] == "n.docx"
    link = answer.header("link")
    file = worker.get(link[1:link.index(">")])
    assert hashlib.sha256(file.body).hexdigest() == said["sha256"] and len(file.body) == said["output_bytes"]


def test_a_result_in_the_answer(worker):
    said = worker.call("document.convert", {"document_data": base64.b64encode(b"# T\n").decode(), "name": "n.md", "target": "html",
                                            "answer": "inline"}).json()
    assert "<h1" in base64.b64decode(said["content"]).decode()


def test_a_document_under_the_roots(worker, roots):
    for path in ("notes.md", "./notes.md", str(roots / "notes.md"), "sub/deep.md"):
        answer = worker.call("document.convert", {"input_path": path, "target": "html"})
        assert answer.status == 200 and answer.json()["source_format"] == "markdown", answer


@pytest.mark.parametrize("path", ["../outside.md", "link.md", "up/outside.md", "sub/../../outside.md", "{roots}/../outside.md", "/etc/passwd",
                                  "missing.md", "sub", "fifo.md", "", "notes.md/", "sub/../notes.md", "notes.md\0.txt"])
def test_nothing_outside_the_roots(worker, roots, path):
    answer = worker.call("document.convert", {"input_path": path.format(roots=roots), "target": "html"})
    assert answer.status in (404, 422), answer
    assert b"Secret" not in answer.body


def test_without_roots_no_path_is_taken(start_worker):
    worker = start_worker("doc_converter", args=["--tls", "off"])
    assert "input_roots" in worker.call("document.convert", {"input_path": "/etc/passwd", "target": "html"}).problem(404, "INVALID_PATH")["detail"]


def test_what_is_wrong_with_a_request(worker):
    convert_it = lambda **arguments: worker.call("document.convert", arguments)  # noqa: E731
    convert_it(target="html").problem(422)
    convert_it(target="html", document_data="eA==", input_path="notes.md").problem(422)
    convert_it(document_data="eA==").problem(422)
    convert_it(target="docm", document_data="eA==").problem(422)
    convert_it(target="html", document_data="*").problem(422, "INVALID_FORMAT")
    convert_it(target="html", document_data="A" * 1_490_000).problem(413, "LIMIT_EXCEEDED")


# As a tool

@pytest.mark.parametrize("which", SDKS)
def test_an_agent_converts(certificates, tmp_path, roots, which):
    command = {"command": str(HOST), "args": ["mcp", "--plugin", str(plugin_file("doc_converter")), "--jobs-dir", str(tmp_path / "jobs"),
                                              *settings(roots)], "env": environment(certificates, tmp_path)}
    tools, done, refused = sdk([{"do": "list"},
                                {"do": "call", "name": "convert_document", "arguments": {"input_path": "notes.md", "target": "docx"}},
                                {"do": "call", "name": "convert_document", "arguments": {"input_path": "../outside.md", "target": "docx"}}],
                               which, stdio=command)
    assert "convert_document" in [tool["name"] for tool in tools["value"]]
    assert "value" in done, done
    result = done["value"]
    said = result["structuredContent"]
    link = next(one for one in result["content"] if one["type"] == "resource_link")
    assert said["status"] == "ok" and said["target_format"] == "docx" and link["name"] == "notes.docx"
    assert len(said["sha256"]) == 64 and said["output_bytes"] == link["size"]
    assert refused["value"]["isError"] and "roots" in refused["value"]["content"][0]["text"]


# What goes wrong

ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize("content, name, code", [
    (b"", "empty.pdf", "INVALID_FORMAT"), (b"\0\1\2\3" * 50, "noise.bin", "INVALID_FORMAT"), (b"\0\1\2\3" * 50, "noise.docx", "CORRUPT_DOCUMENT"),
    (ENCRYPTED, "secret.docx", "ENCRYPTED_DOCUMENT"), (b"PK\x03\x04 and no more", "cut.docx", "CORRUPT_DOCUMENT"),
    (b"%PDF-1.7\nand nothing else", "cut.pdf", "CORRUPT_DOCUMENT"), (b"<?xml version='1.0'?><svg/>", "a.svg", "INVALID_FORMAT")])
def test_what_is_no_document_is_refused_by_name(worker, content, name, code):
    answer = convert(worker, content, name, "html")
    assert answer.json()["code"] == code and answer.status == 422, answer
    assert convert(worker, "x", "a.txt", "html").status == 200


def test_by_hand_no_file_is_lost(tmp_path):
    program = plugin_file("doc_converter").parent / "doc_converter" / "doc-convert"
    (tmp_path / "a.md").write_text(MARKDOWN)
    (tmp_path / "old.html").write_text("old")

    def by_hand(*words):
        return subprocess.run([program, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    done = by_hand("--to", "html", "a.md", "a.md")
    assert done.returncode == 1 and "same file" in done.stderr and (tmp_path / "a.md").read_text() == MARKDOWN
    assert by_hand("a.md", "old.unknown").returncode == 2 and not (tmp_path / "old.unknown").exists()
    (tmp_path / "cut.docx").write_bytes(b"PK\x03\x04 and no more")
    assert by_hand("cut.docx", "new.html").returncode == 1 and not (tmp_path / "new.html").exists()
    assert by_hand("a.md", "old.html").returncode == 0 and "A title" in (tmp_path / "old.html").read_text()


def test_a_converter_that_dies_costs_its_call_alone(worker):
    answer = convert(worker, long_document(30), "long.md", "pdf", "--header", "Prefer: respond-async")
    pid = until(lambda: children(worker), "a converter runs")[0]
    os.kill(pid, signal.SIGKILL)
    job = until_over(worker, answer.json()["id"])
    assert job["state"] == "failed" and job["error"]["code"] == "CONVERSION_FAILED", job
    assert convert(worker, "x", "a.txt", "html").status == 200


def test_a_cancelled_conversion_leaves_nothing(worker):
    answer = convert(worker, long_document(30), "long.md", "pdf", "--header", "Prefer: respond-async")
    until(lambda: children(worker), "a converter runs")
    worker.curl(f"/v1/jobs/{answer.json()['id']}", "--request", "DELETE")
    assert until_over(worker, answer.json()["id"])["state"] == "cancelled"
    until(lambda: not children(worker), "the converter is gone")


def test_memory_has_a_limit(start_worker, roots):
    worker = start_worker("doc_converter", args=["--tls", "off", "--set", "doc_converter.memory_mib=64"])
    nested = "<table><tr><td>" * 50 + "x" * 1000
    answer = convert(worker, (nested + "</td></tr></table>" * 50 + "<p>" + "y" * 1000) * 12000, "big.html", "docx")
    assert answer.status == 413 and answer.json()["code"] == "LIMIT_EXCEEDED", answer
    assert convert(worker, "x", "a.txt", "html").status == 200


def test_processor_time_has_a_limit(start_worker):
    worker = start_worker("doc_converter", args=["--tls", "off", "--set", "doc_converter.cpu_seconds=1"])
    answer = convert(worker, long_document(30), "long.md", "pdf")
    assert answer.status == 413 and "more time" in answer.json()["detail"], answer
    assert convert(worker, "x", "a.txt", "html").status == 200


def test_a_long_result_is_the_last_event(worker):
    answer = convert(worker, long_document(4), "long.md", "pdf", "--header", "Accept: text/event-stream")
    events = [dict(line.split(": ", 1) for line in event.splitlines()) for event in answer.body.decode().strip().split("\n\n")]
    assert events[0]["event"] == "progress" and events[-1]["event"] == "result"
    assert base64.b64decode(json.loads(events[-1]["data"])["content"]).startswith(b"%PDF-")


def test_progress_is_told(worker):
    answer = convert(worker, long_document(4), "long.md", "pdf", "--header", "Prefer: respond-async")
    events = worker.curl(f"/v1/jobs/{answer.json()['id']}/events").body
    assert b"event: progress" in events and b'"note":"page ' in events and b"event: end" in events


def test_a_long_document_becomes_a_job(start_worker, tmp_path, roots):
    worker = start_worker("doc_converter", args=["--tls", "off", "--jobs-dir", tmp_path / "jobs", "--set", "doc_converter.job_above_mib=0",
                                                 *settings(roots)])
    answer = worker.call("document.convert", {"input_path": "notes.md", "target": "docx"})
    assert answer.status == 202, answer
    job = until_over(worker, answer.json()["id"])
    assert job["state"] == "succeeded" and job["artifacts"][0]["name"] == "notes.docx"
    assert worker.call("document.convert", {"input_path": "notes.md", "target": "docx"}, "--header", "Prefer: wait=30").status == 200
