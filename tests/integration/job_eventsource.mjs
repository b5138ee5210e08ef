// Follows a job as EventSource of the browsers' standard does, until the server says that there is no more (204).
// Prints one JSON object a line: {"open": N} for each connection, and each event.
// usage: node job_eventsource.mjs URL
import { EventSource } from "eventsource";

let connections = 0;
const source = new EventSource(process.argv[2]);
source.addEventListener("open", () => console.log(JSON.stringify({ open: (connections += 1) })));
for (const name of ["state", "progress", "end"]) {
  source.addEventListener(name, (event) =>
    console.log(JSON.stringify({ type: event.type, id: Number(event.lastEventId), job: JSON.parse(event.data) })));
}
source.addEventListener("error", (event) => {
  if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself
  console.log(JSON.stringify({ closed: event.code }));
  process.exit(event.code === 204 ? 0 : 1);
});
