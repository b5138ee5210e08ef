#include "supervision/protocol.hpp"

#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include <limits>

namespace crank {
namespace {

namespace json = boost::json;

template <class... Function>
struct Overloaded : Function... {
  using Function::operator()...;
};
template <class... Function>
Overloaded(Function...) -> Overloaded<Function...>;

json::object place_json(const Place& place) { return {{"hosts", json::value_from(place.hosts)}, {"port", place.port}}; }

json::object report_json(const ReadyReport& ready) {
  json::array plugins;
  for (const PluginReport& plugin : ready.plugins) {
    plugins.push_back(json::object{{"id", plugin.id},
                                   {"version", plugin.version},
                                   {"path", plugin.path},
                                   {"digest", plugin.digest},
                                   {"stamp", plugin.stamp}});
  }
  return {{"type", "ready"},  {"host_version", ready.host_version},     {"succession", ready.succession},
          {"url", ready.url}, {"management_url", ready.management_url}, {"plugins", std::move(plugins)}};
}

// Reads members of one object; the first that is missing or of another type is what error() says.
class Reader {
public:
  explicit Reader(const json::object& object) : object_(object) {}

  std::string text(std::string_view name) {
    const json::value* value = find(name);
    if (value && value->is_string()) return std::string(value->get_string());
    return miss(name, "a text"), std::string();
  }
  bool boolean(std::string_view name) {
    const json::value* value = find(name);
    if (value && value->is_bool()) return value->get_bool();
    return miss(name, "true or false"), false;
  }
  std::int64_t number(std::string_view name, std::int64_t lowest, std::int64_t highest) {
    const json::value* value = find(name);
    if (value && value->is_int64() && value->get_int64() >= lowest && value->get_int64() <= highest)
      return value->get_int64();
    return miss(name, "a number in range"), lowest;
  }
  const json::object* object(std::string_view name, bool required) {
    const json::value* value = find(name);
    if (value && value->is_object()) return &value->get_object();
    if (required || value) miss(name, "an object");
    return nullptr;
  }
  const json::array* array(std::string_view name) {
    const json::value* value = find(name);
    if (value && value->is_array()) return &value->get_array();
    return miss(name, "a list"), nullptr;
  }
  // Between one and `most`.
  std::vector<std::string> texts(std::string_view name, std::size_t most) {
    const json::array* list = array(name);
    if (!list) return {};
    if (list->empty() || list->size() > most) return miss(name, "a list of that length"), std::vector<std::string>();
    std::vector<std::string> found;
    for (const json::value& one : *list) {
      if (!one.is_string()) return miss(name, "a list of texts"), std::vector<std::string>();
      found.emplace_back(one.get_string());
    }
    return found;
  }
  void absorb(const Reader& other) {
    if (error_.empty()) error_ = other.error_;
  }
  const std::string& error() const { return error_; }

private:
  const json::value* find(std::string_view name) const { return object_.if_contains({name.data(), name.size()}); }
  void miss(std::string_view name, std::string_view expected) {
    if (error_.empty()) error_ = "\"" + std::string(name) + "\" is not " + std::string(expected);
  }

  const json::object& object_;
  std::string error_;
};

constexpr std::int64_t no_bound = std::numeric_limits<std::int64_t>::max();

Place read_place(Reader& outer, const json::object* object) {
  if (!object) return {};
  Reader reader(*object);
  Place place{reader.texts("hosts", Place::most_hosts), static_cast<std::uint16_t>(reader.number("port", 0, 65535))};
  outer.absorb(reader);
  return place;
}

ListenRequest read_listen(Reader& reader) {
  ListenRequest request;
  request.main = read_place(reader, reader.object("main", true));
  if (const json::object* management = reader.object("management", false))
    request.management = read_place(reader, management);
  return request;
}

ReadyReport read_ready(Reader& reader) {
  ReadyReport ready;
  ready.host_version = reader.text("host_version");
  ready.succession = reader.number("succession", 0, no_bound);
  ready.url = reader.text("url");
  ready.management_url = reader.text("management_url");
  const json::array* plugins = reader.array("plugins");
  if (!plugins) return ready;
  for (const json::value& value : *plugins) {
    static const json::object nothing;
    Reader plugin(value.is_object() ? value.get_object() : nothing);
    ready.plugins.push_back(
        {plugin.text("id"), plugin.text("version"), plugin.text("path"), plugin.text("digest"), plugin.text("stamp")});
    reader.absorb(plugin);
  }
  return ready;
}

bool read_order(const std::string& type, Reader& reader, Order& order) {
  if (type == "start") {
    if (reader.number("protocol", 0, no_bound) != generation_protocol) return false;
    StartOrder start;
    start.number = static_cast<std::uint64_t>(reader.number("number", 0, no_bound));
    start.accept_at_once = reader.boolean("accept_at_once");
    start.manage_at_once = reader.boolean("manage_at_once");
    start.ticket_keys = reader.text("ticket_keys");
    start.audit = reader.text("audit");
    order = std::move(start);
  } else if (type == "listeners") {
    order = ListenersOrder{static_cast<std::size_t>(reader.number("main", 1, Place::most_hosts))};
  } else if (type == "refuse") {
    order = RefuseOrder{reader.text("message"), reader.number("exit_code", 0, 255)};
  } else if (type == "go") {
    order = GoOrder{};
  } else if (type == "drain") {
    order = DrainOrder{reader.boolean("retire"), static_cast<std::uint64_t>(reader.number("grace_ms", 0, no_bound))};
  } else if (type == "canary") {
    order = CanaryOrder{static_cast<std::uint64_t>(reader.number("per_mille", 0, 1000))};
  } else if (type == "adopt") {
    order = AdoptOrder{};
  } else if (type == "lead") {
    order = LeadOrder{static_cast<std::uint64_t>(reader.number("term", 1, no_bound))};
  } else if (type == "follow") {
    order = FollowOrder{};
  } else {
    return false;
  }
  return true;
}

bool read_report(const std::string& type, Reader& reader, Report& report) {
  if (type == "listen")
    report = read_listen(reader);
  else if (type == "ready")
    report = read_ready(reader);
  else if (type == "failed")
    report = FailedReport{reader.text("message"), reader.number("exit_code", 0, 255)};
  else if (type == "diverting")
    report = DivertingReport{};
  else if (type == "following")
    report = FollowingReport{};
  else
    return false;
  return true;
}

template <class Message, class Read>
std::optional<std::string> decode(std::string_view text, Message& into, Read&& read) {
  const auto value = parse_json(text);
  if (!value) return value.error();
  if (!value->is_object()) return "not an object";
  Reader reader(value->get_object());
  const std::string type = reader.text("type");
  const bool known = read(type, reader, into);
  if (!reader.error().empty()) return reader.error();
  if (!known) return "unknown message \"" + type.substr(0, 40) + "\", or one of another version of crank-host";
  return std::nullopt;
}

} // namespace

std::string encode(const Order& order) {
  return json_text(std::visit(
      Overloaded{
          [](const StartOrder& start) {
            return json::object{{"type", "start"},
                                {"protocol", generation_protocol},
                                {"number", start.number},
                                {"accept_at_once", start.accept_at_once},
                                {"manage_at_once", start.manage_at_once},
                                {"ticket_keys", start.ticket_keys},
                                {"audit", start.audit}};
          },
          [](const ListenersOrder& listeners) {
            return json::object{{"type", "listeners"}, {"main", listeners.main}};
          },
          [](const RefuseOrder& refuse) {
            return json::object{{"type", "refuse"}, {"message", refuse.message}, {"exit_code", refuse.exit_code}};
          },
          [](const GoOrder&) {
            return json::object{{"type", "go"}};
          },
          [](const DrainOrder& drain) {
            return json::object{{"type", "drain"}, {"retire", drain.retire}, {"grace_ms", drain.grace_ms}};
          },
          [](const CanaryOrder& canary) {
            return json::object{{"type", "canary"}, {"per_mille", canary.per_mille}};
          },
          [](const AdoptOrder&) {
            return json::object{{"type", "adopt"}};
          },
          [](const LeadOrder& lead) {
            return json::object{{"type", "lead"}, {"term", lead.term}};
          },
          [](const FollowOrder&) {
            return json::object{{"type", "follow"}};
          },
      },
      order));
}

std::string encode(const Report& report) {
  return json_text(std::visit(
      Overloaded{
          [](const ListenRequest& request) {
            json::object object{{"type", "listen"}, {"main", place_json(request.main)}};
            if (request.management) object["management"] = place_json(*request.management);
            return object;
          },
          [](const ReadyReport& ready) { return report_json(ready); },
          [](const FailedReport& failed) {
            return json::object{{"type", "failed"}, {"message", failed.message}, {"exit_code", failed.exit_code}};
          },
          [](const DivertingReport&) {
            return json::object{{"type", "diverting"}};
          },
          [](const FollowingReport&) {
            return json::object{{"type", "following"}};
          },
      },
      report));
}

std::optional<std::string> decode_order(std::string_view text, Order& order) { return decode(text, order, read_order); }
std::optional<std::string> decode_report(std::string_view text, Report& report) {
  return decode(text, report, read_report);
}

} // namespace crank
