#include "report.hpp"

#include <cstdio>
#include <string>

namespace doc {
namespace {

constexpr std::chrono::milliseconds between_lines(100);

// As a JSON string with its quotes.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(letter) >= 0x20) out.push_back(letter);
  }
  return out.append("\"");
}

void line(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

} // namespace

void Report::progress(double fraction, std::string_view note) {
  const auto now = std::chrono::steady_clock::now();
  if (!json_ || now < next_) return;
  next_ = now + between_lines;
  line("{\"progress\":" + std::to_string(fraction) + ",\"note\":" + quoted(note) + "}");
}

void Report::converted(Format from, Format to, std::uint64_t bytes) {
  if (!json_) return;
  line(std::string("{\"converted\":{\"from\":")
           .append(quoted(names(from).name))
           .append(",\"to\":")
           .append(quoted(names(to).name))
           .append(",\"bytes\":")
           .append(std::to_string(bytes))
           .append("}}"));
}

void Report::refused(ErrorCode code, std::string_view sentence) {
  if (json_) {
    line(std::string("{\"refused\":{\"code\":")
             .append(quoted(name(code)))
             .append(",\"message\":")
             .append(quoted(sentence))
             .append("}}"));
  } else {
    std::fprintf(stderr, "doc-convert: %.*s: %.*s\n", static_cast<int>(name(code).size()), name(code).data(),
                 static_cast<int>(sentence.size()), sentence.data());
  }
}

} // namespace doc
