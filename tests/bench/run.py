#!/usr/bin/env python3
"""The figures of crank-host: prints a table and keeps it as JSON. What is compared is measured in turn, in one run, on one machine."""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import sqlite3
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

import conversions
import processes
import replacing
import tools

REQUEST = '{"message":"World"}'
PATH = "/v1/capabilities/example.hello_world"
WRK_SCRIPT = f"""
wrk.method = "POST"
wrk.path = "{PATH}"
wrk.body = '{REQUEST}'
wrk.headers["Content-Type"] = "application/json"
"""


def wrk(directory, url, seconds, connections, core):
    """Requests, seconds, p99 in milliseconds and errors of one run."""
    script = directory / "post.lua"
    script.write_text(WRK_SCRIPT)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s", "-s", script, url]
    text = subprocess.run(processes.pinned(core, command), check=True, capture_output=True, text=True).stdout
    requests, taken = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", text).groups()
    scale = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}[unit]
    errors = sum(int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
    if match := re.search(r"Non-2xx or 3xx responses: (\d+)", text):
        errors += int(match[1])
    return {"requests": int(requests), "rate": int(requests) / float(taken), "p99_ms": float(number) * scale, "errors": errors}


def one_response(port):
    """The bytes of hello's response to REQUEST: (head, body)."""
    with socket.create_connection(("localhost", port)) as sock:
        sock.sendall(f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {len(REQUEST)}\r\n\r\n{REQUEST}".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += sock.recv(65536)
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])
        while len(body) < length:
            body += sock.recv(65536)
        return head, body


def same_size_body(host, directory, wanted):
    """A body with which nginx's whole response is as long as `wanted` bytes."""
    with processes.nginx(host, directory, "x" * 100) as (_, plain, _):
        head, body = one_response(plain)
    return "x" * max(1, wanted - (len(head) + 4 + len(body)) + 100)


def against_nginx(host, directory, options):
    """Small JSON over keep-alive: hello against nginx `return 200`, server on one core, wrk on another."""
    cores = sorted(os.sched_getaffinity(0))
    server_core, client_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    worker = ("hello", "--io-threads", "1")
    with host.serve(*worker, "--tls", "off", core=server_core) as (plain, plain_port), \
            host.serve(*worker, core=server_core) as (tls, tls_port):
        head, body = one_response(plain_port)
        filler = same_size_body(host, directory, len(head) + 4 + len(body))
        with processes.nginx(host, directory, filler, core=server_core) as (nginx, nginx_plain, nginx_tls):
            sides = [("plain", "crank-host", plain.pid, f"http://127.0.0.1:{plain_port}"),
                     ("plain", "nginx", nginx.pid, f"http://127.0.0.1:{nginx_plain}"),
                     ("tls", "crank-host", tls.pid, f"https://127.0.0.1:{tls_port}"),
                     ("tls", "nginx", nginx.pid, f"https://127.0.0.1:{nginx_tls}")]
            samples = alternate(directory, sides, options, client_core)
    return summarise(samples, len(head) + 4 + len(body))


def alternate(directory, sides, options, core):
    samples = {(mode, name): [] for mode, name, _, _ in sides}
    for _, _, _, url in sides:
        wrk(directory, url, 1, 64, core)
    for _ in range(options.rounds):
        for mode, name, pid, url in sides:
            before = processes.cpu_seconds(pid)
            sample = wrk(directory, url, options.seconds, 64, core)
            sample["cpu_us"] = (processes.cpu_seconds(pid) - before) * 1e6 / sample["requests"]
            samples[mode, name].append(sample)
    return samples


def summarise(samples, size):
    def median(mode, name, key):
        return statistics.median(sample[key] for sample in samples[mode, name])
    result = {"response_bytes": size, "errors": sum(s["errors"] for each in samples.values() for s in each)}
    for mode in ("plain", "tls"):
        ours, theirs = median(mode, "crank-host", "rate"), median(mode, "nginx", "rate")
        result[mode] = {"crank_host_per_s": round(ours), "nginx_per_s": round(theirs), "ratio": round(ours / theirs, 3),
                        "crank_host_cpu_us": round(median(mode, "crank-host", "cpu_us"), 2),
                        "nginx_cpu_us": round(median(mode, "nginx", "cpu_us"), 2)}
    return result


def start_up(host, options):
    """exec to the first 200 over TLS, memory of the idle worker, size of the stripped plugin."""
    result = {}
    for plugin in ("hello", "streaming"):
        port = processes.free_port()
        done = subprocess.run(list(map(str, [options.build / "tests/bench/first_response", options.starts, port, host.authority, "/livez",
                                             *host.command(plugin, port=port)])), check=True, stdout=subprocess.PIPE, text=True)
        times = json.loads(done.stdout)
        result[plugin] = {"exec_to_first_200_ms": {"median": round(statistics.median(times), 2), "min": round(min(times), 2),
                                                   "max": round(max(times), 2), "runs": len(times)},
                          "idle_resident_kib": idle_memory(host, plugin), "stripped_bytes": stripped_size(host, plugin)}
    return result


def idle_memory(host, plugin):
    with host.serve(plugin) as (process, port):
        context = ssl.create_default_context(cafile=str(host.authority))
        with context.wrap_socket(socket.create_connection(("localhost", port)), server_hostname="localhost") as sock:
            sock.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while sock.recv(4096):
                pass
        return {"generation": processes.resident_kib(process.pid), "supervisor": processes.resident_kib(process.supervisor),
                "both_proportional": processes.proportional_kib(process.pid) + processes.proportional_kib(process.supervisor)}


def stripped_size(host, plugin):
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["strip", "--strip-all", "-o", file.name, str(host.plugin(plugin))], check=True)
        return os.path.getsize(file.name)


def websockets(host, options):
    """Many WebSockets over TLS: the host's memory for each, and one broadcast to all."""
    with host.serve("streaming", "--set", f"limits.max_connections={options.websockets + 100}") as (server, port):
        before = processes.resident_kib(server.pid)
        command = [options.build / "tests/bench/ws_swarm", options.websockets, port, host.authority, "/ws"]
        swarm = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            connected = answer_of(swarm)
            during = processes.resident_kib(server.pid)
            broadcasts = []
            for _ in range(options.broadcasts):
                swarm.stdin.write("broadcast\n")
                swarm.stdin.flush()
                broadcasts.append(answer_of(swarm)["milliseconds"])
            after = processes.resident_kib(server.pid)
        finally:
            swarm.stdin.close()
            swarm.wait(timeout=60)
    return {"clients": connected["connected"], "connect_seconds": connected["seconds"],
            "host_resident_mib": round(during / 1024, 1), "kib_per_connection": round((during - before) / connected["connected"], 2),
            "kib_per_connection_after_broadcasts": round((after - before) / connected["connected"], 2),
            "broadcast_ms": {"median": round(statistics.median(broadcasts), 1), "max": round(max(broadcasts), 1)}}


def answer_of(process):
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("ws_swarm ended early")
    return json.loads(line)


def half_client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    whole = outgoing.read()
    return whole[:len(whole) // 2]


def half_open(host, directory, options):
    """Clients that never finish their request, or their ClientHello: what the others notice of them, and what each costs."""
    result = {}
    for mode, first_bytes, scheme in (("plain", b"GET / HTTP/1.1\r\nHost: x\r\nX-", "http"), ("tls", half_client_hello(), "https")):
        arguments = ["--io-threads", "1", "--tls", "off" if mode == "plain" else "on",
                     "--set", "limits.header_timeout_ms=120000", "--set", "limits.handshake_timeout_ms=120000"]
        with host.serve("hello", *arguments) as (server, port):
            url = f"{scheme}://127.0.0.1:{port}"
            quiet = wrk(directory, url, options.seconds, 16, None)
            before = processes.resident_kib(server.pid)
            crowd = []
            for _ in range(options.half_open):
                sock = socket.create_connection(("127.0.0.1", port))
                sock.sendall(first_bytes)
                crowd.append(sock)
            time.sleep(1)  # so that the host has read what was sent; nothing is tested here
            memory = processes.resident_kib(server.pid) - before
            crowded = wrk(directory, url, options.seconds, 16, None)
            for sock in crowd:
                sock.close()
        result[mode] = {"clients": len(crowd), "p99_ms_without": round(quiet["p99_ms"], 3), "p99_ms_with": round(crowded["p99_ms"], 3),
                        "p99_ratio": round(crowded["p99_ms"] / quiet["p99_ms"], 2), "rate_ratio": round(crowded["rate"] / quiet["rate"], 3),
                        "errors": crowded["errors"], "kib_each": round(memory / len(crowd), 2)}
    return result


def supervision(host, directory, options):
    """What a supervisor costs: the same load with and without it, in turn."""
    arguments = ("hello", "--io-threads", "1", "--tls", "off")
    with host.serve(*arguments) as (with_one, port), host.serve(*arguments, "--no-supervisor") as (without, other_port):
        sides = [("plain", "supervised", with_one.pid, f"http://127.0.0.1:{port}"),
                 ("plain", "single", without.pid, f"http://127.0.0.1:{other_port}")]
        samples = alternate(directory, sides, options, None)
    rates = {name: statistics.median(sample["rate"] for sample in samples["plain", name]) for name in ("supervised", "single")}
    return {"supervised_per_s": round(rates["supervised"]), "single_per_s": round(rates["single"]),
            "ratio": round(rates["supervised"] / rates["single"], 3)}


def audit(host, directory, options):
    """What the audit log costs: the same load with and without it, in turn."""
    arguments = ("hello", "--io-threads", "1", "--tls", "off")
    log = directory / "audit"
    with host.serve(*arguments, "--audit-dir", str(log)) as (with_one, port), host.serve(*arguments) as (without, other_port):
        sides = [("plain", "audited", with_one.pid, f"http://127.0.0.1:{port}"),
                 ("plain", "silent", without.pid, f"http://127.0.0.1:{other_port}")]
        samples = alternate(directory, sides, options, None)
    rates = {name: statistics.median(sample["rate"] for sample in samples["plain", name]) for name in ("audited", "silent")}
    return {"audited_per_s": round(rates["audited"]), "silent_per_s": round(rates["silent"]),
            "ratio": round(rates["audited"] / rates["silent"], 3)}


def insert_rate(directory, seconds, body):
    """Rows per second of a bare SQLite: one connection, a transaction for each row, as durable as the job store."""
    with contextlib.closing(sqlite3.connect(directory / "bare.db", isolation_level=None)) as store:
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = FULL")
        store.execute("CREATE TABLE IF NOT EXISTS jobs (number INTEGER PRIMARY KEY, id TEXT UNIQUE, operation TEXT, input BLOB)")
        begin, count = time.perf_counter(), 0
        while time.perf_counter() - begin < seconds:
            store.execute("INSERT INTO jobs (id, operation, input) VALUES (?, ?, ?)", (uuid.uuid4().hex, PATH, body))
            count += 1
        return count / (time.perf_counter() - begin)


def accept_rate(port, seconds):
    """Jobs per second that one client gets accepted, one after the other, on one connection; each answered 202."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json", "Prefer": "respond-async"}
    with contextlib.closing(connection):
        begin, count = time.perf_counter(), 0
        while time.perf_counter() - begin < seconds:
            connection.request("POST", PATH, REQUEST, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 202:
                count += 1
            elif answer.status != 429:
                raise RuntimeError(f"a job was answered with {answer.status}")
        return count / (time.perf_counter() - begin)


def jobs(host, directory, options):
    """Jobs accepted per second, each on the disk before its 202, beside a bare SQLite insert loop on the same disk, in turn. They run
    meanwhile: the store is written for that, too."""
    samples = {"accepted": [], "inserted": []}
    with host.serve("hello", "--tls", "off", "--jobs-dir", str(directory / "jobs"), "--jobs-keep-ms", "1s") as (_, port):
        for _ in range(options.rounds):
            samples["accepted"].append(accept_rate(port, options.seconds))
            samples["inserted"].append(insert_rate(directory, options.seconds, REQUEST))
    rates = {name: statistics.median(values) for name, values in samples.items()}
    return {"accepted_per_s": round(rates["accepted"]), "sqlite_inserts_per_s": round(rates["inserted"]),
            "ratio": round(rates["accepted"] / rates["inserted"], 3)}


def rows(name, value):
    if isinstance(value, dict):
        for key, each in value.items():
            yield from rows(f"{name}.{key}" if name else key, each)
    else:
        yield name, value


TARGETS = {
    "against_nginx.plain.ratio": ">= 0.9", "against_nginx.tls.ratio": ">= 0.9",
    "start_up.hello.exec_to_first_200_ms.median": "<= 15", "start_up.streaming.exec_to_first_200_ms.median": "<= 15",
    "start_up.hello.idle_resident_kib.generation": "<= 10240", "start_up.streaming.idle_resident_kib.generation": "<= 10240",
    "start_up.hello.stripped_bytes": "<= 32768", "start_up.streaming.stripped_bytes": "<= 32768",
    "websockets.host_resident_mib": "<= 250", "websockets.broadcast_ms.median": "<= 200",
    "half_open.plain.p99_ratio": "< 2", "half_open.tls.p99_ratio": "< 2",
    "replacing.swaps.failed": "0", "replacing.upgrades.failed": "0", "replacing.swaps_20ms.failed": "0", "replacing.upgrades_20ms.failed": "0",
    **{f"conversions.{kind}_{size}mb.ours.{what}": limit for kind in conversions.KINDS
       for size, what, limit in ((5, "seconds.p95", "<= 3"), (50, "seconds.p95", "<= 120"), (5, "peak_mib", "<= 100"), (50, "peak_mib", "<= 100"))},
    "mcp.ratio_to_plain": ">= 0.6", "mcp.ratio_to_sdk": ">= 10",
    "crashes.refused": "0", "crashes.until_served_ms.median": "<= 50",
}


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build directory with -Dbenchmarks=true")
    parser.add_argument("--json", type=pathlib.Path, required=True, help="where the figures are kept")
    parser.add_argument("--only", action="append", help="against_nginx, start_up, websockets, half_open, supervision, audit, jobs, mcp, conversions, fidelity, replacing or crashes; repeatable")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of one wrk run")
    parser.add_argument("--starts", type=int, default=30)
    parser.add_argument("--websockets", type=int, default=10000)
    parser.add_argument("--broadcasts", type=int, default=10)
    parser.add_argument("--half-open", type=int, default=5000)
    parser.add_argument("--swaps", type=int, default=1000)
    parser.add_argument("--upgrades", type=int, default=100)
    parser.add_argument("--conversions", type=int, default=20, help="runs of each document of 5 MB")
    parser.add_argument("--crashes", type=int, default=100)
    options = parser.parse_args()
    options.build = options.build.resolve()
    return options


def main():
    options = parse_options()
    needed = max(options.websockets, options.half_open) + 200
    if processes.raise_file_limit() < needed:
        sys.exit(f"the limit of open files is below {needed}: raise the hard limit (ulimit -Hn)")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="crank-bench-"))
    try:
        host = processes.Host(options.build, directory)
        parts = {"against_nginx": lambda: against_nginx(host, directory, options), "start_up": lambda: start_up(host, options),
                 "websockets": lambda: websockets(host, options), "half_open": lambda: half_open(host, directory, options),
                 "supervision": lambda: supervision(host, directory, options),
                 "audit": lambda: audit(host, directory, options), "jobs": lambda: jobs(host, directory, options),
                 "mcp": lambda: tools.calls(host, directory, options),
                 "conversions": lambda: conversions.conversions(options.build, directory, options),
                 "fidelity": lambda: conversions.fidelity(options.build, directory, options),
                 "replacing": lambda: replacing.swaps_and_upgrades(host, directory, options),
                 "crashes": lambda: replacing.crashes(host, directory, options)}
        result = {"machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count(), "kernel": platform.release()}}
        for name, measure in parts.items():
            if not options.only or name in options.only:
                print(f"measuring {name}", file=sys.stderr, flush=True)
                result[name] = measure()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    for name, value in rows("", result):
        print(f"{name:<58} {value!s:>16}  {TARGETS.get(name, '')}".rstrip())
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
