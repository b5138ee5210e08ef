// The worker under test: what there is to know of it, and how an agent gets to it.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Agent, fetch as undici_fetch } from "undici";
import { build, host, kind, time_scale, url, uses_token } from "./target.mjs";

const plugin = () => process.env.CRANK_PLUGIN ?? path.join(build, "plugins/doc_converter/libdoc_converter.so");
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function until(condition, what, seconds = 60) {
  const end = Date.now() + seconds * 1000 * time_scale;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`did not happen: ${what}`);
    await pause(20);
  }
}

// Of `crank-host`, with the environment of a test; its standard output.
function crank_host(worker, ...words) {
  return execFileSync(host, words, { env: worker.environment, encoding: "utf8" });
}

class Worker {
  clients = [];

  constructor(directory, documents) {
    this.directory = directory;
    this.documents = documents;
    this.audit = process.env.AUDIT_DIR ?? (kind === "url" ? undefined : path.join(directory, "audit"));
    this.jobs = path.join(directory, "jobs");
    this.certificates = path.join(directory, "certificates");
    this.environment = { PATH: process.env.PATH, HOME: directory, CERT_DIR: this.certificates };
    for (const name of ["LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"]) if (process.env[name]) this.environment[name] = process.env[name];
  }

  settings(jobs = this.jobs, audit = this.audit) {
    return ["--plugin", plugin(), "--set", `doc_converter.input_roots=["${this.documents.inside}"]`, "--jobs-dir", jobs, "--audit-dir", audit,
      "--callback-secret-file", path.join(this.directory, "callbacks.secret"), "--callback-allow", "127.0.0.1"];
  }

  make_secrets() {
    this.callback_secret = crank_host(this, "callbacks", "secret", path.join(this.directory, "callbacks.secret")).trim();
  }

  // An agent: the official client, connected.
  async agent(options = {}) {
    const client = new Client({ name: "e2e", version: "1" }, { capabilities: {} });
    await client.connect(this.transport(options));
    this.clients.push(client);
    return client;
  }

  async disconnect() {
    for (const client of this.clients.splice(0)) await client.close().catch(() => {});
  }

  // The bytes of a result, by the link that the tool answered with.
  async fetch(uri) {
    if (uri.startsWith("file://")) return fs.readFileSync(new URL(uri));
    const response = await this.http(uri);
    if (response.status !== 200) throw new Error(`${uri}: ${response.status} ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }

  http(address, init = {}) {
    const headers = { ...init.headers, ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}) };
    return undici_fetch(new URL(address, this.url), { ...init, headers, dispatcher: this.dispatcher });
  }

  audits() {
    return [this.audit];
  }

  audit_events() {
    return this.audits().flatMap((audit) => fs.readdirSync(audit).filter((name) => /^audit.*\.jsonl?$/.test(name)).sort()
      .flatMap((name) => fs.readFileSync(path.join(audit, name), "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line))));
  }

  verify_audit() {
    for (const audit of this.audits()) execFileSync(host, ["audit", "verify", audit], { env: { PATH: process.env.PATH, HOME: this.directory } });
  }
}

// Each agent starts a server of its own, and each server has its own records and jobs.
class StdioWorker extends Worker {
  agents = 0;

  async start() {
    fs.mkdirSync(this.certificates, { recursive: true });
    this.make_secrets();
    return this;
  }
  transport() {
    const own = (name) => path.join(this.directory, `${name}-${this.agents}`);
    ++this.agents;
    return new StdioClientTransport({ command: host, args: ["mcp", ...this.settings(own("jobs"), own("audit"))], env: this.environment, stderr: process.env.E2E_VERBOSE ? "inherit" : "ignore" });
  }
  audits() {
    return fs.readdirSync(this.directory).filter((name) => name.startsWith("audit-")).map((name) => path.join(this.directory, name));
  }
  async stop() {
    await this.disconnect();
  }
}

class HttpWorker extends Worker {
  connect_to(address, { ca, cert, key, token }) {
    this.url = address;
    this.token = token;
    const read = (file) => (file ? fs.readFileSync(file) : undefined);
    const servername = /^\d+\.|^\[|^localhost$/.test(new URL(address).hostname) ? "localhost" : undefined;
    this.dispatcher = new Agent({ connect: { ca: read(ca), cert: read(cert), key: read(key), servername }, headersTimeout: 0, bodyTimeout: 0 });
  }
  transport({ token = this.token } = {}) {
    const dispatcher = this.dispatcher;
    return new StreamableHTTPClientTransport(new URL("/mcp", this.url), {
      fetch: (address, init) => undici_fetch(address, { ...init, dispatcher }),
      requestInit: token ? { headers: { Authorization: `Bearer ${token}` } } : undefined,
    });
  }
}

// Started here: a certificate for each side, or a token, is required.
class LocalWorker extends HttpWorker {
  async start() {
    crank_host(this, "certs", "init", "--cert-dir", this.certificates);
    this.make_secrets();
    const file = (name) => path.join(this.certificates, name);
    this.tokens = path.join(this.directory, "tokens");
    const token = this.add_token("e2e", "*");
    const ready = path.join(this.directory, "ready");
    this.control = path.join(this.directory, "control");
    const log = fs.openSync(path.join(this.directory, "log"), "w");
    this.process = spawn(host, [...this.settings(), "--host", "localhost", "--port", "0", "--ready-file", ready, "--control", this.control,
      "--client-auth", uses_token ? "optional" : "required", "--tokens-file", this.tokens], { env: this.environment, stdio: ["ignore", log, log] });
    await until(() => (fs.existsSync(ready) && fs.readFileSync(ready, "utf8").endsWith("\n")) || this.process.exitCode !== null, "the worker is ready");
    if (this.process.exitCode !== null) throw new Error(fs.readFileSync(path.join(this.directory, "log"), "utf8"));
    const address = fs.readFileSync(ready, "utf8").split("\n")[0].replace("//localhost:", "//127.0.0.1:");
    this.connect_to(address, uses_token ? { ca: file("ca.crt"), token } : { ca: file("ca.crt"), cert: file("client.crt"), key: file("client.key") });
    return this;
  }
  add_token(name, scopes) {
    return crank_host(this, "tokens", "add", name, "--scopes", scopes, "--tokens-file", this.tokens).trim();
  }
  generation() {
    const status = JSON.parse(crank_host(this, "status", "--json", "--control", this.control));
    return status.generations.find((one) => one.state === "active");
  }
  reload() {
    crank_host(this, "reload", "--control", this.control);
  }
  async stop() {
    await this.disconnect();
    this.process.kill("SIGTERM");
    await until(() => this.process.exitCode !== null || this.process.signalCode !== null, "the worker ends");
  }
}

// Already there.
class RemoteWorker extends HttpWorker {
  async start() {
    const { CA: ca, CERT: cert, KEY: key, TOKEN: token } = process.env;
    this.connect_to(url, { ca, cert, key, token });
    this.callback_secret = process.env.CALLBACK_SECRET;
    return this;
  }
  async stop() {
    await this.disconnect();
  }
}

export function make_worker(directory, documents) {
  const Kind = { stdio: StdioWorker, https: LocalWorker, url: RemoteWorker }[kind];
  return new Kind(directory, documents).start();
}
