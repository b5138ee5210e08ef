// Read by cucumber-js in this folder. What does not apply to a target is left out by its tag; support/target.mjs says which those are.
import { excluded } from "./support/target.mjs";

const wanted = process.env.TAGS ? `(${process.env.TAGS})` : "";
export default {
  paths: ["*.feature"],
  import: ["steps/*.mjs", "support/*.mjs"],
  tags: [wanted, ...excluded().map((tag) => `not ${tag}`)].filter(Boolean).join(" and "),
  format: ["./support/lines.mjs", ...(process.env.CUCUMBER_FORMAT ? [process.env.CUCUMBER_FORMAT] : [])],
  publish: false,
};
