// Works on the JSON text and not on the typed manifest, because pointers and "was it given?" are about the text.
#include "manifest/rules.hpp"

#include "manifest/form_rules.hpp"
#include "schema/schema.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

namespace crank {
namespace {

namespace json = boost::json;

using Broken = std::optional<std::string>;

constexpr std::string_view targets[] = {"capability", "call", "websocket", "events"};

// What a route may hold besides method, path, description and its target.
struct TargetOptions {
  std::string_view target;
  std::vector<std::string_view> options;
};

const std::vector<TargetOptions>& target_options() {
  static const std::vector<TargetOptions> table = {
      {"capability", {}},
      {"call",
       {"input_schema", "output_schema", "content_types", "response_type", "body", "inline", "limits", "errors",
        "success_status", "form", "undeclared_fields", "max_parts", "job"}},
      {"websocket", {"inline", "limits", "errors", "subprotocols", "slow_client", "drain"}},
      {"events",
       {"input_schema", "output_schema", "content_types", "response_type", "body", "inline", "limits", "errors",
        "slow_client", "drain"}},
  };
  return table;
}

constexpr std::string_view reserved_paths[] = {"/health",       "/livez",   "/readyz", "/status", "/metrics",
                                               "/openapi.json", "/version", "/v1",     "/mcp"};

Broken broken(std::string_view pointer, std::string_view sentence) {
  return std::string(pointer).append(" ").append(sentence);
}

std::string_view text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

const json::array& list(const json::object& object, std::string_view name) {
  static const json::array none;
  const json::value* value = object.if_contains(name);
  return value && value->is_array() ? value->get_array() : none;
}

// A route's path, split at its slashes.
class PathTemplate {
public:
  explicit PathTemplate(std::string_view path) {
    for (std::size_t begin = 1; begin <= path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      segments_.push_back(path.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  Broken fault(const std::string& pointer) const {
    if (segments_.size() == 1 && segments_.front().empty()) return std::nullopt; // the root
    std::set<std::string_view> names;
    for (const std::string_view segment : segments_) {
      if (segment.empty()) return broken(pointer, "has an empty segment");
      if (segment == "." || segment == "..") return broken(pointer, "has a dot segment");
      if (is_variable(segment)) {
        if (!is_name(segment.substr(1, segment.size() - 2)))
          return broken(pointer, "has a {} whose name is not an identifier");
        if (!names.insert(segment).second) return broken(pointer, "has two segments of one name");
      } else if (!is_literal(segment)) {
        return broken(pointer,
                      "has a character that does not belong in a path, or a {name} that is not a whole segment");
      }
    }
    return std::nullopt;
  }

  bool is_literal_only() const { return std::none_of(segments_.begin(), segments_.end(), is_variable); }

  // Whether some path fits both.
  bool overlaps(const PathTemplate& other) const {
    return std::equal(
        segments_.begin(), segments_.end(), other.segments_.begin(), other.segments_.end(),
        [](std::string_view a, std::string_view b) { return a == b || is_variable(a) || is_variable(b); });
  }

  bool operator==(const PathTemplate& other) const { return segments_ == other.segments_; }

private:
  static bool is_variable(std::string_view segment) {
    return segment.size() >= 2 && segment.front() == '{' && segment.back() == '}';
  }
  static bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_name(std::string_view name) {
    return !name.empty() && is_alpha(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) { return is_alpha(c) || is_digit(c); });
  }
  // RFC 3986 pchar without percent-encoding: the host compares decoded paths.
  static bool is_literal(std::string_view segment) {
    constexpr std::string_view others = "-.~!$&'()*+,;=:@";
    return std::all_of(segment.begin(), segment.end(), [others](char c) {
      return is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos;
    });
  }

  std::vector<std::string_view> segments_;
};

bool is_reserved(std::string_view path) {
  return path.substr(0, 4) == "/v1/" ||
         std::find(std::begin(reserved_paths), std::end(reserved_paths), path) != std::end(reserved_paths);
}

// "#/properties/x: must be ..." becomes "<pointer>/properties/x must be ...".
std::string placed(const std::string& pointer, const std::string& schema_error) {
  std::string place = pointer + schema_error.substr(1);
  const auto colon = place.find(": ");
  if (colon != std::string::npos) place.erase(colon, 1);
  return place;
}

class Rules {
public:
  explicit Rules(const json::object& manifest) : manifest_(manifest) {}

  Broken check() {
    std::size_t index = 0;
    for (const json::value& capability : list(manifest_, "capabilities")) {
      if (Broken fault = check_capability(capability.get_object(), json_pointer("/capabilities", index++)))
        return fault;
    }
    index = 0;
    for (const json::value& route : list(manifest_, "routes")) {
      if (Broken fault = check_route(route.get_object(), json_pointer("/routes", index++))) return fault;
    }
    if (Broken fault = check_programs()) return fault;
    if (Broken fault = check_verify_call()) return fault;
    return check_config_schema();
  }

private:
  struct Address {
    std::string_view method;
    PathTemplate path;
    std::string pointer;
  };

  Broken check_capability(const json::object& capability, const std::string& pointer) {
    const std::string_view id = text(capability, "id");
    if (!capabilities_.insert(id).second) return broken(pointer + "/id", "is the id of another capability too");
    if (Broken fault = check_operation(capability, pointer)) return fault;
    return check_examples(capability, pointer);
  }

  // What capabilities and routes share.
  static Broken check_operation(const json::object& operation, const std::string& pointer) {
    const json::value* run_inline = operation.if_contains("inline");
    if (run_inline && run_inline->get_bool() && text(operation, "body") == "stream") {
      return broken(pointer + "/inline", "cannot be true beside \"body\": \"stream\", because reading a stream blocks");
    }
    if (const json::value* given = operation.if_contains("job")) {
      const json::object& job = given->get_object();
      if (job.contains("above_ms") != job.contains("ms_per_mib"))
        return broken(pointer + "/job", "must have above_ms and ms_per_mib both, or neither");
    }
    std::set<std::string_view> codes;
    for (const json::value& error : list(operation, "errors")) {
      if (!codes.insert(text(error.get_object(), "code")).second) {
        return broken(json_pointer(pointer + "/errors", codes.size()) + "/code", "is the code of another error too");
      }
    }
    for (const std::string_view name : {"input_schema", "output_schema"}) {
      if (!operation.contains(name)) continue;
      const auto schema = Schema::compile(operation.at(name));
      if (!schema) return placed(json_pointer(pointer, name), schema.error());
    }
    return std::nullopt;
  }

  static Broken check_examples(const json::object& capability, const std::string& pointer) {
    const json::value* given = capability.if_contains("input_schema");
    if (list(capability, "examples").empty()) return std::nullopt;
    const auto schema = Schema::compile(given ? *given : json::value(json::object{{"type", "object"}}));
    std::size_t index = 0;
    for (const json::value& example : list(capability, "examples")) {
      const auto findings = schema->check(example, 1);
      const std::string place = json_pointer(pointer + "/examples", index++);
      if (!findings.empty())
        return broken(place + findings.front().pointer, findings.front().message + ", says the input_schema");
    }
    return std::nullopt;
  }

  Broken check_route(const json::object& route, const std::string& pointer) {
    std::string_view target;
    for (const std::string_view candidate : targets) {
      if (!route.contains(candidate)) continue;
      if (!target.empty())
        return broken(pointer,
                      "must have one target, not both " + std::string(target) + " and " + std::string(candidate));
      target = candidate;
    }
    if (target.empty()) return broken(pointer, "needs a target: capability, call, websocket or events");
    if (Broken fault = check_options(route, target, pointer)) return fault;
    if (Broken fault = check_address(route, pointer)) return fault;
    if (target == "capability") {
      return capabilities_.count(text(route, target))
                 ? std::nullopt
                 : broken(pointer + "/capability", "is not the id of a capability here");
    }
    if (target == "websocket" && text(route, "method") != "GET")
      return broken(pointer + "/method", "must be GET for a websocket");
    if (target == "events" && text(route, "body") != "buffer" && route.contains("body"))
      return broken(pointer + "/body", "cannot be \"" + std::string(text(route, "body")) + "\" for events");
    if (Broken fault = broken_form_rule(route, pointer)) return fault;
    if (route.contains("form") && !is_called_here_alone(text(route, "call")))
      return broken(pointer + "/call", "must be a name of its own for a form: another route or capability has it");
    return check_operation(route, pointer);
  }

  // A job finds its operation by name, and any call with a form may become one.
  bool is_called_here_alone(std::string_view name) const {
    const json::array& routes = list(manifest_, "routes");
    const auto calls = [name](const json::value& route) { return text(route.get_object(), "call") == name; };
    return !capabilities_.count(name) && std::count_if(routes.begin(), routes.end(), calls) == 1;
  }

  static Broken check_options(const json::object& route, std::string_view target, const std::string& pointer) {
    const auto known = std::find_if(target_options().begin(), target_options().end(),
                                    [target](const TargetOptions& entry) { return entry.target == target; });
    for (const auto& member : route) {
      const std::string_view name = member.key();
      if (name == "method" || name == "path" || name == "description" || name == target) continue;
      if (std::find(known->options.begin(), known->options.end(), name) == known->options.end()) {
        return broken(json_pointer(pointer, name), "does not apply to a route with \"" + std::string(target) + "\"");
      }
    }
    return std::nullopt;
  }

  Broken check_address(const json::object& route, const std::string& pointer) {
    const std::string_view path = text(route, "path");
    PathTemplate parsed(path);
    if (Broken fault = parsed.fault(pointer + "/path")) return fault;
    if (is_reserved(path)) return broken(pointer + "/path", "belongs to the host");
    const std::string_view method = text(route, "method");
    for (const Address& other : addresses_) {
      if (other.path == parsed ? other.method == method : ambiguous(other.path, parsed)) {
        return broken(pointer + "/path", "takes requests that " + other.pointer + " takes too");
      }
    }
    addresses_.push_back({method, std::move(parsed), pointer});
    return std::nullopt;
  }

  // A literal path goes before a template; between two templates nothing decides, whatever their methods.
  static bool ambiguous(const PathTemplate& a, const PathTemplate& b) {
    return !a.is_literal_only() && !b.is_literal_only() && a.overlaps(b);
  }

  Broken check_programs() {
    std::set<std::string_view> names;
    for (const json::value& program : list(manifest_, "programs")) {
      if (!names.insert(text(program.get_object(), "name")).second)
        return broken(json_pointer("/programs", names.size()) + "/name", "is the name of another program too");
    }
    return std::nullopt;
  }

  Broken check_verify_call() {
    const json::value* given = manifest_.if_contains("verify_call");
    if (!given || capabilities_.count(text(given->get_object(), "capability"))) return std::nullopt;
    return broken("/verify_call/capability", "is not the id of a capability here");
  }

  Broken check_config_schema() {
    const json::value* given = manifest_.if_contains("config_schema");
    if (!given) return std::nullopt;
    const auto schema = Schema::compile(*given);
    if (!schema) return placed("/config_schema", schema.error());
    const json::value* properties = given->get_object().if_contains("properties");
    if (!properties) return std::nullopt;
    json::object defaults;
    for (const auto& property : properties->get_object()) {
      const json::object* members = property.value().if_object();
      if (members && members->contains("default")) defaults.emplace(property.key(), members->at("default"));
    }
    json::object lenient = given->get_object();
    lenient.erase("required"); // a required member without a default is for the operator to set
    const auto findings = Schema::compile(lenient)->check(defaults, 1);
    if (findings.empty()) return std::nullopt;
    return broken("/config_schema",
                  "has a default that does not pass: " + findings.front().pointer + " " + findings.front().message);
  }

  const json::object& manifest_;
  std::set<std::string_view> capabilities_;
  std::vector<Address> addresses_;
};

} // namespace

std::optional<std::string> broken_manifest_rule(const json::object& manifest) { return Rules(manifest).check(); }

} // namespace crank
