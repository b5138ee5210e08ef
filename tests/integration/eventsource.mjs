// Prints the first COUNT events of a stream, one JSON object a line, as EventSource of the browsers' standard delivers them.
// usage: node eventsource.mjs URL COUNT [EVENT [reconnect]]
import { EventSource } from "eventsource";

const [url, count, name = "message", reconnect] = process.argv.slice(2);
let requests = 0;
const source = new EventSource(url, {
  fetch: (input, init) => {
    requests += 1;
    // The second request carries where the first one stopped; a stream that is over ends the test.
    if (reconnect && requests === 2) {
      source.close();
      process.exit(init.headers["Last-Event-ID"] === count ? 0 : 1);
    }
    return fetch(input, init);
  },
});
let seen = 0;
source.addEventListener(name, (event) => {
  console.log(JSON.stringify({ data: event.data, lastEventId: event.lastEventId, type: event.type }));
  seen += 1;
  if (seen === Number(count) && !reconnect) {
    source.close();
    process.exit(0);
  }
});
source.addEventListener("error", (event) => {
  if (event.code !== undefined) {
    console.error(event.message);
    process.exit(1);
  }
});
