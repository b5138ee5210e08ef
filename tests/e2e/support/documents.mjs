// The documents that the scenarios convert, made once into a folder.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { source } from "./target.mjs";

const markdown = "# A small document\n\nWith *emphasis*, a [link](https://example.org/) and a table.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

// DIRECTORY/in is the root that workers may read; outside.md is beside it.
export function make_documents() {
  const kept = process.env.E2E_DOCUMENTS;
  const directory = kept ?? fs.mkdtempSync(path.join(os.tmpdir(), "crank-e2e-"));
  const inside = path.join(directory, "in");
  fs.mkdirSync(path.join(inside, "sub"), { recursive: true });
  const put = (name, content) => fs.writeFileSync(path.join(inside, name), content);
  for (const [name, size] of [["sample-5mb.pdf", 5], ["sample-50mb.pdf", 50]]) {
    const file = path.join(inside, name);
    if (!fs.existsSync(file)) execFileSync("python3", [path.join(source, "tests/bench/documents.py"), "mixed", String(size), file], { stdio: "inherit" });
  }
  put("small.md", markdown);
  put("noise.pdf", Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 251)));
  put("picture.png", png);
  put("cut.docx", Buffer.from("PK\x03\x04 and no more"));
  execFileSync("qpdf", ["--encrypt", "secret", "secret", "256", "--", path.join(inside, "sample-5mb.pdf"), path.join(inside, "encrypted.pdf")]);
  fs.writeFileSync(path.join(directory, "outside.md"), "# Secret\n");
  fs.rmSync(path.join(inside, "link-to-outside.md"), { force: true });
  fs.symlinkSync(path.join(directory, "outside.md"), path.join(inside, "link-to-outside.md"));
  return { directory, inside, remove: () => kept || fs.rmSync(directory, { recursive: true, force: true }) };
}
