// The audit log: what a line says and what it must not, the chain, the files, and that every kind of tampering is
// found.
#include "catch.hpp"

#include "audit/audit_log.hpp"
#include "audit/reader.hpp"
#include "audit/sender.hpp"
#include "audit/verifier.hpp"
#include "audit/writer.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace crank;
namespace fs = std::filesystem;

namespace {

// Every place is tried in ordinary builds; one thread alone, at a tenth of the speed, is nothing that ThreadSanitizer
// could judge.
#ifdef __SANITIZE_THREAD__
constexpr std::size_t stride = 13;
#else
constexpr std::size_t stride = 1;
#endif

class Directory {
public:
  Directory() {
    char name[] = "/tmp/audit-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Directory() { fs::remove_all(path); }
  fs::path path;
};

AuditRecord call(const std::string& request_id) {
  AuditRecord record;
  record.time_us = 1'795'704'265'123'456;
  record.generation = 3;
  record.operation = "text.count";
  record.plugin = "text";
  record.caller = "certificate";
  record.subject = "CN=alice";
  record.address = "192.0.2.1";
  record.request_id = request_id;
  record.trace_id = "0123456789abcdef0123456789abcdef";
  record.status = "ok";
  record.http_status = 200;
  record.duration_us = 12'345;
  return record;
}

AuditOptions options(const fs::path& directory) {
  AuditOptions options;
  options.directory = directory;
  return options;
}

std::unique_ptr<AuditLog> open_log(const AuditOptions& options) {
  auto log = AuditLog::open(options);
  if (!log) FAIL(log.error().message);
  return *std::move(log);
}

// `checkpoints` times `lines` calls with a checkpoint behind them.
void write_log(AuditOptions options, int checkpoints, int lines) {
  const auto log = open_log(options);
  int number = 0;
  for (int i = 0; i < checkpoints; ++i) {
    for (int j = 0; j < lines; ++j) {
      const AuditRecord record = call("r" + std::to_string(++number));
      REQUIRE(log->append({&record, 1}));
    }
    REQUIRE(log->checkpoint());
  }
}

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void put(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

AuditReport report_of(const fs::path& directory, std::optional<ChainPoint> at_least = {}) {
  auto report = verify_audit_log(directory, {}, at_least);
  if (!report) FAIL(report.error().message);
  return *std::move(report);
}

// "changed in line 3", or "fine".
std::string verdict(const fs::path& directory, std::optional<ChainPoint> at_least = {}) {
  const AuditReport report = report_of(directory, std::move(at_least));
  if (!report.fault) return "fine";
  return report.fault->what + " in line " + std::to_string(report.fault->line);
}

const char* const first_name = "audit-000000000001.jsonl";

template <class Condition>
bool within_time(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

} // namespace

TEST_CASE("an audit line says everything in one order, and nothing that is empty") {
  AuditRecord record = call("r1");
  CHECK(
      audit_line_start(record, 7) ==
      R"({"seq":7,"time":"2026-11-26T)" + audit_time_text(record.time_us).substr(11) +
          R"(","kind":"call","generation":3,"operation":"text.count","plugin":"text","caller":"certificate","subject":"CN=alice",)"
          R"("address":"192.0.2.1","request_id":"r1","trace_id":"0123456789abcdef0123456789abcdef","status":"ok",)"
          R"("http_status":200,"duration_ms":12.345)");
  record = AuditRecord();
  record.kind = AuditKind::dropped;
  record.count = 9;
  CHECK(audit_line_start(record, 1) == R"({"seq":1,"time":"1970-01-01T00:00:00.000Z","kind":"dropped","count":9)");
}

TEST_CASE("an audit line holds no mail address, no control character, and nothing without end") {
  AuditRecord record = call("r1");
  record.subject = "CN=alice,emailAddress=alice@example.org";
  record.operation = "a\nb\x01\xff\"c\x7f";
  record.code = std::string(5000, 'x');
  const std::string line = audit_line_start(record, 1);
  CHECK(line.find("alice") == std::string::npos);
  CHECK(line.find("\"subject\":\"sha256:" + sha256_hex(record.subject).substr(0, 16) + "\"") != std::string::npos);
  CHECK(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20; }));
  CHECK(line.find(std::string(256, 'x')) != std::string::npos);
  CHECK(line.find(std::string(257, 'x')) == std::string::npos);
}

TEST_CASE("a record goes from process to process as it is") {
  std::string wire;
  AuditRecord second = call("r2");
  second.kind = AuditKind::session_closed;
  second.reason = std::string(300, 'r');
  second.count = 1ull << 60;
  second.duration_us = -1;
  append_audit_wire(wire, call("r1"));
  append_audit_wire(wire, second);
  std::string_view rest = wire;
  AuditRecord read;
  REQUIRE(take_audit_wire(rest, read) == AuditWire::record);
  CHECK(audit_line_start(read, 1).find("\"request_id\":\"r1\"") != std::string::npos);
  for (std::size_t size = 0; size < rest.size(); ++size) {
    std::string_view part = rest.substr(0, size);
    REQUIRE(take_audit_wire(part, read) == AuditWire::nothing);
    REQUIRE(part.size() == size);
  }
  REQUIRE(take_audit_wire(rest, read) == AuditWire::record);
  CHECK(rest.empty());
  second.generation = 0; // the reader's to say
  CHECK(audit_line_start(read, 1) == audit_line_start(second, 1));
}

TEST_CASE("what is no record is found to be none") {
  std::string wire;
  append_audit_wire(wire, call("r1"));
  AuditRecord read;
  for (std::size_t i = 0; i < 30; ++i) {
    for (const char byte : {'\xff', '\x7f'}) {
      std::string changed = wire;
      changed[i] = byte;
      std::string_view rest = changed;
      static_cast<void>(take_audit_wire(rest, read)); // ends, and reads nothing that is not there
    }
  }
  std::string_view nonsense =
      "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nX: 0123456789012345678901234567890\r\n";
  CHECK(take_audit_wire(nonsense, read) == AuditWire::broken);
}

TEST_CASE("each line holds on to the one before") {
  ChainPoint last;
  std::string line = chained_line(call("r1"), last);
  CHECK(last.sequence == 1);
  CHECK(line.find("\"prev\":\"" + std::string(64, '0') + "\"") != std::string::npos);
  const ChainPoint first = last;
  line = chained_line(call("r2"), last);
  line.pop_back();
  const auto read = read_chain_line(line);
  REQUIRE(read);
  CHECK(read->previous == first.hash);
  CHECK(read->point == last);
  CHECK(parse_point(point_text(last)) == last);
  for (const char* wrong : {"", "7", "7:", ":ab", "x:ab", "7:ABC"}) CHECK_FALSE(parse_point(wrong));
}

TEST_CASE("an audit log that was left alone is fine, and is continued") {
  Directory directory;
  write_log(options(directory.path), 2, 3);
  CHECK(verdict(directory.path) == "fine");
  CHECK(report_of(directory.path).notes.empty());
  CHECK(report_of(directory.path).last.sequence == 8);
  write_log(options(directory.path), 1, 1);
  CHECK(report_of(directory.path).last.sequence == 10); // without a word on how it ended: it did in order
  struct stat facts {};
  REQUIRE(::stat((directory.path / "key.pem").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("a changed byte in any member of any line is found in that line") {
  Directory directory;
  write_log(options(directory.path), 2, 2); // lines 3 and 6 are checkpoints
  const fs::path file = directory.path / first_name;
  const std::string content = content_of(file);
  std::size_t line = 1;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == '\n') {
      ++line;
      continue;
    }
    if (line == 1 || line == 4 || i % stride != 0) continue; // they are as 2 and 5
    std::string changed = content;
    changed[i] = changed[i] == '0' ? '1' : '0';
    put(file, changed);
    REQUIRE(verdict(directory.path) == "changed in line " + std::to_string(line));
  }
}

TEST_CASE("lines that were removed, swapped, repeated or taken from elsewhere are found") {
  Directory directory;
  write_log(options(directory.path), 2, 3);
  const fs::path file = directory.path / first_name;
  const std::vector<std::string> lines = lines_of(file);
  REQUIRE(lines.size() == 8);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> left = lines;
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
    put(file, joined(left));
    CHECK(verdict(directory.path) ==
          (i + 1 == lines.size() ? "truncated in line 7" : "removed in line " + std::to_string(i + 1)));
  }
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    std::vector<std::string> swapped = lines;
    std::swap(swapped[i], swapped[i + 1]);
    put(file, joined(swapped));
    CHECK(verdict(directory.path) == "reordered in line " + std::to_string(i + 1));
  }
  std::vector<std::string> repeated = lines;
  repeated.insert(repeated.begin() + 2, lines[1]);
  put(file, joined(repeated));
  CHECK(verdict(directory.path) == "reordered in line 3");
}

TEST_CASE("a chain that somebody made anew without the key is found") {
  Directory directory;
  write_log(options(directory.path), 2, 3);
  const fs::path file = directory.path / first_name;
  std::vector<std::string> lines = lines_of(file);
  ChainPoint point;
  std::string content;
  SECTION("one line, with its digest made right") {
    static_cast<void>(chained_line(call("r1"), point));
    lines[1] = chained_line(call("somebody else"), point);
    put(file, joined(lines));
    CHECK(verdict(directory.path) == "changed in line 3");
  }
  SECTION("all of them up to the checkpoint") {
    for (std::size_t i = 0; i < 3; ++i) lines[i] = chained_line(call("x"), point);
    const std::string checkpoint = lines[3];
    AuditRecord forged;
    forged.kind = AuditKind::checkpoint;
    const std::size_t at = checkpoint.find("\"signature\":\"") + 13;
    forged.signature = checkpoint.substr(at, 128);
    lines[3] = chained_line(forged, point);
    put(file, joined(lines));
    CHECK(verdict(directory.path) == "signature in line 4");
  }
  SECTION("without checkpoints") {
    for (std::size_t i = 0; i < lines.size(); ++i) content += chained_line(call("x"), point);
    put(file, content);
    CHECK(verdict(directory.path) == "changed in line 8");
    fs::remove(directory.path / "head.json");
    CHECK(verdict(directory.path) == "truncated in line 0");
  }
}

TEST_CASE("a tail that was cut off is found, wherever the cut is") {
  Directory directory;
  write_log(options(directory.path), 2, 3);
  const fs::path file = directory.path / first_name;
  const std::vector<std::string> lines = lines_of(file);
  const std::string content = joined(lines);
  const std::size_t last_two = lines[6].size() + lines[7].size();
  for (std::size_t cut = 1; cut <= last_two; cut += stride) {
    put(file, content.substr(0, content.size() - cut));
    REQUIRE(verdict(directory.path).substr(0, 9) == "truncated");
    const auto reopened = AuditLog::open(options(directory.path)); // and nobody covers it with another head
    REQUIRE_FALSE(reopened);
    REQUIRE(reopened.error().exit_code == 2);
  }
}

TEST_CASE("a head that was made older with the log shows against one that was kept elsewhere") {
  Directory directory;
  write_log(options(directory.path), 1, 3);
  const std::string old_head = content_of(directory.path / "head.json");
  const std::string old_log = content_of(directory.path / first_name);
  write_log(options(directory.path), 1, 3);
  const ChainPoint kept = report_of(directory.path).last;
  put(directory.path / "head.json", old_head);
  CHECK(verdict(directory.path) == "fine");
  CHECK(report_of(directory.path).notes.size() == 1);
  put(directory.path / first_name, old_log);
  CHECK(verdict(directory.path) == "fine"); // nothing in the directory shows it
  CHECK(verdict(directory.path, kept) == "truncated in line 4");
  CHECK(verdict(directory.path, ChainPoint{4, std::string(64, '1')}) == "changed in line 4");
  CHECK(verdict(directory.path, report_of(directory.path).last) == "fine");
}

TEST_CASE("a head that is missing, changed, or signed for something else or by somebody else is found") {
  Directory directory, other;
  write_log(options(directory.path), 2, 3);
  write_log(options(other.path), 2, 3);
  const fs::path head = directory.path / "head.json";
  const std::string good = content_of(head);
  SECTION("missing") {
    fs::remove(head);
    CHECK(verdict(directory.path) == "truncated in line 0");
    CHECK_FALSE(AuditLog::open(options(directory.path)));
  }
  SECTION("changed") {
    for (const char* member : {"\"sequence\":", "\"hash\":\"", "\"time\":\"", "\"signature\":\""}) {
      std::string changed = good;
      char& byte = changed[changed.find(member) + std::string(member).size()];
      byte = byte == '1' ? '2' : '1';
      put(head, changed);
      CHECK(report_of(directory.path).fault);
      CHECK_FALSE(AuditLog::open(options(directory.path)));
    }
    put(head, "");
    CHECK(report_of(directory.path).fault);
  }
  SECTION("another's") {
    fs::copy_file(other.path / "head.json", head, fs::copy_options::overwrite_existing);
    CHECK(verdict(directory.path) == "signature in line 0");
  }
  SECTION("a checkpoint's signature is none") {
    const std::string line = lines_of(directory.path / first_name)[3];
    const auto read = read_chain_line(line.substr(0, line.size() - 1));
    REQUIRE(read);
    put(head, R"({"sequence":4,"hash":")" + read->previous + R"(","time":")" + read->time + R"(","signature":")" +
                  read->signature + "\"}\n");
    CHECK(verdict(directory.path) == "signature in line 0");
  }
  SECTION("a foreign public key") {
    const auto report = verify_audit_log(directory.path, other.path / "public.pem", {});
    REQUIRE(report);
    REQUIRE(report->fault);
    CHECK(report->fault->what == "signature");
  }
  SECTION("a foreign key") {
    fs::copy_file(other.path / "key.pem", directory.path / "key.pem", fs::copy_options::overwrite_existing);
    CHECK_FALSE(AuditLog::open(options(directory.path)));
    fs::remove(directory.path / "key.pem");
    CHECK_FALSE(AuditLog::open(options(directory.path))); // no other is made for a log that has lines
  }
}

TEST_CASE("a log goes on over several files, and one that is missing is found") {
  Directory directory;
  AuditOptions small = options(directory.path);
  small.max_bytes = 1500;
  write_log(small, 4, 4);
  const auto files = list_audit_files(directory.path);
  REQUIRE(files);
  REQUIRE(files->size() >= 4);
  CHECK(verdict(directory.path) == "fine");
  for (std::size_t i = 0; i < files->size(); ++i) {
    const fs::path path = (*files)[i].path;
    const std::string content = content_of(path);
    fs::remove(path);
    const AuditReport report = report_of(directory.path);
    REQUIRE(report.fault);
    CHECK(report.fault->what == (i + 1 == files->size() ? "truncated" : "removed"));
    put(path, content.substr(0, content.size() - 10));
    CHECK(report_of(directory.path).fault->what == "truncated");
    put(path, content);
  }
}

TEST_CASE("old files are removed with a note, and only with a note") {
  Directory directory;
  AuditOptions small = options(directory.path);
  small.max_bytes = 1500;
  small.keep = 2;
  write_log(small, 8, 4);
  const auto files = list_audit_files(directory.path);
  REQUIRE(files);
  CHECK(files->size() == 2);
  CHECK(verdict(directory.path) == "fine");
  CHECK(verdict(directory.path, ChainPoint{1, std::string(64, '1')}) == "fine");
  CHECK(report_of(directory.path, ChainPoint{1, std::string(64, '1')}).notes.size() == 1);
  SECTION("one more") {
    fs::remove(files->front().path);
    CHECK(report_of(directory.path).fault->what == "removed");
  }
  SECTION("the note") {
    fs::remove(directory.path / "removed.json");
    CHECK(report_of(directory.path).fault->what == "removed");
  }
  SECTION("a head is no such note") {
    fs::copy_file(directory.path / "head.json", directory.path / "removed.json", fs::copy_options::overwrite_existing);
    CHECK(report_of(directory.path).fault->what == "signature");
  }
  SECTION("all of it") {
    for (const AuditFile& file : *files) fs::remove(file.path);
    CHECK(report_of(directory.path).fault->what == "truncated");
    CHECK_FALSE(AuditLog::open(small));
  }
}

TEST_CASE("a log of which nothing is left is not fine") {
  Directory directory;
  write_log(options(directory.path), 1, 3);
  const ChainPoint kept = report_of(directory.path).last;
  fs::remove(directory.path / "head.json");
  put(directory.path / first_name, "");
  CHECK_FALSE(verify_audit_log(directory.path, {}, {}));
  fs::remove(directory.path / first_name);
  CHECK_FALSE(verify_audit_log(directory.path, {}, {}));
  CHECK(verdict(directory.path, kept) == "truncated in line 0");
}

TEST_CASE("a log that was not ended in order is continued with a line on what was cut off") {
  Directory directory;
  {
    const auto log = open_log(options(directory.path));
    const AuditRecord record = call("r1");
    REQUIRE(log->append({&record, 1}));
    REQUIRE(log->checkpoint());
    REQUIRE(log->append({&record, 1}));
  }
  CHECK(verdict(directory.path) == "fine");
  CHECK(report_of(directory.path).notes.size() == 1);
  std::ofstream(directory.path / first_name, std::ios::app) << "{\"seq\":4,\"time\"";
  CHECK(verdict(directory.path) == "fine");
  CHECK(report_of(directory.path).notes.size() == 2);
  {
    const auto log = open_log(options(directory.path));
    const auto recovery = log->take_recovery();
    REQUIRE(recovery);
    CHECK(recovery->kind == AuditKind::recovered);
    CHECK(recovery->count == 15);
    REQUIRE(log->append({&*recovery, 1}));
    REQUIRE(log->checkpoint());
  }
  CHECK(verdict(directory.path) == "fine");
  CHECK(report_of(directory.path).notes.empty());
}

TEST_CASE("nobody else writes into the same directory") {
  Directory directory;
  const auto log = open_log(options(directory.path));
  const auto second = AuditLog::open(options(directory.path));
  REQUIRE_FALSE(second);
  CHECK(second.error().exit_code == 2);
  CHECK(second.error().message.find("another crank-host") != std::string::npos);
}

TEST_CASE("a writer takes what others send, signs it, and can be paused in the middle of a record") {
  Directory directory;
  AuditWriter writer(open_log(options(directory.path)));
  REQUIRE_FALSE(writer.start({}));
  auto ends = AuditWriter::channel();
  REQUIRE(ends);
  writer.add_source(7, std::move(ends->first));
  std::string wire;
  append_audit_wire(wire, call("r1"));
  append_audit_wire(wire, call("r2"));
  REQUIRE(::write(ends->second.get(), wire.data(), wire.size() - 5) == static_cast<ssize_t>(wire.size() - 5));
  REQUIRE(within_time([&] { return writer.counts().written == 1; }));
  REQUIRE(writer.pause());
  REQUIRE(writer.sources().size() == 1);
  CHECK(verdict(directory.path) == "fine");
  CHECK(report_of(directory.path).notes.empty());
  REQUIRE_FALSE(writer.resume());
  REQUIRE(::write(ends->second.get(), wire.data() + wire.size() - 5, 5) == 5);
  REQUIRE(within_time([&] { return writer.counts().written == 2; }));
  writer.finish();
  CHECK(report_of(directory.path).notes.empty());
  auto reader = AuditReader::open(directory.path, 100);
  REQUIRE(reader);
  int calls = 0;
  while (const auto line = reader->next()) calls += line->find("\"generation\":7") != std::string::npos;
  CHECK(calls == 2);
}

TEST_CASE("a sender never waits: what does not fit is counted, and told") {
  Directory directory;
  auto ends = AuditWriter::channel();
  REQUIRE(ends);
  AuditSender sender(std::move(ends->second), AuditWhenFull::count, [] { return true; });
  sender.start();
  std::uint64_t sent = 0;
  while (sender.dropped() == 0) { // nobody reads
    sender.add(call("r" + std::to_string(++sent)));
    REQUIRE(sent < 1'000'000);
  }
  CHECK_FALSE(sender.refuses());
  AuditWriter writer(open_log(options(directory.path)));
  REQUIRE_FALSE(writer.start({}));
  writer.add_source(1, std::move(ends->first));
  sender.finish(std::chrono::seconds(60));
  REQUIRE(within_time([&] { return writer.counts().dropped == 1; }));
  writer.finish();
  CHECK(writer.counts().written == sent); // with the line that tells of one
  CHECK(verdict(directory.path) == "fine");
}

TEST_CASE("a sender whose operator wants no gap refuses before it has to drop") {
  auto ends = AuditWriter::channel();
  REQUIRE(ends);
  AuditSender sender(std::move(ends->second), AuditWhenFull::refuse, [] { return false; });
  sender.start();
  CHECK_FALSE(sender.refuses());
  for (int i = 0; i < 1'000'000 && !sender.refuses(); ++i) sender.add(call("r"));
  CHECK(sender.refuses());
  CHECK(sender.dropped() == 0);
}
