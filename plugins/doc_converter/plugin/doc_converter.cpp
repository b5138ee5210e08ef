// The doc_converter worker: takes a document through a form or as JSON, has a child convert it, and answers with the
// result. It parses nothing of a document itself, and links none of the libraries that do. Knows plugin_api and nothing
// of the host.
#include "conversion_run.hpp"
#include "json_text.hpp"
#include "manifest.hpp"
#include "request.hpp"
#include "roots.hpp"

#include "../text/base64.hpp"

#include <crank/crank.hpp>

#include <array>
#include <cerrno>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace doc_converter {
namespace {

// Version 4 (RFC 9562 section 5.4).
std::string new_uuid() {
  std::random_device random;
  std::array<std::uint32_t, 4> words{};
  for (std::uint32_t& word : words) word = random();
  words[1] = (words[1] & 0xffff0fff) | 0x4000;
  words[2] = (words[2] & 0x3fffffff) | 0x80000000;
  char text[37];
  std::snprintf(text, sizeof(text), "%08x-%04x-%04x-%04x-%04x%08x", words[0], words[1] >> 16, words[1] & 0xffff,
                words[2] >> 16, words[2] & 0xffff, words[3]);
  return text;
}

// Writes the file as base64, piece by piece.
void write_base64(crank::Call& call, int descriptor) {
  std::string piece(3 * 64 * 1024, '\0');
  off_t position = 0;
  for (;;) {
    std::size_t filled = 0;
    while (filled < piece.size()) {
      const ssize_t count = pread(descriptor, piece.data() + filled, piece.size() - filled, position);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw crank::Error(CRANK_INTERNAL, "CONVERSION_FAILED", "the result cannot be read");
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
      position += count;
    }
    if (filled == 0) return;
    call.write(doc::to_base64(std::string_view(piece).substr(0, filled)));
    if (filled < piece.size()) return;
  }
}

bool accepts(const crank::Call& call, std::string_view media_type) {
  const std::string_view essence = media_type.substr(0, media_type.find(';'));
  return call.get("header.accept").value_or("").find(essence) != std::string_view::npos;
}

std::string media_type_of(const Request& request) { return std::string(doc::names(request.to).media_type); }

void read_mebibytes(std::string_view config, const char* name, std::uint64_t& bytes) {
  std::int64_t mebibytes = 0;
  const auto value = member(config, name);
  if (value && crank_json_integer(slice(*value), &mebibytes) && mebibytes >= 0)
    bytes = static_cast<std::uint64_t>(mebibytes) << 20;
}

class DocConverter : public crank::Plugin {
public:
  using crank::Plugin::Plugin;

  void start(std::string_view config) override {
    std::vector<std::string> folders;
    if (const auto roots = member(config, "input_roots")) {
      crank_json_cursor cursor = crank_json_each(slice(*roots));
      for (crank_str key, value; crank_json_next(&cursor, &key, &value);)
        folders.push_back(string_value(view(value)).value_or(""));
    }
    roots_ = Roots(folders);
    read_mebibytes(config, "memory_mib", limits_.memory_bytes);
    read_mebibytes(config, "job_above_mib", job_above_bytes_);
    std::int64_t seconds = 0;
    const auto cpu = member(config, "cpu_seconds");
    if (cpu && crank_json_integer(slice(*cpu), &seconds) && seconds > 0)
      limits_.cpu_ms = static_cast<std::uint64_t>(seconds) * 1000;
  }

  crank_status call(crank::Call& call) override {
    if (call.operation() == "document.convert") return convert(call, json_request(host(), call, roots_));
    if (call.operation() == "convert") return convert_form(call);
    if (call.operation() == "formats") return formats(call);
    return call.fail(CRANK_NOT_FOUND, "no such operation");
  }

private:
  // As the service before this one answered: the result inside a JSON object. Who asks for the format's own media type
  // gets the file.
  crank_status convert_form(crank::Call& call) {
    const Request request = form_request(host().form(call));
    const std::string name = result_name(request), type = media_type_of(request);
    crank::Artifact result = host().artifact(call, name, type);
    run_conversion(host(), call, request, result.descriptor(), limits_);
    if (accepts(call, type)) {
      result.finish();
      return CRANK_OK;
    }
    const std::string_view format = doc::names(request.to).name;
    JsonObject answer;
    answer.add("conversion_id", new_uuid()).add("status", "completed").add("output_format", format);
    answer.add("message", std::string("Successfully converted ").append(request.name).append(" to ").append(format));
    write_with_content(call, answer, result.descriptor());
    return CRANK_OK;
  }

  crank_status convert(crank::Call& call, const Request& request) {
    if (request.bytes > job_above_bytes_ && call.get("job.offered")) return CRANK_DEFER;
    const std::string name = result_name(request), type = media_type_of(request);
    crank::Artifact result = host().artifact(call, name, type);
    const Descriptor kept(dup(result.descriptor())); // it can still be read when the host has it
    const Converted converted = run_conversion(host(), call, request, result.descriptor(), limits_);
    JsonObject answer;
    answer.add("status", "ok").add("conversion_id", new_uuid());
    answer.add("source_format", doc::names(converted.from).name).add("target_format", doc::names(request.to).name);
    answer.add("name", name).add("media_type", type);
    answer.add("input_bytes", request.bytes).add("output_bytes", converted.bytes).add("duration_ms", converted.wall_ms);
    if (request.inline_content) {
      write_with_content(call, answer, kept.get());
      return CRANK_OK;
    }
    answer.add("sha256", result.finish());
    call.write(answer.close());
    return CRANK_OK;
  }

  static void write_with_content(crank::Call& call, const JsonObject& answer, int descriptor) {
    call.write(answer.open() + ",\"content\":\"");
    write_base64(call, descriptor);
    call.write("\"}");
  }

  static crank_status formats(crank::Call& call) {
#ifdef DOC_CONVERTER_PDF_INPUT
    call.write(R"({"input_formats":["markdown","html","docx","odt","rtf","plain","pdf"],)");
#else
    call.write(R"({"input_formats":["markdown","html","docx","odt","rtf","plain"],)");
#endif
    call.write(R"("output_formats":["markdown","html","docx","odt","rtf","plain","pdf"]})");
    return CRANK_OK;
  }

  Roots roots_;             // written in start() only
  ConversionLimits limits_; // as the next
  std::uint64_t job_above_bytes_ = 16ull << 20;
};

} // namespace
} // namespace doc_converter

CRANK_PLUGIN(doc_converter::DocConverter, doc_converter::manifest)
