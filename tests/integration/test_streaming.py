"""The streaming worker as its clients see it: server-sent events (WHATWG HTML) and WebSocket (RFC 6455)."""
import asyncio
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading

import pytest
import websockets

from conftest import BOUND, until

HERE = pathlib.Path(__file__).parent
TEXT = " ".join(f"word{i}" for i in range(25))


def events_of(body):
    """The events of a stream by the algorithm of the standard: (last event id, event, data) each."""
    events, data, name, identity = [], [], "", ""
    for line in re.split(r"\r\n|\n|\r", body.decode("utf-8")):
        if line == "":
            if data:
                events.append((identity, name or "message", "\n".join(data)))
            data, name = [], ""
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id":
            identity = value
    return events


def stream_text(worker, request, *arguments):
    answer = worker.post("/stream/text", request, *arguments)
    assert answer.status == 200, answer
    assert answer.header("content-type").split(";")[0] == "text/event-stream"
    assert "no-cache" in answer.header("cache-control") or "no-store" in answer.header("cache-control")
    return events_of(answer.body)


def test_text_in_chunks(streaming):
    events = stream_text(streaming, {"content": TEXT, "chunk_size": 10})
    chunks = [json.loads(data) for _, _, data in events]
    assert [chunk["content"].split() for chunk in chunks] == [TEXT.split()[:10], TEXT.split()[10:20], TEXT.split()[20:]]
    assert [chunk["chunk_id"] for chunk in chunks] == [0, 1, 2]
    assert [chunk["is_last"] for chunk in chunks] == [False, False, True]
    assert all(set(chunk) == {"chunk_id", "content", "is_last", "timestamp"} for chunk in chunks)
    assert len({identity for identity, _, _ in events}) == 3 and all(identity for identity, _, _ in events)


def test_wire_form_has_no_double_prefix(streaming):
    body = streaming.post("/stream/text", {"content": TEXT}).body
    assert b"data: data:" not in body
    assert body.endswith((b"\n\n", b"\r\n\r\n"))


def test_last_event_id_resumes(streaming):
    request = {"content": TEXT, "chunk_size": 3}
    whole = stream_text(streaming, request)
    for seen in range(len(whole)):
        rest = stream_text(streaming, request, "--header", f"Last-Event-ID: {whole[seen][0]}")
        assert [json.loads(data)["content"] for _, _, data in rest] == \
            [json.loads(data)["content"] for _, _, data in whole[seen + 1:]]
        assert [identity for identity, _, _ in rest] == [identity for identity, _, _ in whole[seen + 1:]]


@pytest.mark.parametrize("strange", ["-1", "x", "99999999999999999999999", "1.5", "\u00fc"])
def test_strange_last_event_id(streaming, strange):
    answer = streaming.post("/stream/text", {"content": TEXT}, "--header", f"Last-Event-ID: {strange}")
    assert answer.status == 200


@pytest.mark.parametrize("content", ["", "   \n\t "])
def test_empty_content_has_no_events(streaming, content):
    assert stream_text(streaming, {"content": content}) == []


def test_unicode_and_line_breaks_stay_whole(streaming):
    events = stream_text(streaming, {"content": "ü\u2028x 日本 \U0001f600\x85 a\\\"b", "chunk_size": 100})
    assert len(events) == 1
    assert "日本" in json.loads(events[0][2])["content"]


@pytest.mark.parametrize("body, pointer", [({}, "/content"), ({"content": 1}, "/content"), ({"content": "x", "chunk_size": 0}, "/chunk_size"),
                                           ({"content": "x", "chunk_size": "1"}, "/chunk_size")])
def test_bad_input(streaming, body, pointer):
    problem = streaming.post("/stream/text", body).problem(422)
    assert pointer in [error["field"] for error in problem["errors"]]


def test_capability_text_stream(streaming):
    answer = streaming.call("text.stream", {"content": TEXT, "chunk_size": 10}, "--header", "Accept: application/jsonl")
    assert [json.loads(line)["chunk_id"] for line in answer.body.splitlines()] == [0, 1, 2]


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_head_of_an_event_stream_says_what_get_says_and_ends(streaming, version):
    """RFC 9110 sections 8.6 and 9.3.2: a length only where GET has that length."""
    def head(method):
        with streaming.connect() as connection:
            connection.send(f"{method} /events HTTP/{version}\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            _, status, headers = connection.read_head()
            assert method == "GET" or connection.closed(), "a body came"
            return status, [(name, value) for name, value in headers if name not in ("Date", "X-Request-Id")]
    assert head("HEAD") == head("GET")
    assert "Content-Length" not in dict(head("HEAD")[1])


def test_nobody_on_the_way_may_hold_events_back(streaming):
    """Whether a session or a call writes them; what keeps compressing proxies off is no-transform."""
    with streaming.connect() as connection:
        connection.send(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        session = dict(connection.read_head()[2])
    call = dict(streaming.call("text.stream", {"content": TEXT}, "--header", "Accept: text/event-stream").headers)
    for headers in (session, call):
        assert headers["Content-Type"].startswith("text/event-stream")
        assert {word.strip() for word in headers["Cache-Control"].split(",")} == {"no-cache", "no-store", "no-transform"}
        assert headers["X-Accel-Buffering"] == "no"


def test_information(streaming):
    root = streaming.get("/").json()
    assert root["service"] == "crank-streaming"
    assert root["endpoints"] == {"health": "/health", "stream_text": "/stream/text", "websocket": "/ws", "sse": "/events"}
    assert root["worker_id"] == streaming.get("/status").json()["worker_id"]
    assert streaming.get("/capabilities").json()["capabilities"] == ["text_streaming", "websocket", "sse"]


def read_events(connection, count):
    """The first events of a chunked response, the head of which has been read."""
    body = b""
    while len(events := events_of(body)) < count:
        chunk = connection.read_chunk()
        assert chunk, f"ended after {body!r}"
        body += chunk
    return events


def test_periodic_events(streaming):
    with streaming.connect() as connection:
        connection.send(b"GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        _, status, headers = connection.read_head()
        assert status == 200 and ("transfer-encoding", "chunked") in [(k.lower(), v.lower()) for k, v in headers]
        seen = [json.loads(data) for _, _, data in read_events(connection, 3)]
    assert [event["event_id"] for event in seen[:3]] == [1, 2, 3]
    assert seen[0]["message"] == "Periodic update #1"
    assert set(seen[0]) == {"event_id", "timestamp", "worker_id", "active_connections", "message"}


def test_keep_alive_comments(start_worker):
    worker = start_worker("streaming", args=["--set", "limits.event_keepalive_ms=50"])
    with worker.connect() as connection:
        connection.send(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.read_head()
        body = b""
        while not re.search(rb"(^|\n):", body):
            body += connection.read_chunk()
            assert len(events_of(body)) <= 1, "an event every second, and no comment between them"


def test_browser_event_source(streaming):
    """EventSource as browsers have it (the npm package), over TLS with the development authority."""
    done = subprocess.run(["node", str(HERE / "eventsource.mjs"), streaming.url + "/events", "4"], capture_output=True, text=True,
                          timeout=BOUND, check=False, env={**os.environ, "NODE_EXTRA_CA_CERTS": str(streaming.certificates / "ca.crt")})
    assert done.returncode == 0, done.stderr
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["lastEventId"] for event in seen] == ["1", "2", "3", "4"]
    assert [json.loads(event["data"])["event_id"] for event in seen] == [1, 2, 3, 4]


def test_browser_event_source_reconnects_where_it_stopped(start_worker):
    """The echo plugin ends its stream after n ticks; EventSource then comes back with Last-Event-ID by itself."""
    worker = start_worker("echo")
    done = subprocess.run(["node", str(HERE / "eventsource.mjs"), worker.url + "/ticks?n=2&ms=1", "2", "tick", "reconnect"],
                          capture_output=True, text=True, timeout=BOUND, check=False,
                          env={**os.environ, "NODE_EXTRA_CA_CERTS": str(worker.certificates / "ca.crt")})
    assert done.returncode == 0, done.stderr
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["lastEventId"] for event in seen] == ["1", "2"]


# WebSocket

def websocket(worker, path="/ws", **options):
    url = ("wss" if worker.tls else "ws") + worker.url[worker.url.index(":"):] + path
    if worker.tls:
        options.setdefault("ssl", worker.tls_context())
    options.setdefault("compression", None)
    options.setdefault("open_timeout", BOUND)
    options.setdefault("close_timeout", BOUND)
    return websockets.connect(url, **options)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, BOUND))


async def receive(client):
    return json.loads(await client.recv())


def test_welcome_response_and_broadcast_to_all(streaming):
    async def scenario():
        async with websocket(streaming) as one, websocket(streaming) as two, websocket(streaming) as three:
            everyone = (one, two, three)
            for client in everyone:
                welcome = await receive(client)
                assert set(welcome) == {"type", "worker_id", "timestamp"} and welcome["type"] == "welcome"
            await one.send(json.dumps({"content": "hi \"there\"", "n": 1}))
            response = await receive(one)
            assert set(response) == {"type", "original", "processed_at", "worker_id"}
            assert response["type"] == "response" and response["original"] == {"content": "hi \"there\"", "n": 1}
            for client in everyone:
                broadcast = await receive(client)
                assert broadcast["type"] == "broadcast" and broadcast["message"] == "User sent: hi \"there\""
            await two.send("{}")
            assert (await receive(two))["type"] == "response"
            assert (await receive(three))["message"] == "User sent: No content"
    run(scenario())


def test_invalid_json_is_an_error_message_and_the_session_goes_on(streaming):
    async def scenario():
        async with websocket(streaming) as client:
            await receive(client)
            for broken in ("", "{", "hello", "{'a':1}", '{"a":1}}'):
                await client.send(broken)
                assert await receive(client) == {"type": "error", "message": "Invalid JSON format"}
            await client.send('{"content":"still here"}')
            assert (await receive(client))["type"] == "response"
    run(scenario())


def test_fragmented_message_with_a_ping_inside(streaming):
    async def scenario():
        async with websocket(streaming) as client:
            await receive(client)

            async def pieces():
                for piece in ('{"content":', '"in ', "pieces", '"}'):
                    yield piece
                    await (await client.ping())
            await client.send(pieces())
            assert (await receive(client))["original"] == {"content": "in pieces"}
    run(scenario())


def test_ping_and_close(streaming):
    async def scenario():
        async with websocket(streaming) as client:
            await receive(client)
            await (await client.ping(b"payload"))
            await client.close(4001, "bye")
            assert client.close_code == 4001
    run(scenario())


def frame(opcode, payload, final=True, masked=True, reserved=0):
    """A client's frame (RFC 6455 section 5.2), well-formed or not."""
    head = bytes([(0x80 if final else 0) | reserved | opcode])
    length, mask_bit = len(payload), 0x80 if masked else 0
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 65536:
        head += bytes([mask_bit | 126]) + struct.pack(">H", length)
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", length)
    return head + (b"\0\0\0\0" if masked else b"") + payload  # a mask of zeros changes nothing


def upgrade(worker, path="/ws", extra=b""):
    connection = worker.connect()
    connection.send(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + extra + b"\r\n")
    return connection


UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def read_texts(connection, word):
    """Reads text messages up to the one that holds `word`."""
    texts = []
    while not texts or word not in texts[-1]:
        opcode, payload = read_frame(connection)
        if opcode == 1:
            texts.append(payload)
    return texts


def test_messages_behind_the_upgrade_in_one_segment_arrive(streaming):
    """A client may begin to speak before it has read the 101."""
    with streaming.connect() as connection:
        connection.send(UPGRADE + frame(1, b'{"content":"first"}') + frame(1, b'{"content":"second"}'))
        assert connection.read_head()[1] == 101
        texts = read_texts(connection, b"second")
        assert any(b"first" in text for text in texts)


@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "plain"])
def test_answers_before_an_upgrade_are_written_before_the_upgrade(start_worker, tls):
    """To a client that pipelines and reads late."""
    worker = start_worker("streaming", args=[] if tls else ["--tls", "off"])
    count = 1000  # more than the kernel's buffers take
    with worker.connect() as connection:
        connection.send(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * count + UPGRADE + frame(1, b'{"content":"first"}'))
        for _ in range(count):
            assert connection.response().status == 200
        assert connection.read_head()[1] == 101
        read_texts(connection, b"first")


def read_frame(connection):
    first, second = connection.read_exactly(2)
    length = second & 0x7F
    if length == 126:
        length, = struct.unpack(">H", connection.read_exactly(2))
    elif length == 127:
        length, = struct.unpack(">Q", connection.read_exactly(8))
    assert not second & 0x80, "a server does not mask"
    return first & 0x0F, connection.read_exactly(length)


def close_code(connection):
    """The code of the close frame that must come; other messages may come before it."""
    while True:
        opcode, payload = read_frame(connection)
        if opcode == 8:
            return struct.unpack(">H", payload[:2])[0]


def test_handshake_of_the_standard(streaming):
    """The key and the answer of RFC 6455 section 1.3."""
    with upgrade(streaming) as connection:
        _, status, headers = connection.read_head()
        headers = {key.lower(): value for key, value in headers}
        assert status == 101
        assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert headers["upgrade"].lower() == "websocket"
        assert "sec-websocket-extensions" not in headers


BROKEN_FRAMES = {
    "invalid UTF-8": (frame(1, b"\xff\xfe"), 1007),
    "overlong UTF-8": (frame(1, b"\xc0\xaf"), 1007),
    "surrogate": (frame(1, b"\xed\xa0\x80"), 1007),
    "UTF-8 cut at the end": (frame(1, b"\xe2\x82"), 1007),
    "invalid UTF-8 in the second fragment": (frame(1, b"a", final=False) + frame(0, b"\xff"), 1007),
    "invalid UTF-8 in the close reason": (frame(8, struct.pack(">H", 1000) + b"\xff"), (1002, 1007)),
    "reserved bit": (frame(1, b"{}", reserved=0x40), 1002),
    "unknown opcode": (frame(3, b""), 1002),
    "not masked": (frame(1, b"{}", masked=False), 1002),
    "continuation of nothing": (frame(0, b"{}"), 1002),
    "new message inside a message": (frame(1, b"a", final=False) + frame(1, b"b"), 1002),
    "fragmented ping": (frame(9, b"", final=False), 1002),
    "ping over 125 bytes": (frame(9, b"x" * 126), 1002),
    "close with one byte": (frame(8, b"\x03"), 1002),
    "close with a reserved code": (frame(8, struct.pack(">H", 1005)), 1002),
    "close with code 0": (frame(8, struct.pack(">H", 0)), 1002),
}


@pytest.mark.parametrize("name", BROKEN_FRAMES)
def test_broken_frames_get_the_right_close_code(streaming, name):
    sent, code = BROKEN_FRAMES[name]
    with upgrade(streaming) as connection:
        assert connection.read_head()[1] == 101
        connection.send(sent)
        assert close_code(connection) in (code if isinstance(code, tuple) else (code,))
        connection.rest()
    assert streaming.get("/livez").status == 200


def test_valid_utf8_split_between_fragments(streaming):
    text = '{"content":"€"}'.encode()
    with upgrade(streaming) as connection:
        assert connection.read_head()[1] == 101
        cut = text.index(b"\x82")
        connection.send(frame(1, text[:cut], final=False) + frame(0, text[cut:]))
        assert json.loads(read_frame(connection)[1])["type"] == "welcome"
        assert json.loads(read_frame(connection)[1])["original"] == {"content": "€"}


def test_message_over_the_limit(start_worker):
    worker = start_worker("streaming", args=["--set", "limits.websocket_message_bytes=1000"])
    for sent in (frame(1, b"[" + b" " * 1000 + b"]"), frame(1, b"[" + b" " * 600, final=False) + frame(0, b" " * 600 + b"]"),
                 frame(1, b"")[:1] + b"\xff" + struct.pack(">Q", 2 ** 62) + b"\0\0\0\0"):
        with upgrade(worker) as connection:
            assert connection.read_head()[1] == 101
            connection.send(sent)
            assert close_code(connection) == 1009
    with upgrade(worker) as connection:
        assert connection.read_head()[1] == 101
        connection.send(frame(1, b"[" + b" " * 900 + b"]"))
        read_frame(connection)
        assert json.loads(read_frame(connection)[1])["original"] == []


HANDSHAKE_WITHOUT_KEY = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
KEY = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.mark.parametrize("request_bytes, status", [
    (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n", 426),
    (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", 400),
    (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n", 400),
    (HANDSHAKE_WITHOUT_KEY + b"Sec-WebSocket-Key: " + b"!" * 24 + b"\r\n", 400),
    (HANDSHAKE_WITHOUT_KEY + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n", 400),
    (HANDSHAKE_WITHOUT_KEY + KEY + KEY, 400),
    (HANDSHAKE_WITHOUT_KEY + KEY + b"Sec-WebSocket-Version: 13\r\n", 426),
    (b"", 426),
], ids=["version 8", "no key", "short key", "key of other characters", "key of 15 bytes", "two keys", "two versions", "no upgrade"])
def test_refused_handshakes(streaming, request_bytes, status):
    with streaming.connect() as connection:
        connection.send(b"GET /ws HTTP/1.1\r\nHost: localhost\r\n" + request_bytes + b"\r\n")
        answer = connection.response()
        answer.problem(status)
        if status == 426:  # RFC 9110 sections 7.8 and 15.5.22, RFC 6455 section 4.4
            assert (answer.header("upgrade") or "").lower() == "websocket"
            assert answer.header("connection").lower() == "upgrade"
            assert answer.header("sec-websocket-version") == "13"


@pytest.mark.parametrize("start", ["GET /ws HTTP/1.0", "HEAD /ws HTTP/1.1"])
def test_what_cannot_upgrade_is_told_to(streaming, start):
    """HTTP/1.0 knows no upgrade; HEAD must open no session."""
    with streaming.connect() as connection:
        connection.send(start.encode() + b"\r\nHost: localhost\r\n" + HANDSHAKE_WITHOUT_KEY + KEY + b"\r\n")
        assert connection.response(start.split(" ")[0]).status == 426


@pytest.mark.parametrize("fields", [
    b"Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
    b"Connection: Upgrade\r\nUpgrade: foo bar, websocket\r\n",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nExpect: 100-continue\r\n",
], ids=["two Connections", "two Upgrades", "a strange Upgrade beside it", "an expectation"])
def test_other_fields_do_not_break_a_handshake(echo, fields):
    with echo.connect() as connection:
        connection.send(b"GET /ws?greet=1 HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\n" + KEY + fields + b"\r\n")
        _, status, _ = connection.read_head()
        assert status == 101
        assert read_frame(connection) == (1, b"hello")


def test_extensions_may_be_offered_in_several_fields(start_worker):
    worker = start_worker("echo", args=["--websocket-deflate"])
    extensions = b"Sec-WebSocket-Extensions: x-unknown\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
    with upgrade(worker, extra=extensions) as connection:
        headers = {name.lower(): value for name, value in connection.read_head()[2]}
        assert headers["sec-websocket-extensions"].startswith("permessage-deflate")


@pytest.mark.parametrize("offers, agreed", [
    (b"Sec-WebSocket-Protocol: chat\r\n", "chat"),
    (b"Sec-WebSocket-Protocol: other, chat, chat.v2\r\n", "chat"),
    (b"Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Protocol: chat.v2\r\n", "chat.v2"),
    (b"Sec-WebSocket-Protocol: CHAT, cha\r\n", None),
    (b"", None),
], ids=["one", "the client's first", "in two fields", "none that is spoken", "none"])
def test_subprotocol_is_the_first_offer_that_the_route_lists(echo, offers, agreed):
    with upgrade(echo, "/ws/chat", offers) as connection:
        headers = {name.lower(): value for name, value in connection.read_head()[2]}
        assert headers.get("sec-websocket-protocol") == agreed
        connection.send(frame(1, b"get:subprotocol"))
        assert read_frame(connection) == (1, (agreed or "").encode())


def test_client_that_insists_on_its_subprotocol(echo):
    async def agreed(path):
        async with websocket(echo, path, subprotocols=["mqtt", "chat.v2"]) as client:
            return client.subprotocol
    assert run(agreed("/ws/chat")) == "chat.v2"
    assert run(agreed("/ws")) is None


def test_who_floods_behind_its_close_does_not_hold_up_others(start_worker):
    """What comes behind the end is read and forgotten, a little at a time, and not for ever."""
    worker = start_worker("echo", args=["--tls", "off", "--io-threads", "1"])
    with upgrade(worker) as flooding, worker.connect() as other:
        assert flooding.read_head()[1] == 101
        flooding.send(frame(8, struct.pack(">H", 1000)))
        ended = threading.Event()

        def flood():
            try:
                while True:
                    flooding.sock.sendall(bytes(1 << 20))
            except OSError:
                ended.set()
        floods = [threading.Thread(target=flood) for _ in range(2)]
        for thread in floods:
            thread.start()
        served = 0
        while not ended.is_set():
            other.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert other.response().status == 200
            served += 1
        for thread in floods:
            thread.join()
        assert served > 1


def test_upgrade_where_there_is_no_websocket(streaming):
    with upgrade(streaming, "/capabilities") as connection:
        assert connection.response().status in (200, 400, 426)
    with upgrade(streaming, "/nowhere") as connection:
        connection.response().problem(404)


def test_deflate_is_an_option(start_worker, streaming):
    async def extensions(worker):
        async with websocket(worker, compression="deflate") as client:
            await receive(client)
            await client.send(json.dumps({"content": "a" * 5000}))
            assert (await receive(client))["original"]["content"] == "a" * 5000
            return [extension.name for extension in client.extensions]
    assert run(extensions(streaming)) == []
    worker = start_worker("streaming", args=["--websocket-deflate"])
    assert run(extensions(worker)) == ["permessage-deflate"]


def test_deflate_bomb_is_stopped_by_the_limit(start_worker):
    worker = start_worker("streaming", args=["--websocket-deflate", "--set", "limits.websocket_message_bytes=100000"])

    async def scenario():
        async with websocket(worker, compression="deflate") as client:
            await receive(client)
            await client.send('{"content":"' + "a" * 10_000_000 + '"}')
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await client.recv()
            assert client.close_code == 1009
    run(scenario())


@pytest.fixture(scope="module")
def deflating(start_shared_worker):
    """The echo worker over TLS with permessage-deflate."""
    return start_shared_worker("echo", args=["--websocket-deflate"])


def upgrade_with_deflate(worker):
    connection = upgrade(worker, extra=b"Sec-WebSocket-Extensions: permessage-deflate\r\n")
    assert connection.read_head()[1] == 101
    return connection


CANNOT_BE_INFLATED = {
    "not deflate": b"\xff\xff\xff\xff",
    "stored block of the wrong length": b"\x00\x05\x00\x00\x00hello",
    "block marked as the last": bytes.fromhex("f348cdc9c9070000"),  # RFC 7692 section 7.2.3.4; Beast cannot read it
}


@pytest.mark.parametrize("name", CANNOT_BE_INFLATED)
def test_message_that_cannot_be_inflated_is_closed_with_1007(deflating, name):
    with upgrade_with_deflate(deflating) as connection:
        connection.send(frame(1, bytes.fromhex("f248cdc9c90700"), reserved=0x40))
        assert read_frame(connection) == (1, b"Hello")
        connection.send(frame(1, CANNOT_BE_INFLATED[name], reserved=0x40))
        assert close_code(connection) == 1007
        assert connection.closed()
    deflating.wait_log("session closed with 1007")


def test_close_for_a_broken_message_comes_between_frames(deflating):
    """The host is in the middle of its own messages, to a client that reads late."""
    with upgrade_with_deflate(deflating) as connection:
        connection.send(frame(1, b"flood:300:200"))
        connection.send(frame(1, b"flood:20:200000") + frame(1, b"\xff\xff\xff\xff", reserved=0x40))
        assert close_code(connection) == 1007  # every frame before it is whole
        assert connection.closed()


def test_a_broken_message_of_one_who_does_not_read_is_no_lasting_hold(deflating):
    """Whatever the host still has for it: after a while it is closed."""
    with upgrade_with_deflate(deflating) as connection:
        connection.send(frame(1, b"flood:300:200000"))  # more than any buffer on the way takes
        until(lambda: deflating.metric("crank_sessions_open") == 1, "it is open")
        connection.send(frame(1, b"\xff\xff\xff\xff", reserved=0x40))
        until(lambda: deflating.metric("crank_sessions_open") == 0, "it was closed")


def test_host_pings_and_drops_who_does_not_answer(start_worker):
    worker = start_worker("streaming", args=["--set", "limits.websocket_ping_ms=100"])
    with upgrade(worker) as connection:
        assert connection.read_head()[1] == 101
        opcodes = []
        while 9 not in opcodes:
            opcode, payload = read_frame(connection)
            opcodes.append(opcode)
        connection.send(frame(10, payload))  # an answer keeps it open: another ping comes
        while True:
            opcode, _ = read_frame(connection)
            if opcode == 9:
                break
        connection.rest()  # no answer to this one: the host ends it
    until(lambda: worker.metric("crank_sessions_open") == 0, "the session is gone")


def test_slow_reader_of_broadcasts_is_closed_and_others_are_not(start_worker):
    worker = start_worker("streaming", args=["--set", "limits.session_queue_bytes=20000"])

    async def scenario(slow):
        async with websocket(worker, max_queue=None) as talker:
            await receive(talker)
            message = json.dumps({"content": "x" * 9000})
            while worker.metric("crank_session_slow_total", policy="close") in (None, 0):
                for _ in range(50):
                    await talker.send(message)
                    while json.loads(await talker.recv())["type"] != "broadcast":
                        pass
        return slow
    with upgrade(worker) as slow:
        assert slow.read_head()[1] == 101
        run(scenario(slow))
    assert worker.get("/livez").status == 200


def test_echo_sessions(echo):
    """What only the echo plugin shows: binary, close codes of the plugin, refusal, retained topics, flood with writable()."""
    async def scenario():
        async with websocket(echo) as client:
            await client.send(b"\x00\xff")
            assert await client.recv() == b"\x00\xff"
            await client.send("get:header.host")
            assert "127.0.0.1" in await client.recv()
            await client.send("close:4321:enough")
            with pytest.raises(websockets.ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (4321, "enough")
        async with websocket(echo, "/ws?greet=1") as client:
            assert await client.recv() == "hello"
        async with websocket(echo, "/ws?topic=a") as subscriber, websocket(echo, "/ws") as publisher:
            await publisher.send("publish:a:news")
            assert await subscriber.recv() == "news"
            await subscriber.send("leave:a")
            await subscriber.send("sync")
            assert await subscriber.recv() == "sync"
            await publisher.send("publish:a:more")
            await publisher.send("sync")
            assert await publisher.recv() == "sync"
            await subscriber.send("sync")
            assert await subscriber.recv() == "sync"
        async with websocket(echo, max_queue=None) as client:
            await client.send("flood:500:10000")
            assert [len(await client.recv()) for _ in range(500)] == [10000] * 500
        with pytest.raises(websockets.InvalidStatusCode) as refused:
            async with websocket(echo, "/ws?refuse=1"):
                pass
        assert refused.value.status_code == 503
    run(scenario())
    echo.get("/ticks?refuse=1").problem(503)


def test_ticks(echo):
    events = events_of(echo.get("/ticks?n=3&ms=0").body)
    assert events == [(str(i), "tick", json.dumps({"tick": i}, separators=(",", ":"))) for i in (1, 2, 3)]
    assert [identity for identity, _, _ in events_of(echo.get("/ticks?n=3&ms=0", "--header", "Last-Event-ID: 2").body)] == ["3"]


def test_vanishing_sessions_are_noticed(start_worker):
    worker = start_worker("streaming")
    connections = [upgrade(worker) for _ in range(20)]
    for connection in connections:
        assert connection.read_head()[1] == 101
    until(lambda: worker.metric("crank_sessions_open") == 20, "all sessions are counted")
    for connection in connections:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # SO_LINGER 0: a reset, no close frame
        connection.close()
    until(lambda: worker.metric("crank_sessions_open") == 0, "all sessions are gone")


def test_many_threads_of_clients(streaming):
    """Event streams, WebSockets and calls at once."""
    problems = []

    def client():
        try:
            assert len(stream_text_raw(streaming)) == 9
        except AssertionError as problem:
            problems.append(problem)

    def stream_text_raw(worker):
        body = json.dumps({"content": TEXT, "chunk_size": 3}).encode()
        with worker.connect() as connection:
            connection.send(b"POST /stream/text HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                            b"Content-Length: %d\r\n\r\n" % len(body) + body)
            return events_of(connection.response().body)

    threads = [threading.Thread(target=client) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
