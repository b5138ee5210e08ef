// A receiver of callbacks, as https://www.standardwebhooks.com describes one.
import crypto from "node:crypto";
import http from "node:http";

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
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
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
