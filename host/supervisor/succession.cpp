#include "supervisor/succession.hpp"

#include "os/platform.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace crank {
namespace {

namespace json = boost::json;

constexpr const char* variable = "CRANK_SUPERVISOR_SUCCESSION";

sigset_t waiting_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
  return set;
}

json::object address_json(const Address& address) {
  return {{"host", address.host}, {"port", address.port}, {"any_for_management", address.any_for_management}};
}

json::array addresses_json(const std::vector<Address>& addresses) {
  json::array list;
  for (const Address& address : addresses) list.push_back(address_json(address));
  return list;
}

std::string encode_succession(const Succession& from) {
  json::array listeners, generations;
  for (const auto& listener : from.listeners) {
    listeners.push_back(json::object{{"address", address_json(listener.address)}, {"descriptor", listener.descriptor}});
  }
  for (const auto& one : from.generations) {
    generations.push_back(json::object{{"number", one.number},
                                       {"reason", one.reason},
                                       {"process", one.process},
                                       {"channel", one.channel},
                                       {"scoreboard", one.scoreboard},
                                       {"audit", one.audit},
                                       {"audit_rest", one.audit_rest},
                                       {"active", one.active},
                                       {"may_lead", one.may_lead},
                                       {"made_ms", one.made_ms},
                                       {"serving_ms", one.serving_ms},
                                       {"addresses", addresses_json(one.addresses)},
                                       {"ready", encode(Report(one.ready))}});
  }
  return json_text(json::object{{"succession", supervisor_succession},
                                {"listeners", std::move(listeners)},
                                {"generations", std::move(generations)},
                                {"control", from.control},
                                {"client", from.client},
                                {"audit_lock", from.audit_lock},
                                {"ticket_keys", from.ticket_keys},
                                {"made", from.made},
                                {"crashes", from.crashes},
                                {"swaps", from.swaps},
                                {"failed_swaps", from.failed_swaps},
                                {"recycled", from.recycled},
                                {"upgrades", from.upgrades},
                                {"started_ms", from.started_ms},
                                {"reload_waits", from.reload_waits},
                                {"leader", from.leader},
                                {"is_to_follow", from.is_to_follow},
                                {"term", from.term}});
}

// Throws what Boost.JSON throws where a member is missing or of another type: only our own predecessor wrote this.
Succession decode_succession(const json::object& object) {
  if (object.at("succession").to_number<std::int64_t>() != supervisor_succession)
    throw std::invalid_argument("it is of another version");
  const auto address = [](const json::object& from) {
    return Address{std::string(from.at("host").as_string()), from.at("port").to_number<std::uint16_t>(),
                   from.at("any_for_management").as_bool()};
  };
  Succession to;
  for (const json::value& value : object.at("listeners").as_array()) {
    const json::object& one = value.as_object();
    to.listeners.push_back({address(one.at("address").as_object()), one.at("descriptor").to_number<int>()});
  }
  for (const json::value& value : object.at("generations").as_array()) {
    const json::object& one = value.as_object();
    Succession::Generation generation;
    generation.number = one.at("number").to_number<std::uint64_t>();
    generation.reason = one.at("reason").as_string();
    generation.process = one.at("process").to_number<pid_t>();
    generation.channel = one.at("channel").to_number<int>();
    generation.scoreboard = one.at("scoreboard").to_number<int>();
    generation.audit = one.at("audit").to_number<int>();
    generation.audit_rest = one.at("audit_rest").as_string();
    generation.active = one.at("active").as_bool();
    generation.may_lead = one.at("may_lead").as_bool();
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
  to.client = object.at("client").to_number<int>();
  to.audit_lock = object.at("audit_lock").to_number<int>();
  to.ticket_keys = object.at("ticket_keys").as_string();
  to.made = object.at("made").to_number<std::uint64_t>();
  to.crashes = object.at("crashes").to_number<std::uint64_t>();
  to.swaps = object.at("swaps").to_number<std::uint64_t>();
  to.failed_swaps = object.at("failed_swaps").to_number<std::uint64_t>();
  to.recycled = object.at("recycled").to_number<std::uint64_t>();
  to.upgrades = object.at("upgrades").to_number<std::uint64_t>();
  to.started_ms = object.at("started_ms").to_number<std::int64_t>();
  to.reload_waits = object.at("reload_waits").as_bool();
  to.leader = object.at("leader").to_number<std::uint64_t>();
  to.is_to_follow = object.at("is_to_follow").as_bool();
  to.term = object.at("term").to_number<std::uint64_t>();
  return to;
}

template <class Each>
void each_descriptor(const Succession& of, Each&& each) {
  if (of.control >= 0) each(of.control);
  if (of.client >= 0) each(of.client);
  if (of.audit_lock >= 0) each(of.audit_lock);
  for (const auto& listener : of.listeners) each(listener.descriptor);
  for (const auto& generation : of.generations) {
    each(generation.channel);
    each(generation.scoreboard);
    if (generation.audit >= 0) each(generation.audit);
  }
}

// Memory that holds `text` and zeros after it: systems round its size up. Empty with errno when there is none.
Descriptor memory_with(const std::string& text) {
  const std::size_t size = text.size() + 1;
  Descriptor memory(anonymous_memory(size));
  if (!memory) return {};
  void* const mapped = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (mapped == MAP_FAILED) return {};
  std::memcpy(mapped, text.c_str(), size);
  ::munmap(mapped, size);
  return memory;
}

std::string text_in(int memory) {
  struct stat facts {};
  if (::fstat(memory, &facts) != 0 || facts.st_size <= 0) return {};
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, memory, 0);
  if (mapped == MAP_FAILED) return {};
  std::string text(static_cast<const char*>(mapped), ::strnlen(static_cast<const char*>(mapped), size));
  ::munmap(mapped, size);
  return text;
}

} // namespace

std::string Succession::hand_over_to(const std::string& path, const std::vector<std::string>& arguments) const {
  const Descriptor state = memory_with(encode_succession(*this));
  if (!state) return std::string("cannot write down the state: ") + std::strerror(errno);
  std::vector<std::string> all = arguments;
  all.insert(all.begin(), path);
  std::vector<char*> pointers;
  for (std::string& one : all) pointers.push_back(one.data());
  pointers.push_back(nullptr);

  ::setenv(variable, std::to_string(state.get()).c_str(), 1);
  ::fcntl(state.get(), F_SETFD, 0);
  each_descriptor(*this, [](int descriptor) { ::fcntl(descriptor, F_SETFD, 0); });
  ::execv(path.c_str(), pointers.data());
  const std::string reason = "cannot run " + path + ": " + std::strerror(errno);
  each_descriptor(*this, [](int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); });
  ::unsetenv(variable);
  return reason;
}

Result<std::optional<Succession>, Failure> Succession::from_environment() {
  const char* text = std::getenv(variable);
  if (!text) return std::optional<Succession>();
  int number = -1;
  std::from_chars(text, text + std::strlen(text), number);
  ::unsetenv(variable);
  const Descriptor file(number);
  const auto value = parse_json(file ? text_in(file.get()) : std::string());
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

void Succession::keep_signals_out() {
  const sigset_t waiting = waiting_signals();
  ::sigprocmask(SIG_BLOCK, &waiting, nullptr);
}

void Succession::let_signals_in() {
  const sigset_t waiting = waiting_signals();
  ::sigprocmask(SIG_UNBLOCK, &waiting, nullptr);
}

} // namespace crank
