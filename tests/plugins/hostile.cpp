// hostile: does on request what no plugin should.
// {"how":"segv"|"abort"|"overflow"|"exit"|"kill_parent"|"close_listeners"|
// "chdir"|"stdout"|"leak"|"log"|"close_standard"|"hang"|"nothing"}; "leak" takes {"mib":N} and keeps it, "log" takes
// {"lines":N}. `test.inline` does the same on an I/O thread. Its configuration {"fail":true} makes every call fail,
// {"crash_in_start":true} is SIGSEGV in start(), {"close_standard_in_start":true} closes descriptors 0 to 2 there;
// {"start_waits_for":"file"} keeps it in start() until that file exists.
#include "kit.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/socket.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <thread>
#include <unistd.h>

namespace {

bool fails = false;
const crank_host *host = nullptr;

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

// Past TSan, which would report the deed instead of what the host makes of it.
void close_quietly(int descriptor) {
#if defined(__linux__)
  static_cast<void>(syscall(SYS_close, descriptor));
#else
  close(descriptor);
#endif
}

void close_listeners() {
  for (int descriptor = 3; descriptor < 256; ++descriptor) {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0)
      close_quietly(descriptor);
  }
}

void close_standard() {
  for (int descriptor = 0; descriptor < 3; ++descriptor) close(descriptor);
}

void log_lines(std::int64_t count) {
  const std::string filler(100, '.');
  for (std::int64_t i = 0; i < count; ++i) kit::log(host, "hostile line " + std::to_string(i) + " " + filler + " end");
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
  if (asked("\"log\"")) log_lines(kit::integer(body, "\"lines\"", 1));
  if (asked("\"close_standard\"")) close_standard();
  if (asked("\"hang\"")) {
    for (volatile bool forever = true; forever;) pause();
  }
}

crank_status start(crank_plugin *, crank_str config) noexcept {
  const std::string_view text = kit::view(config);
  fails = text.find("\"fail\":true") != std::string_view::npos;
  if (text.find("\"crash_in_start\":true") != std::string_view::npos) write_to_nowhere();
  if (text.find("\"close_standard_in_start\":true") != std::string_view::npos) close_standard();
  const std::string gate(kit::text(text, "\"start_waits_for\""));
  while (!gate.empty() && access(gate.c_str(), F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  return CRANK_OK;
}

crank_status call(crank_plugin *, crank_call *call) noexcept {
  misbehave(kit::view(call->body));
  if (fails) return CRANK_INTERNAL;
  return call->write(call, "{\"done\":true}", 13);
}

constinit crank_plugin instance = {sizeof(crank_plugin), nullptr, start, call, kit::stop, kit::destroy, nullptr};

crank_status create(const crank_host *given, crank_plugin **out) noexcept {
  host = given;
  *out = &instance;
  return CRANK_OK;
}
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(
    R"({"id":"hostile","version":"1.0.0","capabilities":[)"
    R"({"id":"test.call","verb":"test","version":"1.0.0","limits":{"timeout_ms":3000,"max_concurrency":64}},)"
    R"({"id":"test.repeatable","verb":"test","version":"1.0.0","job":{"repeatable":true}},)"
    R"({"id":"test.inline","verb":"test","version":"1.0.0","inline":true,"limits":{"max_concurrency":64}}],)"
    R"("config_schema":{"type":"object","properties":{"fail":{"type":"boolean","default":false},)"
    R"("crash_in_start":{"type":"boolean","default":false},)"
    R"("close_standard_in_start":{"type":"boolean","default":false},)"
    R"("start_waits_for":{"type":"string","default":""}}}})",
    create);
