// Drives crank-host with the official MCP SDKs: one JSON object on stdin says how to connect and what to do, one JSON array on
// stdout what came of each step. {"sdk": 1 or 2, "mode": of SDK 2, "stdio": {command, args, env}, or "url" with ca, cert, key,
// token; "capabilities" of the client; "steps": [{"do": "list"}, {"do": "call", "name", "arguments", "progress", "abort_after_ms",
// "elicits": what a person answers}, ...]}.
import fs from "node:fs";
import { Agent, fetch as undiciFetch } from "undici";

const plan = JSON.parse(fs.readFileSync(0, "utf8"));

const capabilities = plan.capabilities ?? {};

async function sdk() {
  if (plan.sdk === 2) {
    const main = await import("@modelcontextprotocol/client");
    const stdio = await import("@modelcontextprotocol/client/stdio");
    const options = { capabilities, ...(plan.mode ? { versionNegotiation: { mode: plan.mode } } : {}) };
    return {
      elicit: (client, handler) => client.setRequestHandler("elicitation/create", handler),
      sample: (client, handler) => client.setRequestHandler("sampling/createMessage", handler),
      client: new main.Client({ name: "test", version: "1" }, options),
      Http: main.StreamableHTTPClientTransport, Stdio: stdio.StdioClientTransport,
      call: (client, params, options) => client.callTool(params, options),
    };
  }
  const main = await import("@modelcontextprotocol/sdk/client/index.js");
  const http = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const stdio = await import("@modelcontextprotocol/sdk/client/stdio.js");
  const types = await import("@modelcontextprotocol/sdk/types.js");
  return {
    elicit: (client, handler) => client.setRequestHandler(types.ElicitRequestSchema, handler),
    sample: (client, handler) => client.setRequestHandler(types.CreateMessageRequestSchema, handler),
    client: new main.Client({ name: "test", version: "1" }, { capabilities }),
    Http: http.StreamableHTTPClientTransport, Stdio: stdio.StdioClientTransport,
    call: (client, params, options) => client.callTool(params, undefined, options),
  };
}

const { client, Http, Stdio, call, elicit, sample } = await sdk();
let elicited = []; // what the person answers, one after the other
if (capabilities.elicitation) elicit(client, async () => elicited.shift());
if (capabilities.sampling) {
  sample(client, async ({ params }) => ({
    model: "test", role: "assistant", stopReason: "endTurn",
    content: { type: "text", text: `I was asked: ${params.messages[0].content.text}` },
  }));
}
let transport;
if (plan.stdio) {
  transport = new Stdio({ ...plan.stdio, stderr: "inherit" });
} else {
  const file = (name) => (plan[name] ? fs.readFileSync(plan[name]) : undefined);
  const dispatcher = new Agent({ connect: { ca: file("ca"), cert: file("cert"), key: file("key"), servername: "localhost" } });
  transport = new Http(new URL(plan.url), {
    fetch: (url, init) => undiciFetch(url, { ...init, dispatcher }),
    requestInit: plan.token ? { headers: { Authorization: `Bearer ${plan.token}` } } : undefined,
  });
}

const steps = {
  list: async () => (await client.listTools()).tools,
  ping: async () => client.ping(),
  version: async () => ({ name: client.getServerVersion()?.name, instructions: client.getInstructions() }),
  // Of SDK 1 alone: as a task, followed to its end.
  task: async (step) => {
    const { CallToolResultSchema } = await import("@modelcontextprotocol/sdk/types.js");
    const seen = [];
    const stream = client.experimental.tasks.callToolStream({ name: step.name, arguments: step.arguments }, CallToolResultSchema,
                                                            { task: { ttl: 60000 } });
    for await (const one of stream) seen.push(one.type === "error" ? { type: "error", error: String(one.error) } : one);
    return seen;
  },
  call: async (step) => {
    const progress = [];
    elicited = [...(step.elicits ?? [])];
    const options = { timeout: 60000 };
    if (step.progress) options.onprogress = (one) => progress.push(one);
    if (step.abort_after_ms !== undefined) {
      const abort = new AbortController();
      options.signal = abort.signal;
      setTimeout(() => abort.abort("enough"), step.abort_after_ms);
    }
    const result = await call(client, { name: step.name, arguments: step.arguments ?? {} }, options);
    return { ...result, progress };
  },
};

const results = [];
try {
  await client.connect(transport);
  for (const step of plan.steps) {
    try {
      results.push({ value: await steps[step.do](step) });
    } catch (error) {
      results.push({ error: String(error.message ?? error), code: error.code });
    }
  }
  await client.close();
} catch (error) {
  results.push({ connect_error: String(error.message ?? error), code: error.code });
}
process.stdout.write(JSON.stringify(results), () => process.exit(0));
