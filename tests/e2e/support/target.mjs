// What the scenarios run against: TARGET=stdio (the default), https (a worker that is started here, with a client certificate or, with
// AUTH=token, a bearer token), or the URL of a worker that runs, with CA, and CERT and KEY or TOKEN. For a URL, AUDIT_DIR names the worker's
// audit log where it can be read from here, and CALLBACK_BASE an address that the worker reaches and that leads to CALLBACK_PORT of this
// machine.
import path from "node:path";

const target = process.env.TARGET ?? "stdio";
export const kind = target.includes("://") ? "url" : target;
export const url = kind === "url" ? target.replace(/\/+$/, "") : undefined;
export const uses_token = kind === "url" ? Boolean(process.env.TOKEN) : process.env.AUTH === "token";
export const source = path.resolve(import.meta.dirname, "../../..");
export const build = path.resolve(process.env.CRANK_BUILD_DIR ?? path.join(source, "build"));
export const host = process.env.CRANK_HOST_BIN ?? path.join(build, "host/crank-host");
// Bounds of time are multiplied by this on machines that do something else besides, or with a sanitizer's build.
export const time_scale = Number(process.env.CRANK_TEST_TIME_SCALE ?? 1);

if (!["stdio", "https", "url"].includes(kind)) throw new Error(`TARGET=${target} is none of stdio, https and a URL`);

// Tags of scenarios that this target has no use for: @http without HTTP, @local what is done to a process of this machine, @token
// without tokens that can be handed out here.
export function excluded() {
  const tags = [];
  if (kind === "stdio") tags.push("@http", "@token", "@local");
  if (kind === "url") tags.push("@local", "@token");
  if (kind === "https" && !uses_token) tags.push("@token");
  return tags;
}
