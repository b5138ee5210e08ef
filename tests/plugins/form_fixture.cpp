// form_fixture: well-behaved. Answers what it saw of a form, for the tests of crank.form/1 and as the shortest plugin
// that takes one.
#include "kit.hpp"

#include <crank/ext/files.h>
#include <crank/ext/form.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace {

const crank_form *form = nullptr;
const crank_files *files = nullptr;

/* As zlib has it. */
class Crc32 {
public:
  void update(const char *data, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      crc_ = table()[(crc_ ^ static_cast<unsigned char>(data[i])) & 255] ^ crc_ >> 8;
  }
  std::uint32_t value() const { return ~crc_; }

private:
  static const std::array<std::uint32_t, 256> &table() {
    static const auto made = [] {
      std::array<std::uint32_t, 256> entries{};
      for (std::uint32_t i = 0; i < 256; ++i) {
        entries[i] = i;
        for (int bit = 0; bit < 8; ++bit) entries[i] = (entries[i] & 1 ? 0xedb88320u : 0) ^ entries[i] >> 1;
      }
      return entries;
    }();
    return made;
  }
  std::uint32_t crc_ = ~0u;
};

std::string quoted(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20)
      out.append("\\u00").append(1, digits[static_cast<unsigned char>(c) >> 4]).append(1, digits[c & 15]);
    else
      out.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
  }
  return out + '"';
}

/* -1 where not all of it could be had. */
std::int64_t crc_by_reading(crank_call *call, std::uint64_t index, std::uint64_t bytes) {
  std::array<char, 65536> piece;
  Crc32 crc;
  std::uint64_t done = 0;
  while (const std::int64_t got = form->read(call, index, done, piece.data(), piece.size())) {
    if (got < 0) return -1;
    crc.update(piece.data(), static_cast<std::size_t>(got));
    done += static_cast<std::uint64_t>(got);
  }
  return done == bytes ? crc.value() : -1;
}

std::int64_t crc_of_descriptor(crank_call *call, std::uint64_t index, std::uint64_t bytes) {
  std::int32_t descriptor = -1, again = -1;
  if (form->descriptor(call, index, &descriptor) != CRANK_OK || form->descriptor(call, index, &again) != CRANK_OK)
    return -1;
  struct stat facts {};
  if (again != descriptor || ::fstat(descriptor, &facts) != 0 || static_cast<std::uint64_t>(facts.st_size) != bytes)
    return -1;
  std::array<char, 65536> piece;
  Crc32 crc;
  while (const ssize_t got = ::read(descriptor, piece.data(), piece.size())) { /* from its beginning */
    if (got < 0) return -1;
    crc.update(piece.data(), static_cast<std::size_t>(got));
  }
  return crc.value();
}

std::string_view text_of(crank_call *call, std::string_view name) {
  std::uint64_t index = 0;
  crank_form_part part{};
  part.size = sizeof part;
  if (form->find(call, kit::str(name), 0, &index) != CRANK_OK || form->part(call, index, &part) != CRANK_OK) return {};
  return kit::view(part.data);
}

std::string description(crank_call *call, std::uint64_t index, bool by_descriptor) {
  crank_form_part part{};
  part.size = sizeof part;
  if (form->part(call, index, &part) != CRANK_OK) return "null";
  std::string text = "{\"name\":" + quoted(kit::view(part.name)) +
                     ",\"media_type\":" + quoted(kit::view(part.media_type)) +
                     ",\"charset\":" + quoted(kit::view(part.charset)) + ",\"bytes\":" + std::to_string(part.bytes);
  if (part.kind == CRANK_FORM_FILE) text += ",\"filename\":" + quoted(kit::view(part.filename));
  if (part.kind == CRANK_FORM_TEXT) text += ",\"text\":" + quoted(kit::view(part.data));
  const std::int64_t crc =
      by_descriptor ? crc_of_descriptor(call, index, part.bytes) : crc_by_reading(call, index, part.bytes);
  return text + ",\"crc32\":" + std::to_string(crc) + "}";
}

/* What a plugin must not be able to break, or to read past. */
std::string edges(crank_call *call) {
  std::uint64_t count = 0, index = 0;
  char byte = 0;
  std::int32_t descriptor = -1;
  crank_form_part small{};
  small.size = sizeof small.size;
  std::string list = "[" + std::to_string(form->count(call, &count));
  const auto add = [&list](std::int64_t status) { list += "," + std::to_string(status); };
  add(form->count(call, nullptr));
  add(form->part(call, count, &small));
  add(form->part(call, 0, &small));
  add(form->part(call, 0, nullptr));
  add(form->find(call, CRANK_STR("no such field"), 0, &index));
  add(form->find(call, CRANK_STR("file"), UINT64_MAX, &index));
  add(form->find(call, CRANK_STR("file"), 0, nullptr));
  add(form->read(call, count, 0, &byte, 1));
  add(form->read(call, 0, UINT64_MAX, &byte, 1));
  add(form->read(call, 0, 0, nullptr, 1));
  add(form->descriptor(call, count, &descriptor));
  add(form->descriptor(call, 0, nullptr));
  add(call->read(call, &byte, 1));
  add(files->body_descriptor(call, &descriptor));
  return list + "]";
}

crank_status tell(crank_call *call) {
  const std::string_view wait_for = text_of(call, "wait_for");
  while (wait_for.substr(0, 1) == "/" &&
         ::access(std::string(wait_for).c_str(), F_OK) != 0) { /* the work that takes long */
    if (call->cancelled(call)) return kit::fail(call, CRANK_CANCELLED, "stopped as asked");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  std::uint64_t count = 0;
  const crank_status status = form->count(call, &count);
  if (status != CRANK_OK) return kit::fail(call, status, "there is no form");
  const bool by_descriptor = text_of(call, "via") == "descriptor";
  crank_str job{};
  std::string answer = "{\"content_type\":" + quoted(kit::view(call->content_type)) +
                       ",\"body\":" + (call->body.ptr ? "true" : "false") +
                       ",\"job\":" + (call->get(call, CRANK_STR("job.id"), &job) == CRANK_OK ? "true" : "false") +
                       ",\"edges\":" + (text_of(call, "edges") == "yes" ? edges(call) : "[]") + ",\"parts\":[";
  for (std::uint64_t i = 0; i < count; ++i) answer += (i > 0 ? "," : "") + description(call, i, by_descriptor);
  answer += "]}";
  return call->write(call, answer.data(), answer.size());
}

crank_status call(crank_plugin *, crank_call *call) noexcept {
  if (kit::view(call->operation) != "form.none") return tell(call);
  std::uint64_t count = 0;
  return kit::fail(call, form->count(call, &count), "a call without a form has none");
}

constinit crank_plugin instance = kit::table(call);

crank_status create(const crank_host *host, crank_plugin **out) noexcept {
  form = static_cast<const crank_form *>(host->extension(host, CRANK_STR(CRANK_EXT_FORM)));
  files = static_cast<const crank_files *>(host->extension(host, CRANK_STR(CRANK_EXT_FILES)));
  if (!form || !files) return CRANK_UNSUPPORTED;
  *out = &instance;
  return CRANK_OK;
}

constexpr std::string_view manifest = R"json({
  "id": "form_fixture", "version": "1.0.0", "description": "test plugin: what came in a form",
  "capabilities": [{"id": "form.none", "verb": "test", "version": "1.0.0", "description": "Has no form."}],
  "routes": [
    {"method": "POST", "path": "/convert", "call": "form.convert", "body": "form", "description": "Answers with what it was sent.",
     "form": {
       "file": {"type": "file", "required": true, "description": "The document."},
       "output_format": {"type": "text", "required": true, "description": "What to make of it."},
       "input_format": {"type": "text", "default": "auto", "enum": ["auto", "markdown", "html"]},
       "tag": {"type": "text", "multiple": true},
       "picture": {"type": "file", "multiple": true, "media_types": ["image/*"]},
       "x-note": {"type": "text"},
       "wait_for": {"type": "text", "description": "The path of a file to wait for."},
       "edges": {"type": "text", "description": "\"yes\": try what a plugin must not do."},
       "via": {"type": "text", "enum": ["read", "descriptor"]}
     },
     "job": {"repeatable": true}, "limits": {"max_body_bytes": 1073741824, "max_concurrency": 2, "timeout_ms": 600000}},
    {"method": "POST", "path": "/strict", "call": "form.strict", "body": "form", "undeclared_fields": "refuse", "max_parts": 3,
     "form": {"file": {"type": "file", "max_bytes": 10}, "text": {"type": "text", "max_bytes": 5}}},
    {"method": "PUT", "path": "/quick", "call": "form.quick", "body": "form", "inline": true, "limits": {"max_concurrency": 100},
     "form": {"text": {"type": "text", "required": true, "max_bytes": 1000000}}}
  ]
})json";

} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(manifest, create);
