"""TLS on by default: versions, client certificates, and what comes to a TLS port that is not TLS."""
import contextlib
import shutil
import socket
import ssl
import subprocess

import pytest

from conftest import BOUND, Connection


def client_context(worker, certificate=True):
    context = worker.tls_context()
    if certificate:
        context.load_cert_chain(worker.certificates / "client.crt", worker.certificates / "client.key")
    return context


def livez(worker, context):
    with worker.connect(context) as connection:
        connection.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return connection.response().status


def test_curl_with_the_development_authority(hello):
    answer = hello.get("/livez")
    assert answer.status == 200
    assert hello.tls


def test_without_the_authority_curl_refuses(hello):
    done = subprocess.run(["curl", "--silent", "--max-time", str(int(BOUND)), hello.url + "/livez"], check=False)
    assert done.returncode == 60


@pytest.mark.parametrize("version, accepted", [("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_versions(hello, version, accepted):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{hello.port}", "-servername", "localhost", version, "-cipher", "ALL:@SECLEVEL=0",
                           "-CAfile", str(hello.certificates / "ca.crt"), "-verify_return_error", "-brief"],
                          input=b"", capture_output=True, timeout=BOUND, check=False)
    assert (done.returncode == 0) == accepted, done.stderr.decode()
    if not accepted:
        assert b"alert protocol version" in done.stderr, done.stderr.decode()


def test_alpn_without_a_common_protocol_is_refused(hello):
    """RFC 7301 section 3.2."""
    context = hello.tls_context()
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError, match="NO_APPLICATION_PROTOCOL|no application protocol"):
        context.wrap_socket(hello.socket(), server_hostname="localhost").close()


def test_session_resumption(hello):
    context = hello.tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # where the ticket is there as soon as the handshake is over
    with context.wrap_socket(hello.socket(), server_hostname="localhost") as first:
        session = first.session
    with context.wrap_socket(hello.socket(), server_hostname="localhost", session=session) as second:
        assert second.session_reused


def ask_by_openssl(worker, *arguments):
    """What `openssl s_client` printed: the response to a GET, or the alert that it got."""
    request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    client = subprocess.Popen(["openssl", "s_client", "-ign_eof", "-connect", f"127.0.0.1:{worker.port}", *map(str, arguments)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with contextlib.suppress(BrokenPipeError):  # refused before it read
        client.stdin.write(request)
        client.stdin.flush()
    try:
        return client.communicate(timeout=BOUND)[0].decode(errors="replace")
    finally:
        client.kill()


def copy_certificates(source, to):
    to.mkdir(exist_ok=True)
    for name in ("ca.crt", "client.crt", "client.key"):
        (to / name).write_bytes((source / name).read_bytes())


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_ticket_ends_with_the_authority_that_it_was_granted_under(start_worker, run_host, tmp_path, version):
    for name in ("old", "new"):
        assert run_host("certs", "init", "--cert-dir", tmp_path / name).returncode == 0
    live = tmp_path / "live"
    copy_certificates(tmp_path / "old", live)
    worker = start_worker("hello", args=["--client-auth", "required"], certs=live)
    certificate = ("-cert", tmp_path / "old/client.crt", "-key", tmp_path / "old/client.key")
    first = ask_by_openssl(worker, version, *certificate, "-sess_out", tmp_path / "ticket")
    assert "HTTP/1.1 200 OK" in first, first
    again = ask_by_openssl(worker, version, "-sess_in", tmp_path / "ticket")
    assert "HTTP/1.1 200 OK" in again and "Reused, TLS" in again, again

    copy_certificates(tmp_path / "new", live)
    assert worker.reload().returncode == 0
    refused = ask_by_openssl(worker, version, "-sess_in", tmp_path / "ticket")
    assert "200 OK" not in refused and "alert" in refused, refused
    assert "200 OK" not in ask_by_openssl(worker, version, *certificate, "-sess_in", tmp_path / "ticket")

    trusted = ("-cert", tmp_path / "new/client.crt", "-key", tmp_path / "new/client.key")
    welcome = ask_by_openssl(worker, version, *trusted, "-sess_in", tmp_path / "ticket")
    assert "200 OK" in welcome and "New, TLS" in welcome, welcome  # no alert: a full handshake


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_ticket_ends_when_client_certificates_become_required(start_worker, tmp_path, version):
    config = tmp_path / "crank.toml"
    config.write_text('client_auth = "off"\n')
    worker = start_worker("hello", args=["--config", config])
    assert "200 OK" in ask_by_openssl(worker, version, "-sess_out", tmp_path / "ticket")
    assert worker.reload().returncode == 0
    kept = ask_by_openssl(worker, version, "-sess_in", tmp_path / "ticket")
    assert "200 OK" in kept and "Reused, TLS" in kept, kept  # a reload that changes nothing ends no session
    config.write_text('client_auth = "required"\n')
    assert worker.reload().returncode == 0
    refused = ask_by_openssl(worker, version, "-sess_in", tmp_path / "ticket")
    assert "200 OK" not in refused and "alert" in refused, refused


def test_plain_http_gets_an_answer_that_helps(hello):
    with Connection(hello.socket()) as connection:
        connection.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = connection.response()
        assert answer.status == 400
        assert "https" in answer.body.decode().lower()
        assert connection.closed()


@pytest.mark.parametrize("garbage", [b"\x00" * 100, b"\xff" * 100, b"\x16\x03\x01\xff\xff" + b"\x01" * 100,
                                     b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"\x80\x2e\x01\x03\x01", b"SSH-2.0-x\r\n"],
                         ids=["zeros", "ones", "long record", "broken ClientHello", "SSL 2", "SSH"])
def test_garbage_is_dropped_and_others_are_served(hello, garbage):
    with Connection(hello.socket()) as connection:
        connection.send(garbage)
        with contextlib.suppress(OSError):  # it may have been dropped already
            connection.sock.shutdown(socket.SHUT_WR)
        connection.rest()  # an alert, a 400 or nothing; and then the end
    assert hello.get("/livez").status == 200


def client_hello():
    """The bytes a client begins with."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_half_client_hellos_do_not_stop_others(start_worker):
    """More of them than concurrent handshakes are allowed."""
    worker = start_worker("hello", args=["--set", "limits.max_handshakes=64", "--io-threads", "1"])
    hello_bytes = client_hello()
    halves = []
    for _ in range(300):
        connection = Connection(worker.socket())
        connection.send(hello_bytes[:len(hello_bytes) // 2])
        halves.append(connection)
    assert worker.get("/livez").status == 200
    for connection in halves:
        connection.close()
    assert worker.get("/livez").status == 200


def test_handshake_time_limit(start_worker):
    worker = start_worker("hello", args=["--set", "limits.handshake_timeout_ms=200"])
    with Connection(worker.socket()) as silent, Connection(worker.socket()) as half:
        half.send(client_hello()[:100])
        half.rest()
        assert silent.closed()
    assert worker.get("/livez").status == 200


def test_client_certificate_required(start_worker):
    worker = start_worker("hello", args=["--client-auth", "required"])
    assert livez(worker, client_context(worker)) == 200
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        livez(worker, client_context(worker, certificate=False))


def test_client_certificate_of_another_authority(start_worker, run_host, tmp_path):
    assert run_host("certs", "init", "--cert-dir", tmp_path / "other").returncode == 0
    for mode in ("required", "optional"):
        worker = start_worker("hello", args=["--client-auth", mode])
        context = worker.tls_context()
        context.load_cert_chain(tmp_path / "other" / "client.crt", tmp_path / "other" / "client.key")
        with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
            livez(worker, context)


def test_client_certificate_optional(start_worker):
    worker = start_worker("hello", args=["--client-auth", "optional"])
    assert livez(worker, client_context(worker)) == 200
    assert livez(worker, client_context(worker, certificate=False)) == 200


def test_plaintext_off_loopback_needs_a_second_flag(run_host):
    done = run_host("--plugin", "hello", "--host", "0.0.0.0", "--port", "0", "--tls", "off")
    assert done.returncode == 2
    assert "--allow-plaintext" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_missing_certificates_say_what_to_do(run_host, tmp_path):
    from conftest import plugin_file
    done = run_host("--plugin", plugin_file("hello"), "--host", "localhost", "--port", "0", "--cert-dir", tmp_path / "none")
    assert done.returncode == 2
    assert "certs init" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_certs_init_keeps_a_valid_set(run_host, certificates):
    before = {name: (certificates / name).read_bytes() for name in ("ca.crt", "client.crt", "client.key")}
    assert run_host("certs", "init", "--cert-dir", certificates).returncode == 0
    assert before == {name: (certificates / name).read_bytes() for name in before}
    assert (certificates / "client.key").stat().st_mode & 0o077 == 0


def test_certificates_by_openssl(certificates):
    done = subprocess.run(["openssl", "verify", "-x509_strict", "-CAfile", certificates / "ca.crt", certificates / "client.crt"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = subprocess.run(["openssl", "x509", "-in", certificates / "client.crt", "-noout", "-text"],
                          capture_output=True, text=True, check=True).stdout
    assert "DNS:localhost" in text and "IP Address:127.0.0.1" in text
    assert "TLS Web Server Authentication" in text and "TLS Web Client Authentication" in text


@pytest.mark.parametrize("offered, chosen", [(["http/1.0"], "http/1.0"), (["http/1.0", "http/1.1"], "http/1.1"),
                                             (["h2", "http/1.1"], "http/1.1"), ([], None)])
def test_alpn(hello, offered, chosen):
    context = hello.tls_context()
    if offered:
        context.set_alpn_protocols(offered)
    with hello.connect(context) as connection:
        assert connection.sock.selected_alpn_protocol() == chosen
        connection.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.response().status == 200


@pytest.mark.parametrize("first", ["outdated", "valid"])
def test_an_authority_that_is_out_of_date_beside_a_valid_one(start_worker, certificates, tmp_path, first):
    """What the exchange of an authority leaves in ca.crt."""
    directory = tmp_path / "certs"
    shutil.copytree(certificates, directory)
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", tmp_path / "old.key",
                    "-out", tmp_path / "old.csr", "-subj", "/CN=The one before"], check=True, capture_output=True)
    subprocess.run(["openssl", "x509", "-req", "-in", tmp_path / "old.csr", "-signkey", tmp_path / "old.key", "-days", "-1", "-out",
                    tmp_path / "old.crt"], check=True, capture_output=True)
    parts = [(tmp_path / "old.crt").read_text(), (directory / "ca.crt").read_text()]
    (directory / "ca.crt").write_text("".join(parts if first == "outdated" else reversed(parts)))
    worker = start_worker("hello", certs=directory)
    assert worker.get("/livez").status == 200
    worker.wait_log(r"ca\.crt: CN=The one before is not valid now")
