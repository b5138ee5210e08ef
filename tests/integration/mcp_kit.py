"""What the MCP tests have in common: the official SDKs as clients, a server over stdio spoken to by hand, and messages."""
import json
import os
import subprocess

from conftest import BOUND, HOST, SANITIZER, SOURCE, environment, plugin_file, until

MODULES = SOURCE / "tests" / "node_modules"
# The conformance suite and the second SDK need a newer Node.js than Debian's; npm brings one.
NODE_ENVIRONMENT = {**os.environ, "PATH": f"{MODULES / 'node' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
MODERN = "2026-07-28"
# SDK and era: 1 speaks the legacy era alone, 2 both.
SDKS = [(1, None), (2, "legacy"), (2, {"pin": MODERN})]


def node(script, *arguments, input="", check=True):
    """A program of tests/integration or node_modules, run to its end."""
    path = SOURCE / "tests" / script
    done = subprocess.run(["node", str(path), *map(str, arguments)], input=input, capture_output=True, text=True, env=NODE_ENVIRONMENT,
                          timeout=5 * BOUND, check=False, cwd=path.parent)
    assert not check or done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done


def sdk(steps, which, **connection):
    """What an official client gets for each of `steps`."""
    number, mode = which
    results = json.loads(node("integration/mcp_client.mjs", input=json.dumps(
        {"sdk": number, "mode": mode, "steps": steps, **{key: value if isinstance(value, dict) else str(value)
                                                         for key, value in connection.items()}})).stdout)
    assert "connect_error" not in results[-1], results[-1]
    return results


def request(method, number=1, params=None):
    return {"jsonrpc": "2.0", "id": number, "method": method, **({"params": params} if params is not None else {})}


def modern(params=None, capabilities=None):
    """Parameters with what every modern request says of itself."""
    meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": capabilities or {}}
    params = dict(params or {})
    return {**params, "_meta": {**meta, **params.get("_meta", {})}}


def call(name, arguments=None, **more):
    return {"name": name, "arguments": arguments or {}, **more}


class Stdio:
    """`crank-host mcp`, spoken to in lines."""

    def __init__(self, certificates, directory, plugins, arguments=()):
        command = [str(HOST), "mcp"]
        for plugin in plugins:
            command += ["--plugin", str(plugin_file(plugin))]
        self.errors = directory / "stderr"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen([*command, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=errors, env=environment(certificates, directory), cwd=directory)

    def write(self, data):
        self.process.stdin.write(data.encode() if isinstance(data, str) else data)
        self.process.stdin.flush()

    def send(self, message):
        self.write(json.dumps(message) + "\n")

    def read(self):
        """The next message; every line is one."""
        line = self.process.stdout.readline()
        assert line.endswith(b"\n"), (line, self.log())
        return json.loads(line)

    def answer(self, number):
        """The answer to a request, and what came before it."""
        before = []
        while True:
            message = self.read()
            if message.get("id") == number and "method" not in message:
                return message, before
            before.append(message)

    def ask(self, method, params=None, number=1):
        self.send(request(method, number, params))
        return self.answer(number)[0]

    def result(self, method, params=None, number=1):
        message = self.ask(method, params, number)
        assert "result" in message, message
        return message["result"]

    def log(self):
        return self.errors.read_text(errors="replace")

    def wait_log(self, text):
        until(lambda: text in self.log(), f"{text!r} in the log:\n{self.log()}")

    def end(self):
        """Ends its input; the exit code and what it still said."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        code = self.process.wait(timeout=BOUND)
        assert not SANITIZER.search(self.log()), self.log()
        return code, [json.loads(line) for line in rest.splitlines()]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
