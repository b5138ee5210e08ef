import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { After, AfterAll, Before, BeforeAll, Given, Then, When, setDefaultTimeout } from "@cucumber/cucumber";
import { make_documents } from "../support/documents.mjs";
import { Receiver, is_signed } from "../support/receiver.mjs";
import { kind, time_scale, url } from "../support/target.mjs";
import { make_worker, until } from "../support/worker.mjs";

setDefaultTimeout(300_000 * time_scale);

let documents, directory, worker, receiver;

BeforeAll(async () => {
  documents = make_documents();
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "crank-e2e-worker-"));
  worker = await make_worker(directory, documents);
  receiver = await new Receiver().start();
});

AfterAll(async () => {
  await worker?.stop();
  receiver?.stop();
  documents?.remove();
  fs.rmSync(directory, { recursive: true, force: true });
});

Before(async function () {
  this.agent = await worker.agent();
  this.started = Date.now();
});

After(async () => worker.disconnect());

// Where the document is for the worker: under a root of one that runs here, uploaded for another.
async function document_of(name) {
  if (kind !== "url") return { input_path: name };
  const body = fs.readFileSync(path.join(documents.inside, name));
  const response = await worker.http(`/v1/artifacts/${encodeURIComponent(name)}`, { method: "POST", body, headers: { "Content-Type": "application/octet-stream" } });
  assert.equal(response.status, 201, await response.clone().text());
  return { input_artifact: (await response.json()).href };
}

async function call(world, agent, name, args, options = {}) {
  const result = await agent.callTool({ name, arguments: args }, undefined, { timeout: 250_000 * time_scale, resetTimeoutOnProgress: true, ...options });
  world.result = result;
  world.said = result.structuredContent ?? {};
  return result;
}

async function convert(world, agent, name, target, more = {}) {
  world.source = path.join(documents.inside, name);
  return call(world, agent, "convert_document", { ...(await document_of(name)), target, ...more });
}

const text_of = (result) => result.content.filter((one) => one.type === "text").map((one) => one.text).join("\n");
const link_of = (result) => result.content.find((one) => one.type === "resource_link");
const digest_of = (bytes) => crypto.createHash("sha256").update(bytes).digest("hex");
const converters = () => fs.readdirSync("/proc").filter((one) => /^\d+$/.test(one)).filter((pid) => {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0].endsWith("doc-convert");
  } catch {
    return false;
  }
});

// The file of the result: linked, or inside the answer where it is short and nothing keeps it.
async function file_of(result) {
  const link = link_of(result);
  if (link) return { name: link.name, bytes: await worker.fetch(link.uri) };
  const resource = result.content.find((one) => one.type === "resource")?.resource;
  assert.ok(resource, `no file in ${JSON.stringify(result).slice(0, 500)}`);
  return { name: result.structuredContent.name, bytes: Buffer.from(resource.blob ?? resource.text, resource.blob ? "base64" : "utf8") };
}

Given("a worker that converts documents", async function () {
  const { tools } = await this.agent.listTools();
  assert.ok(tools.some((tool) => tool.name === "convert_document"), "there is no tool convert_document");
});
Given("another agent", async function () { this.other = await worker.agent(); });
Given("a token without the scope", function () {
  this.token = worker.add_token(`narrow-${Date.now()}`, "nothing.of.this");
});

When("the agent converts {string} to {string}", async function (name, target) { await convert(this, this.agent, name, target); });
When("the agent converts {string} to {string} {int} times", async function (name, target, times) {
  this.times = [];
  for (let i = 0; i < times; ++i) {
    const started = Date.now();
    await convert(this, this.agent, name, target);
    assert.equal(this.said.status, "ok", text_of(this.result));
    this.times.push(Date.now() - started);
  }
});
When("the agent converts {string} to {string} and asks to be called back", async function (name, target) {
  this.started = Date.now();
  await convert(this, this.agent, name, target, receiver.is_reachable ? { callback_url: receiver.url } : {});
});
When("the agent converts that result to {string}", async function (target) {
  await call(this, this.agent, "convert_document", { input_artifact: link_of(this.result).uri, target });
});
When("the agent sends {string} inline and wants {string}", async function (name, target) {
  const document_data = fs.readFileSync(path.join(documents.inside, name)).toString("base64");
  await call(this, this.agent, "convert_document", { document_data, name, target });
});
When("the agent names the path {string} and wants {string}", async function (input_path, target) {
  await call(this, this.agent, "convert_document", { input_path, target });
});
When("the agent waits for the job", async function () {
  this.beats = [Date.now()];
  const arguments_ = { job_id: this.job ?? this.said.job_id, timeout_seconds: 280 * time_scale };
  this.job = arguments_.job_id;
  for (;;) { // whoever is connected when a process ends or dies has to ask again
    try {
      await call(this, this.agent, "wait_job", arguments_, { onprogress: () => this.beats.push(Date.now()) });
      if (!["running", "queued"].includes(this.said.status)) break;
    } catch (error) {
      await worker.disconnect();
      this.agent = await until(() => worker.agent().catch(() => undefined), `the worker is there again after ${error}`);
    }
  }
  this.beats.push(Date.now());
});
When("the agent waits until the job runs", async function () {
  this.job = this.said.job_id;
  assert.ok(this.job, text_of(this.result));
  await until(async () => (await call(this, this.agent, "get_job", { job_id: this.job })).structuredContent.status === "running", "the job runs");
  if (kind !== "url") await until(() => converters().length > 0, "a converter runs");
});
When("the agent cancels the job", async function () {
  await call(this, this.agent, "cancel_job", { job_id: this.job });
  this.cancelled = Date.now();
});
When("the worker's serving process is killed", function () { process.kill(worker.generation().pid, "SIGKILL"); });
When("the plugin is exchanged", function () { worker.reload(); });
When("the agent with that token converts {string} to {string}", async function (name, target) {
  const agent = await until(() => worker.agent({ token: this.token }).catch(() => undefined), "the worker has seen the new token");
  try {
    await call(this, agent, "convert_document", { ...(await document_of(name)), target });
  } catch (error) {
    this.error = error;
  }
});
When("both agents convert {string} to {string} at once", async function (name, target) {
  const given = await document_of(name);
  const one = (agent) => call({}, agent, "convert_document", { ...given, target });
  this.results = await Promise.all([one(this.agent), one(this.other)]);
});

Then("the status is {string}", function (status) { assert.equal(this.said.status, status, text_of(this.result)); });
Then("the result is a file {string}", async function (name) {
  this.file = await file_of(this.result);
  assert.equal(this.file.name, name);
  assert.ok(this.file.bytes.length > 0);
});
Then("python-docx opens it and finds the text of the document", function () {
  const file = path.join(directory, "opened.docx");
  fs.writeFileSync(file, this.file.bytes);
  const script = "import docx, sys; print(' '.join(p.text for p in docx.Document(sys.argv[1]).paragraphs))";
  const words = (text) => new Set(text.match(/\p{L}{4,}/gu));
  const found = words(execFileSync("/usr/bin/python3", ["-c", script, file], { encoding: "utf8", maxBuffer: 1 << 28 }));
  const wanted = words(execFileSync("pdftotext", [this.source, "-"], { encoding: "utf8", maxBuffer: 1 << 28 }));
  const kept = [...wanted].filter((word) => found.has(word)).length;
  assert.ok(kept >= 0.9 * wanted.size, `${kept} of ${wanted.size} words are there`);
});
Then("its sha256 has 64 hex digits and matches the file", function () {
  assert.match(this.said.sha256, /^[0-9a-f]{64}$/);
  assert.equal(this.said.sha256, digest_of(this.file.bytes));
});
Then("{int} of 100 answers came within {int} seconds", function (share, seconds) {
  const sorted = [...this.times].sort((a, b) => a - b);
  const at = sorted[Math.ceil((sorted.length * share) / 100) - 1];
  assert.ok(at <= seconds * 1000 * time_scale, `p${share} is ${at} ms: ${sorted}`);
});
Then("there is a job_id", function () { assert.match(this.said.job_id, /^[0-9a-zA-Z_-]{8,}$/); });
Then("progress came at least every {int} seconds", function (seconds) {
  const gaps = this.beats.slice(1).map((at, i) => at - this.beats[i]);
  const slack = 500; // the beat's own way here
  assert.ok(Math.max(...gaps) <= seconds * 1000 * time_scale + slack, `gaps: ${gaps}`);
});
Then("the callback has job_id, status {string}, artifact_path and the sha256 of the file, and its signature is right", async function (status) {
  if (!receiver.is_reachable) return "skipped";
  const mine = () => receiver.requests.find((one) => JSON.parse(one.body).job_id === this.job);
  const request = await until(mine, "the callback comes");
  this.called_back = request.at;
  const body = JSON.parse(request.body);
  assert.equal(body.status, status);
  assert.equal(body.sha256, digest_of(this.file.bytes));
  assert.ok(body.artifact_path.endsWith(encodeURIComponent(this.file.name)));
  if (kind !== "stdio") assert.deepEqual(await worker.fetch(body.artifact_path), this.file.bytes);
  if (worker.callback_secret) assert.ok(is_signed(request, worker.callback_secret), "the signature is wrong");
});
Then("all of it took at most {int} seconds", function (seconds) {
  const took = Math.max(this.called_back, this.beats.at(-1)) - this.started;
  assert.ok(took <= seconds * 1000 * time_scale, `${took} ms`);
});
Then("an audit event of the call has a request_id, the tool, status {string} and a duration", async function (status) {
  if (!worker.audit) return "skipped";
  const started = this.started;
  const event = await until(() => worker.audit_events().findLast((one) => one.kind === "call" && one.operation === "document.convert" && Date.parse(one.time) >= started - 1000 && one.status === status), `an audit event with status ${status}`);
  assert.ok(event.request_id);
  const duration = event.duration_us ?? event.duration_ms;
  assert.ok(duration >= 0, JSON.stringify(event));
});
Then("an audit event of the job has status {string}", async function (status) {
  if (!worker.audit) return "skipped";
  await until(() => worker.audit_events().find((one) => (one.job ?? one.job_id) === this.job && one.status === status), "an audit event of the job");
});
Then("an audit event tells of the refusal", async function () {
  if (!worker.audit) return "skipped";
  await until(() => worker.audit_events().find((one) => one.kind === "refused" && one.subject?.startsWith("narrow-")), "an audit event of the refusal");
});
Then("the audit log verifies", function () {
  if (!worker.audit) return "skipped";
  worker.verify_audit();
});
Then("the job is cancelled", async function () {
  await until(async () => (await call(this, this.agent, "get_job", { job_id: this.job })).structuredContent.status === "cancelled", "the job is cancelled");
});
Then("no converter is left", async () => {
  if (kind === "url") return "skipped";
  await until(() => converters().length === 0, "the converter is gone");
});
Then("no converter is left after {float} seconds", async function (seconds) {
  if (kind === "url") return "skipped";
  await until(() => converters().length === 0, "the converter is gone");
  const took = Date.now() - this.cancelled;
  assert.ok(took <= seconds * 1000 * time_scale, `${took} ms`);
});
Then("the agent can convert {string} to {string}", async function (name, target) {
  await convert(this, this.agent, name, target);
  assert.equal(this.said.status, "ok", text_of(this.result));
});
Then("the call is refused with {string}", function (word) {
  assert.ok(this.result.isError, JSON.stringify(this.result).slice(0, 500));
  assert.ok(text_of(this.result).includes(word), text_of(this.result));
});
Then("it has no such tool", function () {
  assert.ok(this.error || this.result?.isError, "it was let through");
});
Then("both got the same file", async function () {
  const [one, other] = await Promise.all(this.results.map(file_of));
  assert.equal(digest_of(one.bytes), this.results[0].structuredContent.sha256);
  assert.equal(digest_of(other.bytes), digest_of(one.bytes));
});
