"""Bearer tokens: made, listed and revoked by commands, asked for by a running worker, seen by nobody else."""
import concurrent.futures
import hashlib
import json
import re
import resource
import signal
import subprocess
import zlib

import pytest
import websockets.exceptions

from conftest import BOUND, HOST, until
from test_management import VALIDATOR
from test_streaming import events_of, run, websocket
from test_tls import client_context, livez

ECHO = {"text": "hi"}


class Tokens:
    """A token file, and the commands that change it."""

    def __init__(self, run_host, file):
        self.run_host, self.file, self.given = run_host, file, []

    def command(self, word, *arguments, **options):
        return self.run_host("tokens", word, *arguments, "--tokens-file", self.file, **options)

    def add(self, name, scopes="*", *arguments):
        done = self.command("add", name, "--scopes", scopes, *arguments)
        assert done.returncode == 0, done.stderr
        token = done.stdout.removesuffix("\n")
        assert re.fullmatch(r"crank_[0-9a-f]{12}_[A-Za-z0-9_-]{43}[0-9a-f]{8}", token), done.stdout
        assert token not in done.stderr
        self.given.append(token)
        return token

    def revoke(self, name):
        done = self.command("revoke", name)
        assert done.returncode == 0, done.stderr

    def list(self):
        done = self.command("list", "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["tokens"]

    def rewrite(self, change):
        """Changes each entry of the file by hand."""
        document = json.loads(self.file.read_text())
        for entry in document["tokens"]:
            change(entry)
        fresh = self.file.with_name("fresh")
        fresh.write_text(json.dumps(document))
        fresh.chmod(0o600)
        fresh.rename(self.file)

    def secrets(self):
        return [token[19:62] for token in self.given]


@pytest.fixture
def tokens(run_host, tmp_path):
    return Tokens(run_host, tmp_path / "tokens.json")


@pytest.fixture
def start(start_worker, tokens):
    """start(*plugins, args=): a worker that asks for the tokens. Nothing secret may have come into its log."""
    workers = []

    def begin(*plugins, args=(), **options):
        worker = start_worker(*plugins, args=["--tokens-file", tokens.file, *args], **options)
        workers.append(worker)
        return worker

    yield begin
    for worker in workers:
        for secret in tokens.secrets():
            assert secret not in worker.log()


def bearer(token):
    return ("--header", f"Authorization: Bearer {token}")


def with_certificate(worker):
    return ("--cert", worker.certificates / "client.crt", "--key", worker.certificates / "client.key")


def is_refused(answer, status, error=None):
    """Asserts the refusal of RFC 6750 section 3."""
    answer.problem(status)
    challenge = answer.header("www-authenticate")
    assert challenge.startswith('Bearer realm="crank-host"')
    assert re.findall(r'[ ,]error="(\w+)"', challenge) == ([error] if error else [])


def test_with_and_without_a_token(start, tokens):
    token = tokens.add("nightly", "test.echo,test.inline")
    worker = start("echo")
    is_refused(worker.call("test.echo", ECHO), 401)
    answer = worker.call("test.echo", ECHO, *bearer(token))
    assert answer.status == 200
    seen = answer.json()
    assert seen["caller.kind"] == "token" and seen["caller.subject"] == "nightly"
    assert seen["caller.scopes"] == "test.echo test.inline" and seen["caller.address"] == "127.0.0.1"
    assert worker.call("test.echo", ECHO, "--header", f"authorization: bEARER   {token}").status == 200
    is_refused(worker.call("test.echo", {}), 401)  # before the body is looked at
    is_refused(worker.get("/nowhere"), 401)  # nothing is said about what there is
    worker.get("/nowhere", *bearer(token)).problem(404)
    for path in ("/health", "/livez", "/readyz", "/status", "/metrics", "/openapi.json", "/version", "/capabilities"):
        assert worker.get(path).status == 200
        assert worker.get(path, *bearer("nonsense")).status == 200
    worker.wait_log("refused a request from 127.0.0.1: it has no token")


def test_the_plugin_does_not_see_the_token(start, tokens):
    token = tokens.add("nightly")
    worker = start("echo", args=["--client-auth", "optional"])
    for arguments in (bearer(token), (*bearer(token), *with_certificate(worker))):
        answer = worker.call("test.each", {"prefix": "header."}, *arguments)
        assert answer.status == 200
        assert "accept" in answer.body.decode() and "uthorization" not in answer.body.decode()
    answer = worker.call("test.each", {"prefix": "header."}, *with_certificate(worker), "--header", "Authorization: Basic YTpi")
    assert "header.authorization" in answer.body.decode(), "other credentials are the plugin's"


@pytest.mark.parametrize("value, status, error", [
    ("Basic YTpi", 401, None), ("Bearer", 400, "invalid_request"), ("Bearer a b", 400, "invalid_request"),
    ("Bearer a,b", 400, "invalid_request"), ("Bearer abc", 401, "invalid_token"), ("Bearer " + "a" * 10000, 401, "invalid_token"),
    ("Bearer crank_" + "0" * 12 + "_" + "A" * 43 + "d081a32e", 401, "invalid_token")],
    ids=["other scheme", "no token", "two words", "list", "no token of ours", "10 kB", "unknown"])
def test_what_is_no_good_token(start, tokens, value, status, error):
    tokens.add("nightly")
    worker = start("hello")
    is_refused(worker.call("example.hello_world", {"message": "x"}, "--header", f"Authorization: {value}"), status, error)
    assert worker.get("/livez").status == 200


def test_a_wrong_secret_is_as_unknown_as_a_wrong_id(start, tokens):
    token = tokens.add("nightly")
    other = tokens.add("other")
    tokens.revoke("other")
    worker = start("hello")
    known, unknown = token[6:18], other[6:18]

    def told(candidate):
        answer = worker.call("example.hello_world", {"message": "x"}, *bearer(candidate))
        is_refused(answer, 401, "invalid_token")
        return answer.header("www-authenticate"), answer.json()["detail"]

    wrong = f"crank_{known}_{other[19:62]}"
    wrong += f"{zlib.crc32(wrong.encode()):08x}"
    tokens.given.append(wrong)
    assert told(wrong) == told(other)
    worker.wait_log(f"id {known} is unknown or was revoked, or its secret is wrong")
    worker.wait_log(f"id {unknown} is unknown or was revoked, or its secret is wrong")


def test_authorization_must_come_once(start, tokens):
    token = tokens.add("nightly")
    worker = start("hello")
    for other in (f"Bearer {token}", "Basic YTpi"):
        answer = worker.call("example.hello_world", {"message": "x"}, *bearer(token), "--header", f"Authorization: {other}")
        is_refused(answer, 400, "invalid_request")


def test_each_request_of_a_connection_is_asked(start, tokens):
    token = tokens.add("nightly").encode()
    worker = start("hello")
    with worker.connect() as connection:
        request = b"GET /stats HTTP/1.1\r\nHost: localhost\r\n"
        connection.send(request + b"Authorization: Bearer " + token + b"\r\n\r\n" + request + b"\r\n")
        assert connection.response().status == 200
        assert connection.response().status == 401
        connection.send(request + b"Authorization: Bearer " + token + b"\r\n\r\n")
        assert connection.response().status == 200


def test_a_refusal_does_not_wait_for_the_body(start, tokens):
    tokens.add("nightly")
    worker = start("echo")
    with worker.connect() as connection:
        connection.send(b"POST /upload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n")
        assert connection.response().status == 401
        assert connection.closed()


def test_scopes(start, tokens):
    token = tokens.add("narrow", "test.echo")
    pattern = tokens.add("wide", "test.*")
    worker = start("echo", "hello")
    assert worker.call("test.echo", ECHO, *bearer(token)).status == 200
    assert worker.post("/echo", ECHO, *bearer(token)).status == 200, "a route to the same capability"
    answer = worker.call("test.inline", ECHO, *bearer(token))
    is_refused(answer, 403, "insufficient_scope")
    assert 'scope="test.inline"' in answer.header("www-authenticate")
    worker.wait_log("token narrow may not use test.inline")
    is_refused(worker.post("/raw", "x", *bearer(token)), 403, "insufficient_scope")
    is_refused(worker.get("/ticks", *bearer(token)), 403, "insufficient_scope")
    assert worker.call("test.inline", ECHO, *bearer(pattern)).status == 200
    is_refused(worker.call("example.hello_world", {"message": "x"}, *bearer(pattern)), 403, "insufficient_scope")


def test_expiry(start, tokens):
    short = tokens.add("short", "*", "--expires", "2s")
    tokens.add("long", "*", "--expires", "30d")
    worker = start("hello")

    def over():
        answer = worker.call("example.hello_world", {"message": "x"}, *bearer(short))
        return answer.status == 401 and answer
    answer = until(over, "the token expires")
    is_refused(answer, 401, "invalid_token")
    assert "expired" in answer.json()["detail"]
    worker.wait_log("token short expired at ")
    listed = {one["name"]: one for one in tokens.list()}
    assert listed["short"]["expired"] and not listed["long"]["expired"]


def test_added_and_revoked_while_running(start, tokens):
    first = tokens.add("first")
    worker = start("hello")

    def status(token):
        return worker.call("example.hello_world", {"message": "x"}, *bearer(token)).status
    assert status(first) == 200
    second = tokens.add("second")
    until(lambda: status(second) == 200, "the new token holds")
    tokens.revoke("first")
    until(lambda: status(first) == 401, "the revoked token does not hold")
    assert status(second) == 200
    assert worker.active()["generation"] == 1, "nothing was reloaded"


def test_a_broken_file_changes_nothing_until_it_is_mended(start, tokens):
    token = tokens.add("first")
    worker = start("hello")

    def status():
        return worker.call("example.hello_world", {"message": "x"}, *bearer(token)).status
    good = tokens.file.read_bytes()
    tokens.file.write_text("{")
    worker.wait_log("not a sound token file.*put a good copy back.*the tokens of before go on to hold")
    assert status() == 200
    assert worker.reload().returncode == 1, "a new generation has no tokens of before"
    tokens.file.unlink()
    worker.wait_log("there is no such file.*crank-host tokens add NAME")
    assert status() == 200
    tokens.file.write_bytes(good)
    tokens.file.chmod(0o644)
    worker.wait_log("mode 0644.*chmod 600")
    assert status() == 200
    tokens.file.chmod(0o600)
    worker.wait_log("has changed: 1 tokens hold")
    assert status() == 200


def test_what_keeps_a_worker_from_starting(start_worker, tokens):
    def refusal(*arguments):
        worker = start_worker("hello", args=["--tokens-file", tokens.file, *arguments], wait=False)
        worker.ended_on_purpose = True
        code = worker.wait()
        lines = worker.log().strip().splitlines()
        assert len(lines) == 1, lines
        return code, lines[0]
    code, line = refusal()
    assert code == 2 and f"crank-host tokens add NAME --scopes SCOPE,... --tokens-file {tokens.file}" in line
    tokens.add("first")
    for mode in (0o640, 0o604, 0o660):
        tokens.file.chmod(mode)
        code, line = refusal()
        assert code == 2 and f"chmod 600 {tokens.file}" in line
    assert tokens.command("add", "x", "--scopes", "*").returncode == 2
    tokens.file.chmod(0o600)
    code, line = refusal("--tls", "off", "--host", "0.0.0.0", "--allow-plaintext")
    assert code == 2 and "unencrypted" in line and "--allow-plaintext-tokens" in line


def test_unencrypted_on_loopback_and_where_it_is_allowed(start, tokens):
    token = tokens.add("first")
    for arguments in ((), ("--host", "0.0.0.0", "--allow-plaintext", "--allow-plaintext-tokens")):
        worker = start("hello", args=["--tls", "off", *arguments])
        is_refused(worker.call("example.hello_world", {"message": "x"}), 401)
        assert worker.call("example.hello_world", {"message": "x"}, *bearer(token)).status == 200


def test_certificate_or_token(start, tokens, run_host, tmp_path):
    token = tokens.add("first", "test.inline")
    worker = start("echo", args=["--client-auth", "required"])
    seen = worker.call("test.echo", ECHO, *with_certificate(worker)).json()
    assert seen["caller.kind"] == "certificate" and "localhost" in seen["caller.subject"]
    assert worker.call("test.inline", ECHO, *bearer(token)).json()["caller.subject"] == "first"
    is_refused(worker.call("test.inline", ECHO), 401)
    answer = worker.call("test.echo", ECHO, *with_certificate(worker), *bearer(token))
    assert answer.json()["caller.kind"] == "certificate", "a token takes nothing away"
    for path in ("/health", "/metrics", "/openapi.json"):
        is_refused(worker.get(path), 401)  # as before: not for everybody
        assert worker.get(path, *with_certificate(worker)).status == 200
        assert worker.get(path, *bearer(token)).status == 200
    assert livez(worker, client_context(worker)) == 200
    assert run_host("certs", "init", "--cert-dir", tmp_path / "other").returncode == 0
    stranger = worker.curl("/livez", "--cert", tmp_path / "other/client.crt", "--key", tmp_path / "other/client.key", *bearer(token),
                           check=False)
    assert stranger is None, "a certificate of another authority ends the handshake"
    assert run_host("healthcheck", "--port", worker.port, "--host", "localhost").returncode == 0


def test_management_on_its_own_port_stays_open(start, tokens):
    tokens.add("first")
    worker = start("hello", args=["--management-port", "0", "--client-auth", "required"])
    assert worker.get("/metrics", base=worker.management_url).status == 200


def test_openapi_says_how(start, tokens, tmp_path):
    tokens.add("first")
    document = start("echo").get("/openapi.json").json()
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    done = subprocess.run([str(VALIDATOR), str(file)], capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["security"] == [{"token": []}]
    assert document["paths"]["/health"]["get"]["security"] == []
    assert "401" in document["paths"]["/v1/capabilities/test.echo"]["post"]["responses"]


def test_event_stream(start, tokens):
    token = tokens.add("first", "test.ticks")
    worker = start("echo")
    is_refused(worker.get("/ticks"), 401)
    with worker.connect() as connection:
        connection.send(f"GET /ticks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n")
        _, status, headers = connection.read_head()
        assert status == 200 and dict(headers)["Content-Type"].startswith("text/event-stream")
        read = b""
        while not events_of(read):
            read += connection.read_chunk()


def test_websocket(start, tokens):
    token = tokens.add("first", "test.ws")
    other = tokens.add("other", "test.echo")
    worker = start("echo")

    async def scenario():
        for headers, status in (({}, 401), ({"Authorization": f"Bearer {other}"}, 403)):
            with pytest.raises(websockets.exceptions.InvalidStatusCode) as refused:
                async with websocket(worker, extra_headers=headers):
                    pass
            assert refused.value.status_code == status
        async with websocket(worker, extra_headers={"Authorization": f"Bearer {token}"}) as client:
            await client.send("hi")
            assert await client.recv() == "hi"
    run(scenario())
    worker.wait_log(r"session opened request_id=\S+ caller=first\n")


def test_sessions_end_with_their_token(start, tokens):
    revoked, kept = tokens.add("revoked", "test.*"), tokens.add("kept", "test.*")
    expired = tokens.add("expired", "test.*")
    worker = start("echo", args=["--client-auth", "optional"])

    def header(token):
        return {"extra_headers": {"Authorization": f"Bearer {token}"}}

    async def scenario():
        certified = client_context(worker)
        async with websocket(worker, **header(revoked)) as one, websocket(worker, **header(kept)) as two, \
                websocket(worker, **header(expired)) as three, websocket(worker, ssl=certified) as four:
            tokens.revoke("revoked")
            tokens.rewrite(lambda one: one["name"] == "expired" and one.update(expires="2020-01-01T00:00:00Z"))
            for ended in (one, three):
                with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
                    await ended.recv()
                assert closed.value.rcvd.code == 1008 and "revoked" in closed.value.rcvd.reason
            for going_on in (two, four):
                await going_on.send("hi")
                assert await going_on.recv() == "hi"
    with worker.connect() as connection:
        connection.send(f"GET /ticks?n=1000000&ms=5 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {revoked}\r\n\r\n")
        assert connection.read_head()[1] == 200
        run(scenario())
        while connection.read_chunk():  # until the stream's end, which is orderly
            pass


def test_a_reload_keeps_asking(start, tokens):
    token = tokens.add("first")
    worker = start("hello")
    assert worker.reload().returncode == 0
    assert worker.call("example.hello_world", {"message": "x"}, *bearer(token)).status == 200
    is_refused(worker.call("example.hello_world", {"message": "x"}), 401)


def test_a_flood_of_refusals_is_few_lines(start, tokens):
    tokens.add("first")
    worker = start("hello")
    with worker.connect() as connection:
        for _ in range(500):
            connection.send(b"GET /stats HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.response().status == 401
    lines = worker.wait_log(r"\d+ more requests were refused") and worker.log().splitlines()
    counts = [int(count) for count in re.findall(r"(\d+) more requests? w", worker.log())]
    lines = [line for line in lines if "refused" in line]
    assert len(lines) < 100 and sum(counts) > 400


# The commands

def test_nothing_secret_is_kept_or_shown(tokens, run_host):
    token = tokens.add("nightly", "a.*,b", "--expires", "2099-12-31")
    content = tokens.file.read_text()
    assert hashlib.sha256(token.encode()).hexdigest() in content
    assert tokens.file.stat().st_mode & 0o7777 == 0o600
    table = tokens.command("list").stdout
    printed = run_host("--tokens-file", tokens.file, "--print-config", "--plugin", "x").stdout
    for text in (content, table, json.dumps(tokens.list()), printed):
        assert token[19:62] not in text
    assert re.search(r"^nightly +[0-9a-f]{12} +a\.\*,b +20\S+Z +2099-12-31T00:00:00Z$", table, re.M), table
    assert tokens.list()[0]["scopes"] == ["a.*", "b"]
    assert hashlib.sha256(token.encode()).hexdigest() not in table + json.dumps(tokens.list()) + printed
    misused = tokens.command("revoke", token)
    assert misused.returncode == 1 and token not in misused.stderr + misused.stdout


@pytest.mark.parametrize("arguments, word", [
    (["add", "Nightly", "--scopes", "*"], "a-z"), (["add", "a" * 65, "--scopes", "*"], "64"), (["add", "a"], "--scopes"),
    (["add", "a", "--scopes", "a b"], "capabilities"), (["add", "a", "--scopes", ""], "capabilities"),
    (["add", "a", "--scopes", "*", "--expires", "soon"], "30d"), (["add", "a", "--scopes", "*", "--expires", "2020-01-01"], "over"),
    (["add", "a", "--scopes", "*", "--expires", "0d"], "30d"), (["list"], "tokens add"), (["revoke", "a"], "tokens add")])
def test_bad_arguments(tokens, arguments, word):
    done = tokens.command(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1 and word in done.stderr
    assert not tokens.file.exists()


def test_the_file_must_be_named(run_host, tmp_path):
    for arguments in (("add", "a", "--scopes", "*"), ("list",), ("revoke", "a")):
        done = run_host("tokens", *arguments)
        assert done.returncode == 2 and "CRANK_TOKENS_FILE" in done.stderr
    named = run_host("tokens", "add", "a", "--scopes", "*", env={"CRANK_TOKENS_FILE": str(tmp_path / "new/t.json")})
    assert named.returncode == 0 and (tmp_path / "new/t.json").exists()
    relative = run_host("tokens", "add", "b", "--scopes", "*", "--tokens-file", "relative.json")
    assert relative.returncode == 0
    assert run_host("tokens", "revoke", "b", "--tokens-file", "relative.json").returncode == 0


def test_a_token_that_cannot_be_printed_is_revoked(tokens):
    tokens.add("first")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([str(HOST), "tokens", "add", "lost", "--scopes", "*", "--tokens-file", str(tokens.file)], stdout=full,
                              stderr=subprocess.PIPE, timeout=BOUND, check=False)
    assert done.returncode == 1 and b"revoked" in done.stderr
    assert [one["name"] for one in tokens.list()] == ["first"]


def test_a_full_disk_loses_nothing(tokens):
    tokens.add("first")
    before = tokens.file.read_bytes()

    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    for arguments in (("add", "second", "--scopes", "*"), ("revoke", "first")):
        done = tokens.command(*arguments, before=full)
        assert done.returncode == 1 and done.stdout == "" and "cannot be written" in done.stderr
        assert tokens.file.read_bytes() == before
        assert [path.name for path in tokens.file.parent.iterdir()] == ["tokens.json"]


def test_many_at_once_lose_nothing(tokens):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        given = list(pool.map(lambda i: tokens.add(f"t{i}"), range(20)))
        assert len(set(given)) == 20
        assert sorted(one["name"] for one in tokens.list()) == sorted(f"t{i}" for i in range(20))
        list(pool.map(lambda i: tokens.revoke(f"t{i}"), range(19)))
    assert [one["name"] for one in tokens.list()] == ["t19"]
    assert [path.name for path in tokens.file.parent.iterdir()] == ["tokens.json"], "no temporary file is left"
