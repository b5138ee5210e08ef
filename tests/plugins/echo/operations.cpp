// operations.cpp: the echo plugin's calls, one function each.
#include "echo.hpp"

#include "text.hpp"
#include "worker.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <thread>

namespace echo {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string count_or_null(std::uint64_t count) { return count == CRANK_UNKNOWN ? "null" : std::to_string(count); }

std::string key_as_member(const crank_call *call, const char *key) {
  std::string_view value;
  return quoted(key) + ":" + (get(call, key, value) ? quoted(value) : "null");
}

std::string known_about(const crank_call *call) {
  std::string out = "\"operation\":" + quoted(view(call->operation));
  out += ",\"request_id\":" + quoted(view(call->request_id));
  out += ",\"content_type\":" + quoted(view(call->content_type));
  out += ",\"body_size\":" + count_or_null(call->body_size);
  out += ",\"deadline_ms\":" + count_or_null(call->deadline_ms);
  for (const char *key : {"method", "path", "target", "path.name", "query.q", "header.x-test", "header.host",
                          "identity", "remote", "traceparent", "no.such.key"}) {
    out += "," + key_as_member(call, key);
  }
  return out;
}

crank_status echo_back(Instance &, crank_call *call) {
  const auto body = view(call->body);
  return write(call, "{\"body\":" + std::string(body.empty() ? "null" : body) + "," + known_about(call) + "}");
}

crank_status keys(Instance &, crank_call *call) { return write(call, "{" + known_about(call) + "}"); }

crank_status raw(Instance &, crank_call *call) {
  const auto type = call->content_type;
  if (type.len != 0) {
    const crank_status status = call->begin(call, type.ptr, type.len);
    if (status != CRANK_OK) return status;
  }
  return write(call, view(call->body));
}

crank_status config(Instance &instance, crank_call *call) { return write(call, instance.config); }

/* Waits, reports progress, and says whether it waited to the end. */
bool wait(crank_call *call, milliseconds wanted) {
  const auto begun = steady_clock::now();
  for (auto now = begun; now - begun < wanted; now = steady_clock::now()) {
    if (cancelled(call)) return false;
    progress(call, std::chrono::duration<double>(now - begun) / wanted, "waiting");
    std::this_thread::sleep_for(std::min<milliseconds>(wanted, milliseconds(2)));
  }
  return !cancelled(call);
}

crank_status slow(Instance &, crank_call *call) {
  const auto ms = integer(member(view(call->body), "ms"), 0);
  if (!wait(call, milliseconds(ms))) return fail(call, CRANK_CANCELLED, nullptr, "stopped as asked");
  progress(call, 1.0, "done");
  return write(call, "{\"done\":true}");
}

crank_status items(Instance &, crank_call *call) {
  const auto input = view(call->body);
  const auto count = integer(member(input, "count"), 0);
  const auto fail_after = integer(member(input, "fail_after"), -1);
  const milliseconds pace(integer(member(input, "pace_ms"), 0));
  for (std::int64_t i = 0; i < count; ++i) {
    if (i == fail_after) return fail(call, CRANK_UNAVAILABLE, nullptr, "failed in the middle, as asked");
    if (!wait(call, pace)) return fail(call, CRANK_CANCELLED, nullptr, "stopped as asked");
    const crank_status status = write(call, "{\"index\":" + std::to_string(i) + "}");
    if (status != CRANK_OK) return status;
  }
  return CRANK_OK;
}

crank_status failure(Instance &, crank_call *call) {
  const auto input = view(call->body);
  const auto status = static_cast<crank_status>(integer(member(input, "status"), CRANK_INTERNAL));
  const std::string code(unquoted(member(input, "code")));
  const auto text = unquoted(member(input, "text"));
  return fail(call, status, code.empty() ? nullptr : code.c_str(), text.empty() ? "failed as asked" : text);
}

crank_status big(Instance &, crank_call *call) {
  static const std::string block(65536, 'x');
  auto left = static_cast<std::uint64_t>(integer(member(view(call->body), "bytes"), 0));
  while (left > 0) {
    const auto part = std::min<std::uint64_t>(left, block.size());
    const crank_status status = write(call, std::string_view(block).substr(0, part));
    if (status != CRANK_OK) return status;
    left -= part;
  }
  return CRANK_OK;
}

crank_status upload(Instance &, crank_call *call) {
  std::array<unsigned char, 65536> buffer;
  std::uint64_t bytes = 0;
  std::uint64_t sum = 0;
  std::uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a, 64 bits: draft-eastlake-fnv */
  for (;;) {
    const std::int64_t count = call->read(call, buffer.data(), buffer.size());
    if (count < 0) return fail(call, static_cast<crank_status>(count), nullptr, "the body ended early");
    if (count == 0) break;
    bytes += static_cast<std::uint64_t>(count);
    for (std::int64_t i = 0; i < count; ++i) {
      const unsigned char byte = buffer[static_cast<std::size_t>(i)];
      sum += byte;
      hash = (hash ^ byte) * 0x100000001b3u;
    }
  }
  std::array<char, 160> text;
  const int length =
      std::snprintf(text.data(), text.size(), "{\"bytes\":%llu,\"sum\":%llu,\"fnv1a\":\"%016llx\",\"body_size\":%s}",
                    static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(sum),
                    static_cast<unsigned long long>(hash), count_or_null(call->body_size).c_str());
  return write(call, std::string_view(text.data(), static_cast<std::size_t>(length)));
}

struct Operation {
  std::string_view name;
  crank_status (*serve)(Instance &, crank_call *);
};

constexpr Operation operations[] = {
    {"test.echo", echo_back}, {"test.inline", echo_back}, {"test.config", config}, {"test.slow", slow},
    {"test.deadline", slow},  {"test.items", items},      {"test.fail", failure},  {"test.pending", pending},
    {"test.timer", timer},    {"test.big", big},          {"test.upload", upload}, {"test.raw", raw},
    {"test.keys", keys},
};

} // namespace

crank_status serve(Instance &instance, crank_call *call) {
  for (const Operation &operation : operations) {
    if (operation.name == view(call->operation)) return operation.serve(instance, call);
  }
  return fail(call, CRANK_NOT_FOUND, nullptr, "echo has no such operation");
}

crank_status pending(Instance &instance, crank_call *call) {
  if (!CRANK_HAS(crank_call, call, finish)) return CRANK_UNSUPPORTED;
  const auto ms = integer(member(view(call->body), "ms"), 0);
  instance.worker->finish_after(call, milliseconds(ms));
  return CRANK_PENDING;
}

} // namespace echo
