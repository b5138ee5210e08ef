// hostile: does on request what no plugin should. {"how":"segv"|"abort"|"overflow"|"exit"|"kill_parent"|"close_listeners"|
// "chdir"|"stdout"|"leak"|"hang"|"nothing"}; "leak" takes {"mib":N} and keeps it. `test.inline` does the same on an I/O thread.
// Its configuration {"fail":true} makes every call fail, {"crash_in_start":true} is SIGSEGV in start().
#include "kit.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

namespace {

bool fails = false;

// UBSan would report the null pointer before the kernel does.
__attribute__((no_sanitize("undefined"))) void write_to_nowhere() {
  volatile std::uintptr_t nowhere = 0; /* volatile: the compiler must not see through it */
  *reinterpret_cast<volatile int *>(nowhere) = 1;
}

// NOLINTNEXTLINE(misc-no-recursion)
int overflow_the_stack(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return depth < 0 ? frame[0] : overflow_the_stack(depth + 1) + frame[0];
}

void close_listeners() {
  for (int descriptor = 3; descriptor < 256; ++descriptor) {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0) close(descriptor);
  }
}

void keep(std::size_t bytes) {
  volatile char *kept = static_cast<char *>(std::malloc(bytes));
  for (std::size_t i = 0; i < bytes; i += 4096) kept[i] = 1;
  static volatile char *chain = nullptr; /* reachable, so that no leak checker objects: it is a hog, not a leak */
  std::memcpy(const_cast<char *>(kept), const_cast<char **>(&chain), sizeof chain);
  chain = kept;
}

void misbehave(std::string_view body) {
  const auto asked = [body](const char *how) { return body.find(how) != std::string_view::npos; };
  if (asked("\"segv\"")) write_to_nowhere();
  if (asked("\"abort\"")) std::abort();
  if (asked("\"overflow\"")) overflow_the_stack(0);
  if (asked("\"exit\"")) std::_Exit(0);
  if (asked("\"kill_parent\"")) kill(getppid(), SIGKILL);
  if (asked("\"close_listeners\"")) close_listeners();
  if (asked("\"chdir\"") && chdir("/") != 0) std::abort();
  if (asked("\"stdout\"")) std::puts("this does not belong here"), std::fflush(stdout);
  if (asked("\"leak\"")) keep(static_cast<std::size_t>(kit::integer(body, "\"mib\"", 1)) * 1024 * 1024);
  if (asked("\"hang\"")) {
    for (volatile bool forever = true; forever;) pause();
  }
}

crank_status start(crank_plugin *, const char *config, std::size_t len) noexcept {
  const std::string_view text(config, len);
  fails = text.find("\"fail\":true") != std::string_view::npos;
  if (text.find("\"crash_in_start\":true") != std::string_view::npos) write_to_nowhere();
  return CRANK_OK;
}

crank_status call(crank_plugin *, crank_call *call) noexcept {
  misbehave(kit::view(call->body));
  if (fails) return CRANK_INTERNAL;
  return call->write(call, "{\"done\":true}", 13);
}

constinit crank_plugin instance = {sizeof(crank_plugin), nullptr, start, call, kit::stop, kit::destroy, nullptr};
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(
    R"({"id":"hostile","version":"1.0.0","capabilities":[)"
    R"({"id":"test.call","verb":"test","version":"1.0.0","limits":{"timeout_ms":3000,"max_concurrency":64}},)"
    R"({"id":"test.inline","verb":"test","version":"1.0.0","inline":true,"limits":{"max_concurrency":64}}],)"
    R"("config_schema":{"type":"object","properties":{"fail":{"type":"boolean","default":false},)"
    R"("crash_in_start":{"type":"boolean","default":false}}}})",
    kit::create<&instance>);
