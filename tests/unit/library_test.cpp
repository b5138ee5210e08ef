// Finding, inspecting and loading plugins; the guard around loading; describe and verify in child processes.
// The plugins are those of tests/plugins; the build names their directory in CRANK_TEST_PLUGIN_DIR.
#include "catch.hpp"

#include "commands/describe.hpp"
#include "commands/verify.hpp"
#include "os/child_process.hpp"
#include "plugin/library.hpp"
#include "plugin/object_file.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <unistd.h>

using namespace crank;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds generous{30};

fs::path test_plugin(const std::string& name) {
  const char* directory = std::getenv("CRANK_TEST_PLUGIN_DIR");
  if (!directory) FAIL("CRANK_TEST_PLUGIN_DIR is not set; run the tests through meson");
  auto path = find_plugin(name, {directory});
  if (!path) FAIL(path.error().message);
  return *path;
}

std::string load_error(const std::string& name) {
  const auto library = load_plugin(test_plugin(name));
  if (library) return "loaded";
  CHECK(library.error().exit_code == 3);
  const std::string head = "plugin " + test_plugin(name).string() + " ";
  CHECK(library.error().message.substr(0, head.size()) == head);
  return library.error().message.substr(std::min(head.size(), library.error().message.size()));
}

// Loads behind the guard in a child, which the guard may end.
ChildOutcome guarded(const std::string& name) {
  const fs::path path = test_plugin(name);
  auto outcome = run_in_child(
      [&path](int) {
        const auto library = load_plugin(path);
        if (library) return 0;
        std::cerr << library.error().message << '\n'; // as main does
        return library.error().exit_code;
      },
      generous);
  REQUIRE(outcome);
  return *std::move(outcome);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "crank-library-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path file(const std::string& name, const std::string& content) const {
    std::ofstream(path / name, std::ios::binary) << content;
    return path / name;
  }
  fs::path path;
};

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string inspection_error(const fs::path& path) {
  const auto file = inspect_object_file(path);
  return file ? "good" : file.error();
}

// The lines of one check as "PASS text" and so on.
std::vector<std::string> verdicts(const std::vector<VerifiedCheck>& checks, CheckLine::Kind kind) {
  std::vector<std::string> result;
  for (const VerifiedCheck& check : checks) {
    for (const CheckLine& line : check.lines) {
      if (line.kind == kind) result.push_back(check.name + ": " + line.text);
    }
  }
  return result;
}

bool any_contains(const std::vector<std::string>& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(), [&part](const std::string& text) { return contains(text, part); });
}

} // namespace

TEST_CASE("the search path begins with what was asked for and holds nothing twice") {
  const auto path = plugin_search_path({"/first", "/second", "", "/first"});
  REQUIRE(path.size() > 4);
  CHECK(path[0] == "/first");
  CHECK(path[1] == "/second");
  CHECK(path[2].filename() == "plugins");
  CHECK(path.back() == "/usr/lib/crank-host/plugins");
  CHECK(std::count(path.begin(), path.end(), fs::path("/first")) == 1);
}

TEST_CASE("a plugin is found by any of its names, in the order of the search path") {
  const TemporaryDirectory first;
  const TemporaryDirectory second;
  const fs::path a = first.file("liba.so", "x");
  const fs::path b = second.file("libb.so", "x");
  second.file("liba.so", "x");
  const std::vector<fs::path> search = {first.path, second.path};
  for (const char* name : {"a", "liba", "liba.so"}) CHECK(*find_plugin(name, search) == a);
  CHECK(*find_plugin("b", search) == b);
  CHECK(*find_plugin(b.string(), {}) == b);

  const auto missing = find_plugin("nowhere", search);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().exit_code == 3);
  CHECK(contains(missing.error().message, first.path.string() + ", " + second.path.string()));
  CHECK_FALSE(find_plugin("", search));
  CHECK_FALSE(find_plugin("/no/such/plugin.so", search));
}

TEST_CASE("a file is refused for what it says about itself, before it is loaded") {
  const TemporaryDirectory directory;
  CHECK(inspection_error(directory.path / "none") == "does not exist");
  CHECK(inspection_error(directory.path) == "is a directory");
  CHECK(inspection_error(directory.file("text.so", "#!/bin/sh\n")) == "is not a shared library");
  CHECK(inspection_error(directory.file("empty.so", "")) == "is not a shared library");
}

#if defined(__linux__)
TEST_CASE("an ELF file of the wrong kind is refused in words") {
  const TemporaryDirectory directory;
  const std::string good = content_of(test_plugin("echo"));
  REQUIRE(inspection_error(directory.file("good.so", good)) == "good");
  const auto patched = [&](std::size_t offset, char byte) {
    std::string bytes = good;
    bytes[offset] = byte;
    return inspection_error(directory.file("patched.so", bytes));
  };
  CHECK(patched(4, 1) == "is for a 32-bit machine, this host is 64-bit");
  CHECK(patched(5, 2) == "is for a big-endian machine");
  CHECK(patched(16, 1) == "is not a shared library but another kind of ELF file: link it with -shared");
  CHECK(patched(18, 22) == "is for s390x, this host is " + std::string(host_machine()));
  // Not at half: what is behind that may be debug information only.
  CHECK(inspection_error(directory.file("cut.so", good.substr(0, 4096))) == "is cut off: copy or build it again");
  CHECK(inspection_error(directory.file("head.so", good.substr(0, 40))) == "is cut off: copy or build it again");
}

TEST_CASE("every cut of a plugin's file is survived") {
  const TemporaryDirectory directory;
  const std::string good = content_of(test_plugin("bad_magic"));
  for (std::size_t size = 0; size < good.size(); size += 61) {
    const auto file = inspect_object_file(directory.file("cut.so", good.substr(0, size)));
    INFO(size);
    CHECK((!file || file->machine == host_machine()));
  }
}

TEST_CASE("exports are read from the file") {
  const auto file = inspect_object_file(test_plugin("echo"));
  REQUIRE(file);
  REQUIRE(file->exports);
  REQUIRE(file->exported("crank_entry_v0"));
  CHECK(file->exported("crank_entry_v0")->bytes.substr(0, 4) == "CRNK");
  CHECK_FALSE(file->exported("no_such_symbol"));
}
#endif

TEST_CASE("a plugin loads with its entry and manifest") {
  const auto library = load_plugin(test_plugin("echo"));
  if (!library) FAIL(library.error().message);
  CHECK(library->entry->magic == CRANK_MAGIC);
  CHECK(library->manifest.id == "echo");
}

TEST_CASE("a plugin that does not fit is refused with what to do") {
  CHECK(load_error("no_entry") == "is a shared library but not a crank plugin: it does not export crank_entry_v0");
  CHECK(load_error("bad_magic") == "is not a crank plugin: its crank_entry_v0 does not begin with the magic number");
  CHECK(load_error("wrong_major") == "was built for ABI 7.2, this host offers 0.2: upgrade crank-host");
  CHECK(load_error("old_minor") ==
        "was built for ABI 0.1, this host offers 0.2 and nothing before 0.2: rebuild the plugin "
        "(plugin_api/CHANGELOG.md says what changed)");
  CHECK(load_error("future_need") == "needs ABI 0.999, this host offers 0.2: upgrade crank-host");
  CHECK(contains(load_error("short_table"), "bytes, at least 48 are needed"));
  CHECK(load_error("null_create") == "cannot make an instance: crank_entry.create is NULL");
  CHECK(contains(load_error("bad_manifest"), "has a faulty manifest: the manifest is not valid JSON"));
  CHECK(contains(load_error("missing_library"),
                 "libnowhere_to_be_found.so is missing: install it or add it to the image"));
  CHECK(contains(load_error("undefined_symbol"), "nobody defines the symbol crank_host_symbol_that_never_was"));
}

TEST_CASE("the guard turns what a constructor does into one line and exit code 3") {
  struct Case {
    const char* plugin;
    const char* says;
  };
  const Case cases[] = {{"crash_in_constructor", "crashes while it is loaded (SIGSEGV in a constructor)"},
                        {"abort_in_constructor", "aborts while it is loaded (SIGABRT"},
                        {"throw_in_constructor", "while it is loaded"},
                        {"exit_in_constructor", "calls exit() while it is loaded"}};
  for (const Case& c : cases) {
    const ChildOutcome outcome = guarded(c.plugin);
    INFO(c.plugin << ": " << outcome.errors);
    CHECK(outcome.end == ChildOutcome::End::exited);
    CHECK(outcome.code == 3);
    CHECK(contains(outcome.errors, std::string("lib") + c.plugin));
    CHECK(contains(outcome.errors, c.says));
    CHECK(std::count(outcome.errors.begin(), outcome.errors.end(), '\n') == 1);
  }
}

TEST_CASE("describe names what happened to the child") {
  struct Case {
    const char* plugin;
    const char* says;
  };
  const Case cases[] = {{"crash_in_constructor", "it was killed by SIGSEGV in a constructor"},
                        {"abort_in_constructor", "it was killed by SIGABRT in a constructor"},
                        {"exit_in_constructor", "calls exit() while it is loaded"},
                        {"missing_library", "libnowhere_to_be_found.so is missing"}};
  for (const Case& c : cases) {
    const auto description = describe_plugin(test_plugin(c.plugin), generous);
    INFO(c.plugin);
    REQUIRE_FALSE(description);
    CHECK(description.error().exit_code == 3);
    CHECK(contains(description.error().message, c.says));
  }
}

TEST_CASE("the guard is gone after a plugin was loaded") {
  const fs::path path = test_plugin("echo");
  const auto outcome = run_in_child(
      [&path](int) {
        if (!load_plugin(path)) return 1;
        struct sigaction action {};
        ::sigaction(SIGALRM, nullptr, &action);
        return action.sa_handler == SIG_DFL && ::alarm(0) == 0 ? 0 : 2;
      },
      generous);
  REQUIRE(outcome);
  CHECK(outcome->code == 0);
}

TEST_CASE("a child that hangs is ended, with all it started") {
  const auto outcome = run_in_child(
      [](int) {
        for (;;) ::pause();
        return 0;
      },
      std::chrono::milliseconds(50));
  REQUIRE(outcome);
  CHECK(outcome->end == ChildOutcome::End::timed_out);
}

TEST_CASE("describe hands over the manifest and keeps the plugin's prints out of it") {
  const auto description = describe_plugin(test_plugin("echo"), generous);
  if (!description) FAIL(description.error().message);
  CHECK(description->at("plugin") == boost::json::string(test_plugin("echo").string()));
  CHECK(description->at("abi").at("major") == 0);
  CHECK(description->at("manifest").at("id") == "echo");
}

TEST_CASE("verify passes a sound plugin and names what a faulty one does") {
  const auto sound = verify_plugin(test_plugin("echo"));
  for (const std::string& line : verdicts(sound, CheckLine::Kind::fail)) FAIL_CHECK(line);
  const auto passed = verdicts(sound, CheckLine::Kind::pass);
  CHECK(any_contains(passed, "two lives: "));
  CHECK(any_contains(passed, "test.echo, example 1: OK"));
  CHECK(any_contains(passed, "test.ws at /ws: a session"));

  struct Case {
    const char* plugin;
    const char* says;
  };
  const Case cases[] = {{"start_fails", "start() answered UNAVAILABLE"},
                        {"create_fails", "create() answered EXHAUSTED"},
                        {"null_instance", "answered OK and made no instance"},
                        {"null_call_table", "crank_plugin.start is NULL"},
                        {"returns_garbage", "4242, which is no status"},
                        {"double_finish", "finish() for a call that had ended"},
                        {"writes_after_finish", "write() after the call had ended"},
                        {"bad_magic", "does not begin with the magic number"}};
  for (const Case& c : cases) {
    INFO(c.plugin);
    CHECK(any_contains(verdicts(verify_plugin(test_plugin(c.plugin)), CheckLine::Kind::fail), c.says));
  }
}
