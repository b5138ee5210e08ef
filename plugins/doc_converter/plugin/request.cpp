#include "request.hpp"

#include "json_text.hpp"

#include "../text/base64.hpp"
#include "../text/utf8.hpp"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>

#ifdef __linux__
#include <sys/mman.h>
#else
#include <cstdlib>
#endif

namespace doc_converter {
namespace {

constexpr std::size_t longest_inline = 1 << 20; // bytes of a document that is in the request itself
constexpr std::size_t longest_name = 200;       // bytes, so that an extension fits

doc::Format format_of(std::string_view name, const char* field) {
  const auto format = doc::format_by_name(name);
  if (format) return *format;
  throw crank::Error(CRANK_INVALID, "INVALID_FORMAT",
                     std::string("there is no format \"").append(name).append("\"; GET /formats lists them"))
      .field(std::string("/").append(field), "must be one of pdf, docx, odt, rtf, html, markdown, plain");
}

std::optional<doc::Format> source_format(std::optional<std::string_view> name, const char* field) {
  if (!name || name->empty() || *name == "auto") return std::nullopt;
  return format_of(*name, field);
}

// A file without a name that has the bytes.
Descriptor file_of(std::string_view bytes) {
#ifdef __linux__
  Descriptor file(memfd_create("document", MFD_CLOEXEC));
#else
  char path[] = "/tmp/crank-document-XXXXXX";
  Descriptor file(mkstemp(path));
  if (file) unlink(path);
#endif
  while (file && !bytes.empty()) {
    const ssize_t count = write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (!file || !bytes.empty()) {
    throw crank::Error(CRANK_UNAVAILABLE, "CONVERSION_FAILED",
                       std::string("no room for the document: ").append(std::strerror(errno)));
  }
  return file;
}

std::string last_component(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

void take_file(Request& request, Descriptor file) {
  struct stat status = {};
  if (fstat(file.get(), &status) == 0) request.bytes = static_cast<std::uint64_t>(status.st_size);
  request.descriptor = file.get();
  request.owned = std::move(file);
}

void take_inline(Request& request, const std::string& base64) {
  const auto bytes =
      base64.size() > longest_inline / 3 * 4 + 8 ? std::optional<std::string>() : doc::from_base64(base64);
  if (!bytes && base64.size() > longest_inline) {
    throw crank::Error(
        CRANK_EXHAUSTED, "LIMIT_EXCEEDED",
        "a document inside the request may have 1 MiB: send a longer one to POST /convert, or name its input_path");
  }
  if (!bytes)
    throw crank::Error(CRANK_INVALID, "INVALID_FORMAT", "document_data is not base64")
        .field("/document_data", "must be base64");
  take_file(request, file_of(*bytes));
}

crank_kept_file kept_file(const crank::Host& host, const crank::Call& call, const std::string& address) try {
  return host.kept_file(call, address);
} catch (const crank::Error& error) {
  if (error.status() == CRANK_UNSUPPORTED) {
    throw crank::Error(CRANK_INVALID, "INVALID_PATH",
                       "this worker keeps no files: it runs without jobs_dir; send document_data instead");
  }
  if (error.status() == CRANK_NOT_FOUND)
    throw crank::Error(CRANK_INVALID, "INVALID_PATH", "the worker keeps no such file for you");
  throw;
}

void take_kept(Request& request, const crank_kept_file& file) {
  request.descriptor = file.descriptor;
  request.bytes = file.bytes;
  request.name = std::string(view(file.name));
}

} // namespace

Request form_request(const crank::Form& form) {
  Request request;
  request.to = format_of(form.text("output_format").value_or(""), "output_format");
  request.from = source_format(form.text("input_format"), "input_format");
  const auto file = form.file("file");
  if (!file) throw crank::Error(CRANK_INVALID, "there is no file").field("/file", "is required");
  request.descriptor = file->descriptor();
  request.name = std::string(file->file_name());
  request.bytes = file->size();
  request.inline_content = true;
  return request;
}

Request json_request(const crank::Host& host, crank::Call& call, const Roots& roots) {
  const std::string_view body = call.body();
  Request request;
  const auto target = string_member(body, "target"), target_format = string_member(body, "target_format");
  if (!target && !target_format)
    throw crank::Error(CRANK_INVALID, "the target format is missing").field("/target", "is required");
  request.to = target ? format_of(*target, "target") : format_of(*target_format, "target_format");
  request.from = source_format(string_member(body, "source_format"), "source_format");
  request.inline_content = string_member(body, "answer") == "inline";

  const auto path = string_member(body, "input_path"), data = string_member(body, "document_data"),
             artifact = string_member(body, "input_artifact");
  if (path.has_value() + data.has_value() + artifact.has_value() != 1) {
    throw crank::Error(CRANK_INVALID, "a request has one document: input_path, input_artifact or document_data");
  }
  if (data) {
    take_inline(request, *data);
  } else if (artifact) {
    take_kept(request, kept_file(host, call, *artifact));
  } else if (roots.empty()) {
    throw crank::Error(CRANK_INVALID, "INVALID_PATH",
                       "this worker reads no files: its input_roots are not set; send document_data instead");
  } else {
    take_file(request, roots.open(*path));
  }
  if (path) request.name = last_component(*path);
  if (const auto name = string_member(body, "name")) request.name = *name;
  return request;
}

std::string result_name(const Request& request) {
  std::string name = doc::clean_text(last_component(request.name));
  const std::size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0) name.erase(dot);
  while (name.size() > longest_name || (!name.empty() && name.size() == longest_name)) {
    do name.pop_back();
    while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0xc0) == 0x80);
    if (name.empty()) break;
  }
  if (name.empty() || name.find_first_not_of(". ") == std::string::npos) name = "document";
  return name.append(".").append(doc::names(request.to).extension);
}

} // namespace doc_converter
