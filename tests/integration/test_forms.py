"""Forms: crank.form/1, as curl, browsers and Python's own libraries send them, for callers who wait and for jobs."""
import email.generator
import email.mime.application
import email.mime.multipart
import email.mime.text
import io
import json
import os
import re
import signal
import urllib.parse
import urllib.request
import zlib

import pytest

from conftest import plugin_file, until
from test_jobs import is_gone, look, start_jobs, until_over  # noqa: F401 (a fixture)


@pytest.fixture(scope="module")
def forms(start_shared_worker, tmp_path_factory):
    return start_shared_worker("form_fixture", args=["--tls", "off", "--jobs-dir", tmp_path_factory.mktemp("forms")])


def parts_of(answer):
    assert answer.status == 200, answer
    return answer.json()["parts"]


def named(answer, name):
    return [part for part in parts_of(answer) if part["name"] == name]


def file_facts(name, media_type, data):
    return {"name": "file", "filename": name, "media_type": media_type, "charset": "", "bytes": len(data), "crc32": zlib.crc32(data)}


def multipart(*parts, boundary="b"):
    return b"".join(b"--" + boundary.encode() + b"\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts) + \
        b"--" + boundary.encode() + b"--\r\n"


def post(worker, path, body, *arguments, media_type="multipart/form-data; boundary=b"):
    return worker.post(path, body, *arguments, media_type=media_type)


# curl, which is not ours

def test_a_file_and_a_text_of_curl(forms, tmp_path):
    document = tmp_path / "a b ü.md"
    document.write_bytes(b"# A\r\n--x\r\n")
    answer = forms.curl("/convert", "--form", f"file=@{document}", "--form", "output_format=docx", "--form", "other=ignored")
    assert [part["name"] for part in parts_of(answer)] == ["file", "output_format", "input_format"]
    assert parts_of(answer)[0] == file_facts("a b ü.md", parts_of(answer)[0]["media_type"], b"# A\r\n--x\r\n")
    assert named(answer, "output_format")[0]["text"] == "docx"
    assert named(answer, "input_format")[0]["text"] == "auto"  # nobody sent it
    seen = answer.json()
    assert seen["content_type"].startswith("multipart/form-data; boundary=") and seen["body"] is False and seen["job"] is False


def test_several_files_of_one_field_and_their_types(forms, tmp_path):
    for name, data in (("one.png", b"1" * 10), ("two.jpg", b"")):
        (tmp_path / name).write_bytes(data)
    answer = forms.curl("/convert", "--form", "file=@-;filename=/etc/../passwd;type=text/plain; charset=ISO-8859-1", "--form", "output_format=x",
                        "--form", f"picture=@{tmp_path}/one.png;type=image/png", "--form", f"picture=@{tmp_path}/two.jpg;type=image/jpeg",
                        "--form", "tag=a", "--form", "tag=", "--form", "tag=c\nd", "--form", "x-note=hi", data=b"from stdin")
    assert named(answer, "file")[0] == {**file_facts("passwd", "text/plain", b"from stdin"), "charset": "iso-8859-1"}
    assert [(part["filename"], part["media_type"], part["bytes"]) for part in named(answer, "picture")] == \
        [("one.png", "image/png", 10), ("two.jpg", "image/jpeg", 0)]
    assert [part["text"] for part in named(answer, "tag")] == ["a", "", "c\nd"]
    assert named(answer, "x-note")[0]["text"] == "hi"


@pytest.mark.parametrize("escape", [(), ("--form-escape",)])
def test_names_that_curl_escapes(forms, escape, tmp_path):
    answer = forms.curl("/convert", *escape, "--form", 'file=@-;filename="q\\"uo\\\\te.txt"', "--form", "output_format=x", data=b"1")
    assert named(answer, "file")[0]["filename"] in ('q"uo\\te.txt', "te.txt")


def test_pairs_of_curl(forms):
    answer = forms.curl("/quick", "--request", "PUT", "--data-urlencode", "text=a&b=ü +%\n")
    assert parts_of(answer) == [{"name": "text", "media_type": "text/plain", "charset": "", "bytes": 10, "text": "a&b=ü +%\n",
                                 "crc32": zlib.crc32("a&b=ü +%\n".encode())}]
    assert answer.json()["content_type"] == "application/x-www-form-urlencoded"
    forms.curl("/convert", "--data-urlencode", "file=x", "--data-urlencode", "output_format=y").problem(422, "INVALID_INPUT")


@pytest.mark.parametrize("via", ["read", "descriptor"])
@pytest.mark.parametrize("size", [0, 70_000, 1_048_576, 5_000_000])
def test_files_of_any_size_either_way(forms, size, via, tmp_path):
    data = os.urandom(size)
    (tmp_path / "f.bin").write_bytes(data)
    sent = ("--form", f"file=@{tmp_path}/f.bin;type=application/x-f", "--form", "output_format=x", "--form", f"via={via}",
            "--form", f"picture=@{tmp_path}/f.bin;type=image/x")
    answer = forms.curl("/convert", *sent)
    assert named(answer, "file")[0] == file_facts("f.bin", "application/x-f", data)
    assert named(answer, "picture")[0]["crc32"] == zlib.crc32(data)
    accepted = forms.curl("/convert", *sent, "--header", "Prefer: respond-async")
    until_over(forms, accepted.json()["id"])
    result = forms.get(accepted.header("location") + "/result").json()
    assert result["parts"] == parts_of(answer) and result["job"] is True


def resident(pid, what="VmHWM"):
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what + ":"))


@pytest.mark.parametrize("via", ["read", "descriptor"])
def test_a_large_file_is_never_in_memory(start_worker, tmp_path, via):
    size = 200_000_000
    worker = start_worker("form_fixture", args=["--tls", "off", "--spool-dir", tmp_path])
    block = os.urandom(1_000_000)
    with open(tmp_path / "large.bin", "wb") as file:
        for _ in range(size // len(block)):
            file.write(block)
    crc = 0
    for _ in range(size // len(block)):
        crc = zlib.crc32(block, crc)
    small = lambda: worker.curl("/convert", "--form", "file=@-;filename=a", "--form", "output_format=x", "--form", f"via={via}", data=b"1")
    small()
    before = resident(worker.serving_pid)
    answer = worker.curl("/convert", "--form", f"file=@{tmp_path}/large.bin", "--form", "output_format=x", "--form", f"via={via}")
    assert named(answer, "file")[0]["bytes"] == size and named(answer, "file")[0]["crc32"] == crc
    grown = resident(worker.serving_pid) - before
    assert grown < 16 * 1024 * 1024, f"{grown} bytes"
    assert [name for name in os.listdir(tmp_path) if name.startswith("crank")] == []  # nothing has a name


# Python's

def test_a_body_of_pythons_email(forms):
    message = email.mime.multipart.MIMEMultipart("form-data")
    document = email.mime.application.MIMEApplication(b"PK\x03\x04", "vnd.x", lambda part: None)
    document.set_payload("PK\x03\x04")
    document.add_header("Content-Disposition", "form-data", name="file", filename="a.docx")
    text = email.mime.text.MIMEText("pdf", "plain", "us-ascii")
    text.add_header("Content-Disposition", "form-data", name="output_format")
    message.attach(document)
    message.attach(text)
    out = io.BytesIO()
    email.generator.BytesGenerator(out, policy=message.policy.clone(linesep="\r\n"), mangle_from_=False).flatten(message)
    head, body = out.getvalue().split(b"\r\n\r\n", 1)
    media_type = re.sub(rb"\r\n\s+", b" ", head).split(b"Content-Type: ", 1)[1].split(b"\r\n")[0].decode()
    answer = post(forms, "/convert", body, media_type=media_type)
    assert named(answer, "file")[0] == file_facts("a.docx", "application/vnd.x", b"PK\x03\x04")
    assert named(answer, "output_format")[0]["text"] == "pdf" and named(answer, "output_format")[0]["charset"] == "us-ascii"


def test_a_body_of_pythons_urllib(forms):
    fields = [("text", "a b&ü=\0\n")]
    request = urllib.request.Request(forms.url + "/quick", urllib.parse.urlencode(fields).encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=60) as answer:
        seen = json.load(answer)
    assert seen["parts"][0]["text"] == fields[0][1]


# What is wrong, and how it is said

def test_fields_that_are_missing_or_wrong_are_named(forms):
    answer = forms.curl("/convert", "--form", "input_format=rtf")
    answer.problem(422, "INVALID_INPUT")
    assert {error["field"]: error["message"] for error in answer.json()["errors"]} == \
        {"/file": "is required", "/output_format": "is required", "/input_format": 'must be "auto", "markdown" or "html"'}


def test_what_is_refused(forms):
    file = ('Content-Disposition: form-data; name="file"; filename="a"', b"1")
    ours = "Content-Disposition: form-data; name="
    post(forms, "/convert", b"rubbish").problem(400, "INVALID_FORM")
    post(forms, "/convert", multipart(file)[:-6]).problem(400, "INVALID_FORM")
    post(forms, "/convert", multipart(file), media_type="multipart/form-data").problem(400, "INVALID_FORM")
    post(forms, "/convert", multipart(file), media_type=f"multipart/form-data; boundary={'x' * 71}").problem(400, "INVALID_FORM")
    post(forms, "/convert", multipart(file), media_type="multipart/form-data; boundary=b, multipart/form-data; boundary=c").problem(400)
    post(forms, "/convert", multipart((ours + "x\r\nContent-Transfer-Encoding: base64", b"MQ=="))).problem(400, "INVALID_FORM")
    post(forms, "/convert", b"{}", media_type="application/json").problem(415, "UNSUPPORTED_MEDIA_TYPE")
    forms.curl("/convert", "--request", "POST").problem(422)
    post(forms, "/convert", multipart(*[(ours + "tag", b"1")] * 101)).problem(413, "LIMIT_EXCEEDED")
    post(forms, "/convert", multipart((ours + "n" * 256, b"1"))).problem(413, "LIMIT_EXCEEDED")
    post(forms, "/convert", multipart((ours + "n\r\nX: " + "x" * 17000, b"1"))).problem(413, "LIMIT_EXCEEDED")
    post(forms, "/convert", multipart(file, (ours + "output_format", b"x" * 65537))).problem(413, "LIMIT_EXCEEDED")
    post(forms, "/convert", multipart(file, (ours + "output_format", b"x"), (ours + "picture", b"x"))).problem(415, "UNSUPPORTED_MEDIA_TYPE")
    post(forms, "/convert", multipart(file, (ours + "output_format", b"\xff"))).problem(422)
    post(forms, "/convert", multipart(file, file, (ours + "output_format", b"x"))).problem(422)
    post(forms, "/strict", multipart(file)).json()
    post(forms, "/strict", multipart((file[0], b"x" * 11))).problem(413, "LIMIT_EXCEEDED")
    post(forms, "/strict", multipart((ours + "text", b"x" * 6))).problem(413, "LIMIT_EXCEEDED")
    post(forms, "/strict", multipart((ours + "more", b"x"))).problem(422)
    post(forms, "/strict", multipart(*[file] * 4)).problem(413)


def test_a_bad_form_is_refused_before_it_is_a_job(forms):
    before = len(forms.get("/v1/jobs?limit=500").json()["jobs"])
    async_ = ("--header", "Prefer: respond-async")
    forms.curl("/convert", "--form", "output_format=x", *async_).problem(422, "INVALID_INPUT")
    post(forms, "/convert", b"rubbish", *async_).problem(400, "INVALID_FORM")
    assert len(forms.get("/v1/jobs?limit=500").json()["jobs"]) == before


def test_what_a_plugin_cannot_do(forms):
    seen = post(forms, "/convert", multipart(('Content-Disposition: form-data; name="file"; filename="a"', b"1"),
                                             ("Content-Disposition: form-data; name=output_format", b"x"),
                                             ("Content-Disposition: form-data; name=edges", b"yes"))).json()
    ok, invalid, not_found = 0, -1, -2
    assert seen["edges"] == [ok, invalid, not_found, invalid, invalid, not_found, not_found, invalid, not_found, 0, invalid, not_found,
                             invalid, invalid, invalid]
    forms.call("form.none", {}).problem(415, "UNSUPPORTED")


# Jobs

def test_a_form_that_waits_is_the_same_after_a_restart(start_jobs, tmp_path):
    gate, data = tmp_path / "gate", os.urandom(3_000_000)
    (tmp_path / "f.bin").write_bytes(data)
    first = start_jobs("form_fixture")
    send = lambda name: first.curl("/convert", "--form", f"file=@{tmp_path}/f.bin;type=application/x-f;filename={name}", "--form", "output_format=x",
                                   "--form", f"wait_for={gate}", "--form", "via=descriptor", "--header", "Prefer: respond-async").json()["id"]
    jobs = [send(f"{i}.bin") for i in range(3)]  # one waits: two run at once
    until(lambda: all(look(first, job)["state"] == "running" for job in jobs[:2]), "two run")
    pid = first.serving_pid
    first.kill()
    os.kill(pid, signal.SIGKILL)
    until(lambda: is_gone(pid), "its generation is gone, too")
    gate.touch()
    second = start_jobs("form_fixture")
    for i, job in enumerate(jobs):
        assert until_over(second, job)["state"] == "succeeded"
        seen = second.get(f"/v1/jobs/{job}/result").json()
        assert seen["parts"][0] == file_facts(f"{i}.bin", "application/x-f", data) and seen["job"] is True


def test_a_job_with_a_form_is_cancelled(start_jobs, tmp_path):
    worker = start_jobs("form_fixture")
    answer = worker.curl("/convert", "--form", "file=@-;filename=a", "--form", "output_format=x", "--form", f"wait_for={tmp_path}/never",
                         "--header", "Prefer: respond-async", data=b"1")
    until(lambda: look(worker, answer.json()["id"])["state"] == "running", "it runs")
    worker.curl(answer.header("location"), "--request", "DELETE")
    assert until_over(worker, answer.json()["id"])["state"] == "cancelled"


# What is said of it

def test_the_document_describes_the_form(forms):
    described = forms.get("/openapi.json").json()["paths"]["/convert"]["post"]
    assert described["requestBody"]["required"] is True
    content = described["requestBody"]["content"]
    assert list(content) == ["multipart/form-data"]  # a file must come
    schema = content["multipart/form-data"]["schema"]
    assert schema["required"] == ["file", "output_format"]
    assert schema["properties"]["file"] == {"type": "string", "description": "The document.", "format": "binary",
                                            "contentMediaType": "application/octet-stream"}
    assert schema["properties"]["input_format"] == {"type": "string", "enum": ["auto", "markdown", "html"], "default": "auto"}
    assert schema["properties"]["tag"] == {"type": "array", "items": {"type": "string"}}
    assert content["multipart/form-data"]["encoding"] == {"picture": {"contentType": "image/*"}}
    assert "202" in described["responses"] and any(one.get("name") == "Prefer" for one in described["parameters"])
    strict = forms.get("/openapi.json").json()["paths"]["/strict"]["post"]["requestBody"]
    assert strict["required"] is False and strict["content"]["application/x-www-form-urlencoded"]["schema"] == \
        {"type": "object", "properties": {"text": {"type": "string"}}, "additionalProperties": False}


def test_verify_calls_a_plugin_with_forms(run_host):
    done = run_host("verify", plugin_file("form_fixture"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "form.convert: survives" in done.stdout
