// What a supervisor and a generation share: the channel, the messages, the scoreboard.
#include "catch.hpp"

#include "os/channel.hpp"
#include "supervision/protocol.hpp"
#include "supervision/scoreboard.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

using namespace crank;
using Received = Channel::Received;

namespace {

struct Ends {
  Ends() : Ends(Channel::pair()) {}
  Channel one, other;

private:
  explicit Ends(Result<std::pair<Descriptor, Descriptor>, Failure> made)
      : one(std::move((*made).first)), other(std::move((*made).second)) {}
};

bool is_pipe_of(int reading, int writing) {
  char byte = 0;
  return ::write(writing, "x", 1) == 1 && ::read(reading, &byte, 1) == 1 && byte == 'x';
}

} // namespace

TEST_CASE("messages keep their bounds and their descriptors") {
  Ends ends;
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const Descriptor reading(pipe[0]), writing(pipe[1]);
  const std::string longest(Channel::longest_text, 'x');
  bool all_sent = false;
  std::thread sender([&] {
    const int passed[] = {pipe[0], pipe[1]};
    all_sent = ends.one.send("first") && ends.one.send("with two", passed) && ends.one.send("") &&
               ends.one.send("with one", std::span(passed).first(1)) && ends.one.send(longest);
  });
  Packet packet;
  REQUIRE(ends.other.receive(packet, true) == Received::packet);
  CHECK(packet.text == "first");
  CHECK(packet.descriptors.empty());
  REQUIRE(ends.other.receive(packet, true) == Received::packet);
  CHECK(packet.text == "with two");
  REQUIRE(packet.descriptors.size() == 2);
  CHECK(is_pipe_of(packet.descriptors[0].get(), packet.descriptors[1].get()));
  CHECK((::fcntl(packet.descriptors[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  REQUIRE(ends.other.receive(packet, true) == Received::packet);
  CHECK(packet.text.empty());
  CHECK(packet.descriptors.empty());
  REQUIRE(ends.other.receive(packet, true) == Received::packet);
  CHECK(packet.descriptors.size() == 1);
  REQUIRE(ends.other.receive(packet, true) == Received::packet);
  CHECK(packet.text == longest);
  sender.join();
  CHECK(all_sent);
  CHECK(ends.other.receive(packet, false) == Received::nothing);
  CHECK_FALSE(ends.one.send(longest + "x"));
}

TEST_CASE("a channel whose other end is gone, or talks nonsense") {
  Ends ends;
  Packet packet;
  SECTION("gone") {
    ends.one.release();
    CHECK(ends.other.receive(packet, true) == Received::end);
    CHECK_FALSE(ends.other.send("x"));
  }
  SECTION("a length beyond the limit") {
    const std::uint32_t header[] = {Channel::longest_text + 1, 0};
    REQUIRE(::send(ends.one.descriptor(), header, sizeof header, 0) == sizeof header);
    CHECK(ends.other.receive(packet, true) == Received::broken);
  }
  SECTION("descriptors that did not come") {
    const std::uint32_t header[] = {0, 1};
    REQUIRE(::send(ends.one.descriptor(), header, sizeof header, 0) == sizeof header);
    CHECK(ends.other.receive(packet, true) == Received::broken);
  }
  SECTION("nobody reads") {
    while (ends.one.send(std::string(60'000, 'x'))) {
    }
    CHECK(true); // it gave up instead of blocking for ever
  }
}

TEST_CASE("orders and reports survive the way") {
  const auto order_again = [](const Order& order) {
    Order decoded;
    const auto fault = decode_order(encode(order), decoded);
    INFO(fault.value_or(""));
    CHECK_FALSE(fault);
    CHECK(decoded.index() == order.index());
    CHECK(encode(decoded) == encode(order));
    return decoded;
  };
  const auto start = std::get<StartOrder>(order_again(StartOrder{7, true, false, "00ff", "count"}));
  CHECK(start.number == 7);
  CHECK(start.accept_at_once);
  CHECK(start.ticket_keys == "00ff");
  CHECK(std::get<ListenersOrder>(order_again(ListenersOrder{2})).main == 2);
  order_again(RefuseOrder{"the \"port\" is taken\n", 2});
  order_again(GoOrder{});
  order_again(DrainOrder{true, 12'345});
  order_again(CanaryOrder{100});
  order_again(AdoptOrder{});
  CHECK(std::get<LeadOrder>(order_again(LeadOrder{(std::uint64_t{1} << 63) - 1})).term == (std::uint64_t{1} << 63) - 1);
  order_again(FollowOrder{});

  const auto report_again = [](const Report& report) {
    Report decoded;
    const auto fault = decode_report(encode(report), decoded);
    INFO(fault.value_or(""));
    CHECK_FALSE(fault);
    CHECK(encode(decoded) == encode(report));
    return decoded;
  };
  const auto listen =
      std::get<ListenRequest>(report_again(ListenRequest{{{"127.0.0.1", "::1"}, 8500}, Place{{"127.0.0.1"}, 0}}));
  CHECK(listen.main == Place{{"127.0.0.1", "::1"}, 8500});
  CHECK(listen.management == Place{{"127.0.0.1"}, 0});
  CHECK_FALSE(std::get<ListenRequest>(report_again(ListenRequest{{{"h"}, 1}, {}})).management);
  for (const char* const hosts : {"[]", R"(["a", "b", "c"])", "[1]", R"("a")"}) {
    Report refused;
    CHECK(decode_report(R"({"type": "listen", "main": {"hosts": )" + std::string(hosts) + R"(, "port": 1}})", refused));
  }
  const auto ready = std::get<ReadyReport>(
      report_again(ReadyReport{"0.1", 1, "https://x", "", {{"a", "1.0.0", "/a.so", "ab", "1:2:3"}}}));
  REQUIRE(ready.plugins.size() == 1);
  CHECK(ready.plugins[0].digest == "ab");
  CHECK(ready.plugins[0].stamp == "1:2:3");
  report_again(FailedReport{"because", 3});
  report_again(DivertingReport{});
  report_again(FollowingReport{});
}

TEST_CASE("messages that are none are refused with a reason") {
  Order order;
  Report report;
  for (const char* text :
       {"", "{", "[]", "{}", R"({"type":1})", R"({"type":"dance"})", R"({"type":"drain"})",
        R"({"type":"drain","retire":1,"grace_ms":1})", R"({"type":"drain","retire":true,"grace_ms":-1})",
        R"({"type":"start","protocol":999})", R"({"type":"lead"})", R"({"type":"lead","term":0})",
        R"({"type":"lead","term":-1})", R"({"type":"lead","term":"1"})", R"({"type":"lead","term":1.5})",
        R"({"type":"lead","term":9223372036854775808})", R"({"type":"leads","term":1})"}) {
    INFO(text);
    CHECK(decode_order(text, order));
    CHECK(decode_report(text, report));
  }
  CHECK(decode_report(R"({"type":"follow"})", report)); // what one side says is none of the other's
  CHECK(decode_order(R"({"type":"following"})", order));
  CHECK(decode_report(R"({"type":"listen","main":{"host":"x","port":65536}})", report));
  CHECK(decode_report(R"({"type":"ready","host_version":"","succession":1,"url":"","management_url":"","plugins":[1]})",
                      report));
}

TEST_CASE("the scoreboard shows calls from admission to release") {
  auto board = Scoreboard::create();
  REQUIRE(board);
  ScoreboardLedger ledger(board->page());
  const auto first = ledger.admitted("streaming", "text.stream", "id-1");
  const auto second = ledger.admitted("streaming", "text.stream", std::string(500, 'x'));
  ledger.entered(first);
  CHECK(ScoreboardLedger::current() == first);
  ledger.left();
  CHECK(ScoreboardLedger::current() == CallLedger::none);
  auto calls = board->calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].state == CallState::running);
  CHECK(calls[0].request_id == "id-1");
  CHECK(calls[1].state == CallState::admitted);
  CHECK(calls[1].request_id.size() < 70);
  CHECK(board->counts().running == 2);
  ledger.answered(first, CRANK_DEADLINE, 0.003);
  ledger.answered(second, CRANK_OK, 0.001);
  CHECK(board->counts().late == 2);
  ledger.released(first);
  ledger.released(second);
  ledger.answered(first, CRANK_OK, 0.1); // lost the race with the release
  CHECK(board->calls().empty());
  const ScoreboardCounts counts = board->counts();
  CHECK(counts.requests == 3);
  CHECK(counts.failures == 1);
  CHECK(counts.latency_below(0.3) == 1024);
  CHECK(counts.since(counts).requests == 0);
  CHECK(counts.since(counts).latency_below(0.5) == 0);
}

TEST_CASE("the scoreboard shows calls that were given up, until they return") {
  auto board = Scoreboard::create();
  REQUIRE(board);
  ScoreboardLedger ledger(board->page());
  const auto slot = ledger.admitted("p", "a.b", "id");
  ledger.entered(slot);
  ledger.given_up(slot); // it has no answer yet: it is none of those
  CHECK(board->counts().given_up == 0);
  ledger.answered(slot, CRANK_CANCELLED, 1);
  ledger.given_up(slot);
  ledger.given_up(CallLedger::none);
  CHECK(board->counts().given_up == 1);
  CHECK(board->counts().late == 1);
  CHECK(board->counts().running == 0);
  ledger.released(slot);
  ledger.given_up(slot); // lost the race with the return
  CHECK(board->counts().given_up == 0);
  CHECK(board->calls().empty());
}

TEST_CASE("a full scoreboard still counts") {
  auto board = Scoreboard::create();
  REQUIRE(board);
  ScoreboardLedger ledger(board->page());
  std::vector<CallLedger::Slot> slots;
  for (std::size_t i = 0; i < ScoreboardPage::most_calls + 3; ++i) slots.push_back(ledger.admitted("p", "o", "r"));
  CHECK(board->counts().running == ScoreboardPage::most_calls + 3);
  CHECK(slots.back() == CallLedger::none);
  for (const auto slot : slots) {
    ledger.entered(slot);
    ledger.left();
    ledger.answered(slot, CRANK_OK, 0);
    ledger.released(slot);
  }
  CHECK(board->counts().running == 0);
  CHECK(board->counts().requests == ScoreboardPage::most_calls + 3);
}

TEST_CASE("a scoreboard crosses processes by its descriptor, if it is one of this version") {
  auto board = Scoreboard::create();
  REQUIRE(board);
  const auto again = Scoreboard::adopt(Descriptor(::dup(board->descriptor())));
  REQUIRE(again);
  ScoreboardLedger(board->page()).admitted("p", "o", "r");
  CHECK(again->calls().size() == 1);
  board->page().version = 99;
  CHECK_FALSE(Scoreboard::adopt(Descriptor(::dup(board->descriptor()))));
  CHECK_FALSE(Scoreboard::adopt(Descriptor(::open("/dev/null", O_RDWR))));
  // What plugin code scribbled is bounded.
  for (auto& call : board->page().calls) {
    call.state = 77;
    std::fill(std::begin(call.plugin.bytes), std::end(call.plugin.bytes), 'x');
  }
  CHECK(again->calls().empty());
  board->page().calls[0].state = 2;
  CHECK(again->calls()[0].plugin.size() == 44);
  board->page().crash.signal = 11;
  board->page().crash.frames = 1'000'000;
  board->page().crash.call_slot = 1'000'000;
  REQUIRE(again->crash());
  CHECK(again->crash()->frames.size() == ScoreboardPage::most_frames);
}
