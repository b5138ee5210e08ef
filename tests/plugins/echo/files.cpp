// The operations of the echo plugin that have to do with files.
#include "echo.hpp"
#include "text.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

namespace echo {
namespace {

crank_status say(crank_call *call, const char *what, crank_status status) {
  return fail(call, CRANK_INVALID, std::string(what) + " said " + std::to_string(status), "TEAPOT");
}

/* `bytes` letters that depend on their place. */
crank_status fill(const crank_files &files, crank_call *call, std::uint64_t id, std::uint64_t bytes,
                  bool through_descriptor) {
  std::int32_t descriptor = -1;
  if (through_descriptor) {
    const crank_status status = files.descriptor(call, id, &descriptor);
    if (status != CRANK_OK) return status;
  }
  std::string block;
  for (std::uint64_t done = 0; done < bytes; done += block.size()) {
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(65536, bytes - done)));
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>('a' + (done + i) % 26);
    if (through_descriptor) {
      if (::write(descriptor, block.data(), block.size()) != static_cast<ssize_t>(block.size()))
        return CRANK_UNAVAILABLE;
    } else if (const crank_status status = files.write(call, id, block.data(), block.size()); status != CRANK_OK) {
      return status;
    }
  }
  return CRANK_OK;
}

} // namespace

void Tally::add(const char *data, std::size_t size) {
  bytes_ += size;
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(data[i]);
    sum_ += byte;
    hash_ = (hash_ ^ byte) * 0x100000001b3u;
  }
}

std::string Tally::json(const std::string &body_size) const {
  std::array<char, 160> text;
  const int length =
      std::snprintf(text.data(), text.size(), "{\"bytes\":%llu,\"sum\":%llu,\"fnv1a\":\"%016llx\",\"body_size\":%s}",
                    static_cast<unsigned long long>(bytes_), static_cast<unsigned long long>(sum_),
                    static_cast<unsigned long long>(hash_), body_size.c_str());
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string count_or_null(std::uint64_t count) { return count == CRANK_UNKNOWN ? "null" : std::to_string(count); }

crank_status files(Instance &instance, crank_call *call) {
  if (instance.files == nullptr) return fail(call, CRANK_UNSUPPORTED, "the host has no files");
  const crank_files &files = *instance.files;
  const auto input = view(call->body);
  const auto bytes = static_cast<std::uint64_t>(integer(member(input, "bytes"), 3));
  const auto then = unquoted(member(input, "then"));
  const auto media_type = unquoted(member(input, "media_type")), description = unquoted(member(input, "description"));
  const bool through_descriptor = unquoted(member(input, "via")) == "descriptor";
  if (member(input, "progress") == "true") progress(call, 0.5, "first");
  for (const char *const key : {"name", "other"}) {
    if (member(input, key).empty()) continue;
    const auto name = unquoted(member(input, key));
    const crank_artifact_spec spec = {sizeof(crank_artifact_spec),
                                      str(name),
                                      str(media_type.empty() ? "text/plain" : media_type),
                                      str(description),
                                      member(input, "inline") == "true" ? CRANK_ARTIFACT_INLINE : 0,
                                      0};
    std::uint64_t id = 0;
    crank_status status = files.begin(call, &spec, &id);
    if (status != CRANK_OK) return say(call, "begin()", status);
    status = fill(files, call, id, bytes, through_descriptor);
    if (status != CRANK_OK) return status;
    if (then == "leave") continue;
    if (then == "discard") {
      files.discard(call, id);
      files.discard(call, id);
      if (files.write(call, id, "x", 1) != CRANK_NOT_FOUND) return say(call, "write() after discard()", CRANK_OK);
      continue;
    }
    if (then == "late") {
      if (write(call, "x") != CRANK_OK) return CRANK_CANCELLED;
      return say(call, "finish()", files.finish(call, id));
    }
    status = files.finish(call, id);
    if (status == CRANK_EXHAUSTED) return status;
    if (status != CRANK_OK) return say(call, "finish()", status);
    if (files.finish(call, id) != CRANK_NOT_FOUND) return say(call, "a second finish()", CRANK_OK);
  }
  if (then == "digest") {
    crank_str hex = {};
    if (files.digest(call, 2, &hex) != CRANK_NOT_FOUND) return say(call, "digest() of none", CRANK_OK);
    const crank_status status = files.digest(call, 1, &hex);
    return status == CRANK_OK ? write(call, view(hex)) : say(call, "digest()", status);
  }
  if (then == "fail") return fail(call, CRANK_INVALID, "as asked", "TEAPOT");
  const auto body = unquoted(member(input, "body"));
  return body.empty() ? CRANK_OK : write(call, body);
}

crank_status kept(Instance &instance, crank_call *call) {
  if (instance.files == nullptr) return fail(call, CRANK_UNSUPPORTED, "the host has no files");
  const auto address = unquoted(member(view(call->body), "address"));
  crank_kept_file file = {};
  file.size = 8;
  if (instance.files->open(call, str(address), &file) != CRANK_INVALID)
    return say(call, "open() into a short struct", CRANK_OK);
  file.size = sizeof(file);
  const crank_status status = instance.files->open(call, str(address), &file);
  if (status != CRANK_OK) return status;
  char piece[65536];
  off_t read = 0;
  while (const ssize_t count = ::pread(file.descriptor, piece, sizeof(piece), read)) {
    if (count < 0) return CRANK_INTERNAL;
    read += count;
  }
  return write(call, R"({"name":")" + std::string(view(file.name)) + R"(","media_type":")" +
                         std::string(view(file.media_type)) + R"(","sha256":")" + std::string(view(file.sha256)) +
                         R"(","bytes":)" + std::to_string(file.bytes) + R"(,"read":)" + std::to_string(read) + "}");
}

crank_status body_file(Instance &instance, crank_call *call) {
  if (instance.files == nullptr) return fail(call, CRANK_UNSUPPORTED, "the host has no files");
  std::int32_t descriptor = -1;
  crank_status status = instance.files->body_descriptor(call, &descriptor);
  if (status != CRANK_OK) return status;
  char buffer[65536];
  Tally tally;
  for (off_t at = 0;;) {
    const ssize_t count = ::pread(descriptor, buffer, sizeof(buffer), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CRANK_INTERNAL;
    if (count == 0) break;
    tally.add(buffer, static_cast<std::size_t>(count));
    at += count;
  }
  if (call->read(call, buffer, sizeof(buffer)) != CRANK_INVALID) return say(call, "read() after it", CRANK_OK);
  return write(call, tally.json(count_or_null(call->body_size)));
}

} // namespace echo
