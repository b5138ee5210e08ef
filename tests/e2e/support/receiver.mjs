// A receiver of callbacks, as https://www.standardwebhooks.com describes one.
import crypto from "node:crypto";
import http from "node:http";
import { url } from "./target.mjs";

export class Receiver {
  requests = [];

  async start() {
    this.server = http.createServer((request, response) => {
      const pieces = [];
      request.on("data", (piece) => pieces.push(piece));
      request.on("end", () => {
        this.requests.push({ headers: request.headers, body: Buffer.concat(pieces), at: Date.now() });
        response.writeHead(204).end();
      });
    });
    // Without an address: on all of the machine, with IPv6 or without.
    const [port, address] = process.env.CALLBACK_PORT ? [Number(process.env.CALLBACK_PORT), undefined] : [0, "127.0.0.1"];
    await new Promise((resolve, reject) => this.server.once("error", reject).listen(port, address, resolve));
    return this;
  }

  // Whether the worker gets there: one on another machine has to be told how.
  get is_reachable() {
    return url === undefined || process.env.CALLBACK_BASE !== undefined || ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
  }

  get url() {
    return `${process.env.CALLBACK_BASE ?? `http://127.0.0.1:${this.server.address().port}`}/outcome`;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

export function is_signed({ headers, body }, secret) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const mac = crypto.createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`).update(body).digest("base64");
  return headers["webhook-signature"].split(" ").includes(`v1,${mac}`);
}
