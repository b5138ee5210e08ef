// The manifest of the streaming plugin (plugin_api/MANIFEST.md): what the host knows before it runs any of it.
// One literal per line, so that the indentation stays out of the plugin.
#pragma once

namespace streaming {

// clang-format off
inline constexpr char manifest[] =
    R"({"id":"streaming","version":"2.0.0","license":"Apache-2.0",)"
    R"("description":"Streams text, periodic events and WebSocket messages.",)"
    R"("service":{"name":"crank-streaming","port":8500,"port_env":"STREAMING_HTTPS_PORT"},)"
    R"("config_schema":{"type":"object","additionalProperties":false,"properties":{)"
      R"("pace_ms":{"type":"integer","minimum":0,"maximum":3600000,"default":100,)"
        R"("description":"Pause between two chunks of /stream/text; 0 for none"},)"
      R"("events_interval_ms":{"type":"integer","minimum":0,"maximum":3600000,"default":5000,)"
        R"("description":"Pause between two events of /events; 0 for none"}}},)"

    R"("capabilities":[{"id":"text.stream","verb":"stream","version":"1.0.0","streaming":true,)"
      R"("description":"Cuts a text into chunks of so many words, one item each, without pauses.",)"
      R"("input_schema":{"type":"object","required":["content"],"additionalProperties":false,"properties":{)"
        R"("content":{"type":"string","description":"The text; without words it has no chunks"},)"
        R"("chunk_size":{"type":"integer","minimum":1,"default":100,"description":"Words per chunk"}}},)"
      R"("output_schema":{"type":"object","required":["chunk_id","content","is_last","timestamp"],)"
        R"("additionalProperties":false,"properties":{)"
        R"("chunk_id":{"type":"integer","minimum":0},)"
        R"("content":{"type":"string","minLength":1,"description":"Words with one blank between them"},)"
        R"("is_last":{"type":"boolean"},)"
        R"("timestamp":{"type":"string","format":"date-time"}}},)"
      R"("examples":[{"content":"one two three four five","chunk_size":2}]}],)"

    R"("routes":[)"
      R"({"method":"POST","path":"/stream/text","events":"stream_text","inline":true,"drain":"finish",)"
        R"("description":"A text in chunks, one paced event each; Last-Event-ID continues after that chunk.",)"
        R"("limits":{"max_body_bytes":1048576},)"
        /* Other members are ignored, as the old service did. */
        R"("input_schema":{"type":"object","required":["content"],"properties":{)"
          R"("content":{"type":"string"},)"
          R"("stream_type":{"type":"string","default":"text","description":"Without effect"},)"
          R"("chunk_size":{"type":"integer","minimum":1,"default":100,"description":"Words per chunk"}}},)"
        R"("output_schema":{"type":"object","required":["chunk_id","content","is_last","timestamp"],"properties":{)"
          R"("chunk_id":{"type":"integer"},"content":{"type":"string"},"is_last":{"type":"boolean"},)"
          R"("timestamp":{"type":"string","format":"date-time"}}}},)"
      R"({"method":"GET","path":"/events","events":"events","inline":true,)"
        R"("description":"A periodic event until the client leaves.",)"
        R"("output_schema":{"type":"object",)"
          R"("required":["event_id","timestamp","worker_id","active_connections","message"],"properties":{)"
          R"("event_id":{"type":"integer"},"timestamp":{"type":"string","format":"date-time"},)"
          R"("worker_id":{"type":"string"},"active_connections":{"type":"integer"},"message":{"type":"string"}}}},)"
      R"({"method":"GET","path":"/ws","websocket":"ws","inline":true,)"
        R"("description":"Answers every JSON message and broadcasts it to all who are connected."},)"
      R"({"method":"GET","path":"/capabilities","call":"capabilities","inline":true,)"
        R"("description":"What this worker streams.","output_schema":{"type":"object"}},)"
      R"({"method":"GET","path":"/","call":"root","inline":true,)"
        R"("description":"Service information.","output_schema":{"type":"object"}}]})";
// clang-format on

} // namespace streaming
