// The official TypeScript SDK's server with the hello worker's tool, as quick as it goes: one session, answers as JSON. Prints its port.
import http from "node:http";
import { randomUUID } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import * as z from "zod";

let count = 0;
const server = new McpServer({ name: "bench", version: "1" });
server.registerTool("example_hello_world", {
  description: "Greets with a message.",
  inputSchema: { message: z.string(), options: z.object({}).passthrough().optional() },
  outputSchema: { greeting: z.string(), metadata: z.object({}).passthrough(), processing_time_ms: z.number() },
}, async ({ message, options }) => {
  const greeting = `Hello, ${message.trim()}!`;
  const structuredContent = {
    greeting, metadata: { total_greetings: ++count, options_applied: options ?? {}, character_count: greeting.length }, processing_time_ms: 0,
  };
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
});
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID(), enableJsonResponse: true });
await server.connect(transport);
const listener = http.createServer((request, response) => transport.handleRequest(request, response));
listener.listen(0, "127.0.0.1", () => console.log(listener.address().port));
