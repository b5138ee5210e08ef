// process_fixture: well-behaved, its program is not. `test.run` runs it as it is told and answers with what came of it:
// {"program":"child"|"parent"|…, "do":"words that are its arguments", limits as in crank_process_spec,
// "hand":"body"|"artefact"|"both"|"closed"|"twice"|"stdin", "stop_at":"a line", "quiet":true}. The lines that it prints
// are in the answer and, one by one, in the call's progress.
#include <crank/crank.hpp>
#include <crank/json.h>

#include <string>
#include <string_view>

namespace {

constexpr char manifest[] = R"json({
  "id": "process_fixture", "version": "1.0.0", "description": "Runs a program that does what it is told.",
  "programs": [{"name": "child", "description": "Does what it is told"},
               {"name": "parent", "description": "The same, with children of its own", "children": true}],
  "capabilities": [{
    "id": "test.run", "verb": "run", "version": "1.0.0",
    "input_schema": {"type": "object", "required": ["do"], "properties": {
      "program": {"type": "string"}, "do": {"type": "string"}, "hand": {"type": "string"}, "stop_at": {"type": "string"}, "quiet": {"type": "boolean"},
      "memory_bytes": {"type": "integer"}, "cpu_ms": {"type": "integer"}, "wall_ms": {"type": "integer"},
      "file_bytes": {"type": "integer"}, "open_files": {"type": "integer"}}},
    "limits": {"max_concurrency": 64, "timeout_ms": 600000},
    "examples": [{"do": "echo hello"}]
  }, {
    "id": "test.brief", "verb": "run", "version": "1.0.0", "description": "The same within a second",
    "input_schema": {"type": "object"},
    "limits": {"timeout_ms": 1000}
  }]
})json";

crank_str slice(std::string_view text) { return {text.data(), text.size()}; }

std::string text_of(std::string_view object, const char* name) {
  crank_str value;
  if (!crank_json_find(slice(object), name, &value)) return {};
  std::string text(value.len, '\0');
  std::size_t len = 0;
  if (!crank_json_string(value, text.data(), text.size(), &len)) return {};
  text.resize(len);
  return text;
}

std::uint64_t number_of(std::string_view object, const char* name) {
  crank_str value;
  return crank_json_find(slice(object), name, &value) ? std::stoull(std::string(value.ptr, value.len)) : 0;
}

std::string quoted(std::string_view text) {
  std::string out(crank_json_escape(text.data(), text.size(), nullptr, 0), '\0');
  crank_json_escape(text.data(), text.size(), out.data(), out.size());
  return "\"" + out + "\"";
}

// What is printable: a program's words may be any bytes.
std::string plain(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

class Fixture : public crank::Plugin {
public:
  using crank::Plugin::Plugin;

  crank_status call(crank::Call& call) override {
    if (call.operation() != "test.run" && call.operation() != "test.brief") return CRANK_NOT_FOUND;
    const std::string input(call.body());
    const std::string program = text_of(input, "program");
    crank::Process process = host().process(call, program.empty() ? "child" : program);
    for (std::string_view words = text_of_do(input); !words.empty();) {
      const std::size_t end = std::min(words.find(' '), words.size());
      process.argument(std::string(words.substr(0, end)));
      words.remove_prefix(std::min(end + 1, words.size()));
    }
    process.memory_bytes(number_of(input, "memory_bytes")).cpu_ms(number_of(input, "cpu_ms"));
    process.wall_ms(number_of(input, "wall_ms")).file_bytes(number_of(input, "file_bytes"));
    process.open_files(static_cast<std::uint32_t>(number_of(input, "open_files")));
    std::string lines;
    const std::string stop_at = text_of(input, "stop_at");
    if (input.find("\"quiet\"") == std::string::npos) {
      process.on_line([&](std::string_view line) {
        if (lines.size() < 100'000) lines.append(lines.empty() ? "" : ",").append(quoted(plain(line)));
        call.progress(-1, plain(line.substr(0, 200)));
        return line != stop_at || stop_at.empty();
      });
    }
    return hand_over_and_run(call, process, text_of(input, "hand"), lines);
  }

private:
  std::string_view text_of_do(std::string_view input) {
    static thread_local std::string kept;
    kept = text_of(input, "do");
    return kept;
  }

  crank_status hand_over_and_run(crank::Call& call, crank::Process& process, const std::string& hand,
                                 const std::string& lines) {
    std::optional<crank::Artifact> artifact;
    if (hand == "body" || hand == "both") process.hand_over(host().body_descriptor(call), 3);
    if (hand == "stdin") process.hand_over(host().body_descriptor(call), 0);
    if (hand == "closed") process.hand_over(1'000'000, 3);
    if (hand == "twice") process.hand_over(0, 3).hand_over(1, 3);
    if (hand == "output") process.hand_over(0, 1);
    if (hand == "artefact" || hand == "both") {
      artifact.emplace(host().artifact(call, "written.bin", "application/octet-stream"));
      process.hand_over(artifact->descriptor(), 4);
    }
    const crank::Process::Result end = process.run();
    if (artifact && end.ok()) {
      artifact->finish();
      return CRANK_OK;
    }
    call.write("{\"exit_code\":" + std::to_string(end.exit_code) + ",\"signal\":" + std::to_string(end.signal) +
               ",\"ended_by\":" + std::to_string(end.ended_by) + ",\"ok\":" + (end.ok() ? "true" : "false") +
               ",\"peak_memory_bytes\":" + std::to_string(end.peak_memory_bytes) +
               ",\"cpu_ms\":" + std::to_string(end.cpu_ms) + ",\"wall_ms\":" + std::to_string(end.wall_ms) +
               ",\"errors\":" + quoted(plain(end.errors)) + ",\"lines\":[" + lines + "]}");
    return CRANK_OK;
  }
};

} // namespace

CRANK_PLUGIN(Fixture, manifest)
