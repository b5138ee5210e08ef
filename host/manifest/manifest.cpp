// From text to typed data: the grammar first, then the rules, then plain reading that can rely on both.
#include "manifest/manifest.hpp"

#include "manifest/grammar.hpp"
#include "manifest/rules.hpp"
#include "schema/schema.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace crank {
namespace {

namespace json = boost::json;

// Schemas and examples have members of their own, and those may well be called x-something.
bool is_opaque(std::string_view member) {
  return member == "input_schema" || member == "output_schema" || member == "config_schema" || member == "examples";
}

json::value fields_without_extensions(const json::value& fields);

json::value without_extensions(const json::value& value) {
  if (const json::array* items = value.if_array()) {
    json::array result;
    result.reserve(items->size());
    for (const json::value& item : *items) result.push_back(without_extensions(item));
    return result;
  }
  const json::object* members = value.if_object();
  if (!members) return value;
  json::object result;
  for (const auto& member : *members) {
    if (member.key().substr(0, 2) == "x-") continue;
    result.emplace(member.key(), is_opaque(member.key())  ? member.value()
                                 : member.key() == "form" ? fields_without_extensions(member.value())
                                                          : without_extensions(member.value()));
  }
  return result;
}

// A field may be called as its author likes.
json::value fields_without_extensions(const json::value& fields) {
  if (!fields.is_object()) return fields;
  json::object result;
  for (const auto& field : fields.get_object()) result.emplace(field.key(), without_extensions(field.value()));
  return result;
}

std::string text(const json::object& object, std::string_view name, std::string_view otherwise = {}) {
  const json::value* value = object.if_contains(name);
  return std::string(value ? std::string_view(value->get_string()) : otherwise);
}

bool flag(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->get_bool();
}

template <class Number>
Number number(const json::object& object, std::string_view name, Number otherwise) {
  const json::value* value = object.if_contains(name);
  return value ? value->to_number<Number>() : otherwise;
}

const json::array& list(const json::object& object, std::string_view name) {
  static const json::array none;
  const json::value* value = object.if_contains(name);
  return value ? value->get_array() : none;
}

const json::object& part(const json::object& object, std::string_view name) {
  static const json::object none;
  const json::value* value = object.if_contains(name);
  return value ? value->get_object() : none;
}

OperationLimits read_limits(const json::object& object) {
  OperationLimits limits;
  limits.max_concurrency = number(object, "max_concurrency", limits.max_concurrency);
  limits.queue = number(object, "queue", limits.queue);
  limits.timeout_ms = number(object, "timeout_ms", limits.timeout_ms);
  if (object.contains("max_body_bytes")) limits.max_body_bytes = number(object, "max_body_bytes", std::uint64_t(0));
  return limits;
}

std::vector<DeclaredError> read_errors(const json::array& array) {
  std::vector<DeclaredError> errors;
  for (const json::value& item : array) {
    const json::object& error = item.get_object();
    errors.push_back(
        {text(error, "code"), number(error, "status", 500), flag(error, "retryable"), text(error, "description")});
  }
  return errors;
}

std::vector<std::string> read_media_types(const json::array& items) {
  std::vector<std::string> types;
  for (const json::value& item : items) {
    std::string type(item.get_string());
    std::transform(type.begin(), type.end(), type.begin(),
                   [](unsigned char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : char(c); });
    types.push_back(std::move(type));
  }
  return types;
}

std::vector<std::string> read_content_types(const json::object& object) {
  if (object.contains("form")) return {"multipart/form-data", "application/x-www-form-urlencoded"};
  if (!object.contains("content_types")) return {"application/json"};
  return read_media_types(list(object, "content_types"));
}

FormField read_form_field(std::string_view name, const json::object& object) {
  FormField field;
  field.name = name;
  field.kind = text(object, "type") == "file" ? FormField::Kind::file : FormField::Kind::text;
  field.required = flag(object, "required");
  field.multiple = flag(object, "multiple");
  field.description = text(object, "description");
  if (object.contains("max_bytes")) field.max_bytes = number(object, "max_bytes", std::uint64_t(0));
  field.media_types = read_media_types(list(object, "media_types"));
  for (const json::value& choice : list(object, "enum")) field.choices.emplace_back(choice.get_string());
  if (object.contains("default")) field.otherwise = text(object, "default");
  return field;
}

std::optional<FormSpec> read_form(const json::object& object) {
  if (!object.contains("form")) return std::nullopt;
  FormSpec form;
  for (const auto& field : part(object, "form"))
    form.fields.push_back(read_form_field(field.key(), field.value().get_object()));
  form.refuses_others = text(object, "undeclared_fields") == "refuse";
  form.most_parts = number(object, "max_parts", form.most_parts);
  return form;
}

// The shorter of the length that is given and the one at which the expected time is.
std::optional<std::uint64_t> read_job_threshold(const json::object& job) {
  std::optional<std::uint64_t> threshold;
  if (job.contains("above_bytes")) threshold = number(job, "above_bytes", std::uint64_t(0));
  if (job.contains("above_ms")) {
    const double bytes = number(job, "above_ms", 0.0) / number(job, "ms_per_mib", 1.0) * (1024 * 1024);
    threshold = std::min(threshold.value_or(UINT64_MAX), static_cast<std::uint64_t>(std::min(bytes, 9e18)));
  }
  return threshold;
}

OperationSpec read_operation(const json::object& object, std::string name, OperationKind kind) {
  OperationSpec operation;
  operation.name = std::move(name);
  operation.kind = kind;
  operation.description = text(object, "description");
  if (object.contains("input_schema")) operation.input_schema = object.at("input_schema");
  if (object.contains("output_schema")) operation.output_schema = object.at("output_schema");
  operation.streaming = flag(object, "streaming");
  operation.body = text(object, "body") == "stream" ? BodyMode::stream : BodyMode::buffer;
  operation.form = read_form(object);
  operation.content_types = read_content_types(object);
  operation.response_type =
      text(object, "response_type", kind == OperationKind::events ? "text/event-stream" : "application/json");
  operation.run_inline = flag(object, "inline");
  operation.repeatable = object.contains("job") && flag(part(object, "job"), "repeatable");
  operation.job_above_bytes = read_job_threshold(part(object, "job"));
  operation.defers = flag(part(object, "job"), "defers");
  operation.callback_input = text(part(object, "job"), "callback_input");
  operation.limits = read_limits(part(object, "limits"));
  operation.errors = read_errors(list(object, "errors"));
  operation.success_status = number(object, "success_status", operation.success_status);
  for (const json::value& item : list(object, "subprotocols")) operation.subprotocols.emplace_back(item.get_string());
  operation.slow_client = text(object, "slow_client") == "drop" ? SlowClient::drop : SlowClient::close;
  operation.drain = text(object, "drain") == "finish" ? DrainMode::finish : DrainMode::close;
  return operation;
}

EffectHints read_hints(const json::object& object) {
  const auto hint = [&](std::string_view name) {
    return object.contains(name) ? std::optional(flag(object, name)) : std::nullopt;
  };
  return {hint("read_only"), hint("destructive"), hint("idempotent"), hint("open_world")};
}

CapabilitySpec read_capability(const json::object& object) {
  CapabilitySpec capability;
  capability.operation = read_operation(object, text(object, "id"), OperationKind::call);
  if (!capability.operation.input_schema) capability.operation.input_schema = json::object{{"type", "object"}};
  capability.verb = text(object, "verb");
  capability.version = text(object, "version");
  capability.title = text(object, "title");
  capability.tool = text(object, "tool");
  if (object.contains("hints")) capability.hints = read_hints(part(object, "hints"));
  capability.examples.assign(list(object, "examples").begin(), list(object, "examples").end());
  return capability;
}

RouteSpec read_route(const json::object& object, const std::vector<CapabilitySpec>& capabilities) {
  RouteSpec route;
  route.method = text(object, "method");
  route.path = text(object, "path");
  if (object.contains("capability")) {
    const auto found = std::find_if(
        capabilities.begin(), capabilities.end(),
        [id = text(object, "capability")](const auto& capability) { return capability.operation.name == id; });
    route.capability = static_cast<std::size_t>(found - capabilities.begin());
  } else if (object.contains("call")) {
    route.operation = read_operation(object, text(object, "call"), OperationKind::call);
  } else if (object.contains("websocket")) {
    route.operation = read_operation(object, text(object, "websocket"), OperationKind::websocket);
  } else {
    route.operation = read_operation(object, text(object, "events"), OperationKind::events);
  }
  return route;
}

Manifest read_manifest(const json::object& object) {
  Manifest manifest;
  manifest.id = text(object, "id");
  manifest.version = text(object, "version");
  manifest.description = text(object, "description");
  manifest.license = text(object, "license");
  const json::object& service = part(object, "service");
  manifest.service_name = text(service, "name", "crank-" + manifest.id);
  manifest.default_port = number(service, "port", manifest.default_port);
  manifest.port_env = text(service, "port_env");
  for (const json::value& item : list(object, "capabilities"))
    manifest.capabilities.push_back(read_capability(item.get_object()));
  for (const json::value& item : list(object, "routes"))
    manifest.routes.push_back(read_route(item.get_object(), manifest.capabilities));
  for (const json::value& item : list(object, "programs")) {
    const json::object& program = item.get_object();
    manifest.programs.push_back({text(program, "name"), text(program, "description"), flag(program, "children")});
  }
  if (object.contains("verify_call")) {
    const json::object& call = part(object, "verify_call");
    manifest.verify_call = VerifyCall{text(call, "capability"), json_text(part(call, "input"))};
  }
  if (object.contains("config_schema")) manifest.config_schema = object.at("config_schema");
  return manifest;
}

// Takes out what the grammar has no member for, by its closed objects, and notes where it was.
void drop_unknown(json::value& value, const json::value& schema, const json::value& grammar, const std::string& pointer,
                  std::vector<std::string>& dropped) {
  const json::object* rules = schema.if_object();
  if (!rules) return;
  if (const json::value* reference = rules->if_contains("$ref")) {
    const std::string_view target = reference->get_string();
    return drop_unknown(value, grammar.at_pointer(target.substr(1)), grammar, pointer, dropped); // "#/definitions/..."
  }
  if (json::array* items = value.if_array(); items && rules->contains("items")) {
    for (std::size_t i = 0; i < items->size(); ++i)
      drop_unknown((*items)[i], rules->at("items"), grammar, pointer + "/" + std::to_string(i), dropped);
  }
  json::object* members = value.if_object();
  const json::value* known = rules->if_contains("properties");
  const json::value* more = rules->if_contains("additionalProperties");
  if (!members || !(known || more)) return;
  const bool closed = more && more->is_bool() && !more->get_bool();
  std::vector<std::string> unknown;
  for (auto& member : *members) {
    const std::string at = pointer + "/" + std::string(member.key());
    const json::value* rule = known ? known->get_object().if_contains(member.key()) : nullptr;
    if (!rule && more && more->is_object()) rule = more;
    if (rule)
      drop_unknown(member.value(), *rule, grammar, at, dropped);
    else if (closed)
      unknown.emplace_back(member.key());
  }
  for (const std::string& key : unknown) {
    members->erase(key);
    dropped.push_back(pointer + "/" + key);
  }
}

// Compiled at each use: a host reads a handful of manifests in its life, and a kept schema would stay in memory.
std::optional<std::string> grammar_fault(const json::value& value) {
  const auto text_of_grammar = parse_json(manifest_grammar);
  const auto grammar = Schema::compile(*text_of_grammar);
  const auto findings = grammar->check(value, 1);
  if (findings.empty()) return std::nullopt;
  const std::string& pointer = findings.front().pointer;
  return (pointer.empty() ? "the manifest" : pointer) + " " + findings.front().message;
}

} // namespace

Result<Manifest, std::string> parse_manifest(std::string_view text_of_manifest, ManifestAge age) {
  auto source = parse_json(text_of_manifest);
  if (!source) return "the manifest is " + source.error();
  json::value plain = without_extensions(*source);
  std::vector<std::string> ignored;
  if (age == ManifestAge::younger) {
    const auto grammar = parse_json(manifest_grammar);
    drop_unknown(plain, *grammar, *grammar, {}, ignored);
  }
  if (auto fault = grammar_fault(plain)) return *std::move(fault);
  if (auto fault = broken_manifest_rule(plain.get_object())) return *std::move(fault);
  Manifest manifest = read_manifest(plain.get_object());
  manifest.source = *std::move(source);
  manifest.ignored = std::move(ignored);
  return manifest;
}

} // namespace crank
