// PDF that is written, seen through poppler's and qpdf's programs where they are installed.
#pragma once

#include "formats/pdf/pdf.hpp"
#include "kit.hpp"

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace doc::test {

inline bool has_program(const std::string& name) {
  return std::system(("command -v " + name + " >/dev/null 2>&1").c_str()) == 0;
}

inline std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, count);
  const int status = pclose(pipe);
  return status == 0 ? out : out + "\nexit status " + std::to_string(status);
}

// A PDF as a file, which goes with this.
class WrittenPdf {
public:
  explicit WrittenPdf(Blocks blocks, const Metadata& metadata = {}) {
    char path[] = "/tmp/doc-converter-test-XXXXXX";
    const int descriptor = mkstemp(path);
    path_ = path;
    close(descriptor);
    bytes = write_all(pdf::make_writer, metadata, std::move(blocks));
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~WrittenPdf() { unlink(path_.c_str()); }
  WrittenPdf(const WrittenPdf&) = delete;
  WrittenPdf& operator=(const WrittenPdf&) = delete;

  // "pdftotext FILE -" and the like; {} is the file.
  std::string through(std::string command) const {
    command.replace(command.find("{}"), 2, path_);
    return output_of(command + " 2>&1");
  }

  std::string bytes;

private:
  std::string path_;
};

inline void check_contains(const std::string& text, const std::vector<std::string>& parts) {
  INFO(text);
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

inline Block with_runs(Inlines inlines) { return {Paragraph{std::move(inlines)}}; }

} // namespace doc::test
