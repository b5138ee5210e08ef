// doc-convert: converts one document and ends. The plugin starts it for each conversion, so that what a document does
// to the parsers it does to one process; by hand it is an ordinary command.
#include "../conversion.hpp"
#include "../model/error.hpp"
#include "../text/utf8.hpp"
#include "report.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr int exit_refused = 1;
constexpr int exit_usage = 2;

constexpr char usage[] =
    "usage: doc-convert [--from FORMAT] [--to FORMAT] [--json] INPUT OUTPUT\n"
    "       doc-convert --formats\n"
    "\n"
    "Converts between pdf, docx, odt, rtf, html, markdown and plain. INPUT and OUTPUT are paths, or fd:N for an open\n"
    "descriptor. Without --from the content says what INPUT is, and without --to OUTPUT's extension what to make.\n"
    "  --name NAME  what INPUT is called, where its path does not say it: its extension tells Markdown from text\n"
    "  --json       progress, result and error as JSON lines on standard output\n"
    "Exit codes: 0 converted, 1 refused (one line says why), 2 wrong usage\n";

struct Arguments {
  std::optional<doc::Format> from, to;
  std::string name;
  bool json = false;
  bool formats = false;
  std::vector<std::string> paths;
};

[[noreturn]] void wrong_usage(const std::string& sentence) {
  std::fprintf(stderr, "doc-convert: %s\n%s", sentence.c_str(), usage);
  std::exit(exit_usage);
}

doc::Format format_of(std::string_view name) {
  const auto format = doc::format_by_name(name);
  if (!format) wrong_usage(std::string("there is no format ").append(name));
  return *format;
}

Arguments parse(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = values[i];
    const auto value = [&]() -> std::string_view {
      if (i + 1 == count) wrong_usage(std::string(argument).append(" needs a value"));
      return values[++i];
    };
    if (argument == "--help") {
      std::fputs(usage, stdout);
      std::exit(0);
    } else if (argument == "--from") {
      const std::string_view name = value();
      if (name != "auto") arguments.from = format_of(name);
    } else if (argument == "--to") {
      arguments.to = format_of(value());
    } else if (argument == "--name") {
      arguments.name = value();
    } else if (argument == "--json") {
      arguments.json = true;
    } else if (argument == "--formats") {
      arguments.formats = true;
    } else if (argument.size() > 1 && argument[0] == '-') {
      wrong_usage(std::string("unknown option ").append(argument));
    } else {
      arguments.paths.emplace_back(argument);
    }
  }
  return arguments;
}

std::string extension(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? std::string() : path.substr(dot + 1);
}

std::optional<int> descriptor_of(const std::string& path) {
  if (path.rfind("fd:", 0) != 0) return std::nullopt;
  return std::atoi(path.c_str() + 3);
}

int open_or_refuse(const std::string& path, int flags) {
  if (const auto descriptor = descriptor_of(path)) return *descriptor;
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor >= 0) return descriptor;
  throw doc::ConversionError(doc::ErrorCode::conversion_failed, "cannot open " + path + ": " + std::strerror(errno));
}

int list_formats() {
  std::string readable, writable;
  for (const doc::Format format : doc::readable_formats()) readable.append(" ").append(doc::names(format).name);
  for (const doc::Format format : doc::writable_formats()) writable.append(" ").append(doc::names(format).name);
  std::printf("reads:%s\nwrites:%s\n", readable.c_str(), writable.c_str());
  return 0;
}

// The file that is written, where it has a path: gone again unless the conversion says that it is whole.
class Result {
public:
  // Nothing of the file is lost before it is known not to be the document itself.
  Result(const std::string& path, const doc::Input& input) : descriptor_(open_or_refuse(path, O_RDWR | O_CREAT)) {
    struct stat ours = {}, theirs = {};
    fstat(descriptor_, &ours);
    fstat(input.descriptor(), &theirs);
    if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) {
      throw doc::ConversionError(doc::ErrorCode::conversion_failed, "INPUT and OUTPUT are the same file");
    }
    if (!descriptor_of(path)) path_ = path;
    if (ftruncate(descriptor_, 0) != 0) {
      throw doc::ConversionError(doc::ErrorCode::conversion_failed,
                                 "cannot empty " + path + ": " + std::strerror(errno));
    }
  }
  ~Result() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;

  int descriptor() const { return descriptor_; }
  void keep() { path_.clear(); }

private:
  int descriptor_;
  std::string path_;
};

void run(const Arguments& arguments, doc::Report& report) {
  const doc::Format to = arguments.to ? *arguments.to : format_of(extension(arguments.paths[1]));
  const std::string& path = arguments.paths[0];
  const doc::Input input(open_or_refuse(path, O_RDONLY), !arguments.name.empty() ? arguments.name
                                                         : descriptor_of(path)   ? std::string()
                                                                                 : path);
  doc::Context context({}, [&report](double fraction, std::string_view note) { report.progress(fraction, note); });
  Result result(arguments.paths[1], input);
  doc::Output output(result.descriptor(), context.limits().output_bytes);
  const doc::Format from = doc::convert(input, arguments.from, to, output, context);
  result.keep();
  report.converted(from, to, output.size());
}

} // namespace

int main(int count, char** values) {
  const Arguments arguments = parse(count, values);
  if (arguments.formats) return list_formats();
  if (arguments.paths.size() != 2) wrong_usage("an input and an output are needed");
  doc::Report report(arguments.json);
  try {
    run(arguments, report);
    return 0;
  } catch (const doc::ConversionError& error) {
    report.refused(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    report.refused(doc::ErrorCode::limit_exceeded, "the document needs more memory than a conversion may use");
  } catch (const std::exception& error) {
    report.refused(doc::ErrorCode::conversion_failed, error.what());
  }
  return exit_refused;
}
