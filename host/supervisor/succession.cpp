#include "supervisor/succession.hpp"

#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace crank {
namespace {

namespace json = boost::json;

constexpr const char* variable = "CRANK_SUPERVISOR_SUCCESSION";

sigset_t waiting_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

json::array addresses_json(const std::vector<Address>& addresses) {
  json::array list;
  for (const Address& address : addresses) list.push_back(json::object{{"host", address.host}, {"port", address.port}});
  return list;
}

std::string encode_succession(const Succession& from) {
  json::array listeners, generations;
  for (const auto& listener : from.listeners) {
    listeners.push_back(json::object{
        {"host", listener.address.host}, {"port", listener.address.port}, {"descriptor", listener.descriptor}});
  }
  for (const auto& one : from.generations) {
    generations.push_back(json::object{{"number", one.number},
                                       {"reason", one.reason},
                                       {"process", one.process},
                                       {"channel", one.channel},
                                       {"scoreboard", one.scoreboard},
                                       {"active", one.active},
                                       {"made_ms", one.made_ms},
                                       {"serving_ms", one.serving_ms},
                                       {"addresses", addresses_json(one.addresses)},
                                       {"ready", encode(Report(one.ready))}});
  }
  return json::serialize(json::object{{"succession", supervisor_succession},
                                      {"listeners", std::move(listeners)},
                                      {"generations", std::move(generations)},
                                      {"control", from.control},
                                      {"ticket_keys", from.ticket_keys},
                                      {"made", from.made},
                                      {"crashes", from.crashes},
                                      {"swaps", from.swaps},
                                      {"failed_swaps", from.failed_swaps},
                                      {"recycled", from.recycled},
                                      {"upgrades", from.upgrades},
                                      {"started_ms", from.started_ms}});
}

// Throws what Boost.JSON throws where a member is missing or of another type: only our own predecessor wrote this.
Succession decode_succession(const json::object& object) {
  if (object.at("succession").to_number<std::int64_t>() != supervisor_succession)
    throw std::invalid_argument("it is of another version");
  const auto address = [](const json::object& from) {
    return Address{std::string(from.at("host").as_string()), from.at("port").to_number<std::uint16_t>()};
  };
  Succession to;
  for (const json::value& value : object.at("listeners").as_array()) {
    const json::object& one = value.as_object();
    to.listeners.push_back({address(one), one.at("descriptor").to_number<int>()});
  }
  for (const json::value& value : object.at("generations").as_array()) {
    const json::object& one = value.as_object();
    Succession::Generation generation;
    generation.number = one.at("number").to_number<std::uint64_t>();
    generation.reason = one.at("reason").as_string();
    generation.process = one.at("process").to_number<pid_t>();
    generation.channel = one.at("channel").to_number<int>();
    generation.scoreboard = one.at("scoreboard").to_number<int>();
    generation.active = one.at("active").as_bool();
    generation.made_ms = one.at("made_ms").to_number<std::int64_t>();
    generation.serving_ms = one.at("serving_ms").to_number<std::int64_t>();
    for (const json::value& each : one.at("addresses").as_array())
      generation.addresses.push_back(address(each.as_object()));
    Report report;
    const json::string& ready = one.at("ready").as_string();
    if (const auto fault = decode_report({ready.data(), ready.size()}, report)) throw std::invalid_argument(*fault);
    generation.ready = std::get<ReadyReport>(std::move(report));
    to.generations.push_back(std::move(generation));
  }
  to.control = object.at("control").to_number<int>();
  to.ticket_keys = object.at("ticket_keys").as_string();
  to.made = object.at("made").to_number<std::uint64_t>();
  to.crashes = object.at("crashes").to_number<std::uint64_t>();
  to.swaps = object.at("swaps").to_number<std::uint64_t>();
  to.failed_swaps = object.at("failed_swaps").to_number<std::uint64_t>();
  to.recycled = object.at("recycled").to_number<std::uint64_t>();
  to.upgrades = object.at("upgrades").to_number<std::uint64_t>();
  to.started_ms = object.at("started_ms").to_number<std::int64_t>();
  return to;
}

template <class Each>
void each_descriptor(const Succession& of, Each&& each) {
  if (of.control >= 0) each(of.control);
  for (const auto& listener : of.listeners) each(listener.descriptor);
  for (const auto& generation : of.generations) {
    each(generation.channel);
    each(generation.scoreboard);
  }
}

// A pipe that holds `text`, its reading end; it is a few kilobytes. Empty with errno when it does not fit.
Descriptor pipe_with(const std::string& text) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  Descriptor reading(ends[0]);
  const Descriptor writing(ends[1]);
  ::fcntl(writing.get(), F_SETFL, O_NONBLOCK);
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(writing.get(), text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    written += static_cast<std::size_t>(count);
  }
  return reading;
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 16 * 1024> piece;
  for (;;) {
    const ssize_t count = ::read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

} // namespace

std::string Succession::hand_over_to(const std::string& path, const std::vector<std::string>& arguments) const {
  const Descriptor state = pipe_with(encode_succession(*this));
  if (!state) return std::string("cannot write down the state: ") + std::strerror(errno);
  std::vector<std::string> all = arguments;
  all.insert(all.begin(), path);
  std::vector<char*> pointers;
  for (std::string& one : all) pointers.push_back(one.data());
  pointers.push_back(nullptr);

  sigset_t former;
  const sigset_t waiting = waiting_signals();
  ::sigprocmask(SIG_BLOCK, &waiting, &former); // a signal between the two binaries would end both
  ::setenv(variable, std::to_string(state.get()).c_str(), 1);
  each_descriptor(*this, [](int descriptor) { ::fcntl(descriptor, F_SETFD, 0); });
  ::execv(path.c_str(), pointers.data());
  const std::string reason = "cannot run " + path + ": " + std::strerror(errno);
  each_descriptor(*this, [](int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); });
  ::unsetenv(variable);
  ::sigprocmask(SIG_SETMASK, &former, nullptr);
  return reason;
}

Result<std::optional<Succession>, Failure> Succession::from_environment() {
  const char* text = std::getenv(variable);
  if (!text) return std::optional<Succession>();
  int number = -1;
  std::from_chars(text, text + std::strlen(text), number);
  ::unsetenv(variable);
  const Descriptor file(number);
  const auto value = parse_json(file ? read_all(file.get()) : std::string());
  const auto failure = [](const std::string& why) {
    return Failure{"the state that the supervisor before this one left is not understood (" + why + ")"};
  };
  if (!value || !value->is_object()) return failure(value ? "it is not an object" : value.error());
  try {
    Succession succession = decode_succession(value->get_object());
    each_descriptor(succession, [](int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); });
    return std::optional(std::move(succession));
  } catch (const std::exception& problem) {
    return failure(problem.what());
  }
}

void Succession::let_signals_in() {
  const sigset_t waiting = waiting_signals();
  ::sigprocmask(SIG_UNBLOCK, &waiting, nullptr);
}

} // namespace crank
