// Assembles the document; the specification's section names ("4.8.10 Operation Object") are those of OpenAPI 3.1.0.
#include "openapi/openapi.hpp"

#include "openapi/form_body.hpp"
#include "openapi/host_routes.hpp"
#include "openapi/job_routes.hpp"
#include "openapi/modern_schema.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace crank {
namespace {

namespace json = boost::json;

struct HostError {
  std::string_view status;
  std::string_view description;
};

// What the host may answer in a plugin's place.
constexpr HostError call_errors[] = {
    {"400", "The request is malformed."},
    {"413", "The body is larger than the operation takes."},
    {"415", "The operation does not take this media type."},
    {"422", "The input does not conform to the schema; `errors` names the fields."},
    {"429", "Too many calls are waiting; see Retry-After."},
    {"500", "The plugin failed."},
    {"503", "The worker is starting or stopping; see Retry-After."},
    {"504", "The deadline passed."},
};
constexpr HostError token_errors[] = {
    {"401", "No token, or none that holds; see WWW-Authenticate."},
    {"403", "The token may not be used for this operation."},
};
constexpr HostError websocket_errors[] = {
    {"400", "The handshake is malformed."},
    {"426", "The request is not a WebSocket handshake."},
    {"503", "The worker is starting or stopping; see Retry-After."},
};

json::object reference(std::string_view place) { return {{"$ref", std::string(place)}}; }

json::object content(std::string_view media_type, json::value schema) {
  return {{media_type, json::object{{"schema", std::move(schema)}}}};
}

json::object problem_response(std::string_view description) {
  return {{"description", description},
          {"content", content("application/problem+json", reference("#/components/schemas/Problem"))}};
}

// Declared errors and the host's own share statuses; a response object has one description.
json::object with_errors(json::object responses, const std::vector<DeclaredError>& declared,
                         std::span<const HostError> own) {
  std::map<std::string, std::string> descriptions;
  for (const DeclaredError& error : declared) {
    std::string& description = descriptions[std::to_string(error.http_status)];
    if (!description.empty()) description += ' ';
    description += "`" + error.code + "`" + (error.description.empty() ? "." : ": " + error.description);
  }
  for (const HostError& error : own) {
    std::string& description = descriptions[std::string(error.status)];
    if (!description.empty()) description += ' ';
    description += error.description;
  }
  for (const auto& [status, description] : descriptions) responses[status] = problem_response(description);
  return responses;
}

std::string first_sentence(const std::string& text) {
  const auto end = text.find(". ");
  std::string sentence = text.substr(0, end);
  if (!sentence.empty() && sentence.back() == '.') sentence.pop_back();
  return sentence;
}

std::string lower(std::string_view given) {
  std::string text(given);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return text;
}

class Document {
public:
  Document(std::span<const Manifest* const> manifests, const OpenApiInfo& info)
      : info_(info), host_(*parse_json(host_routes_openapi)) {
    schemas_ = host_.at("schemas").get_object();
    if (info_.jobs) {
      jobs_ = *parse_json(job_routes_openapi);
      for (const auto& schema : jobs_.at("schemas").get_object()) schemas_[schema.key()] = schema.value();
    }
    for (const Manifest* manifest : manifests) add(*manifest);
    add_host_routes();
    if (info_.jobs) add_job_routes();
    tags_.push_back(json::object{{"name", "mcp"}, {"description", "Every capability as a tool for agents."}});
    add_operation("post", "/mcp", parse_json(mcp_route_openapi)->get_object());
  }

  std::string text() && {
    json::object components{
        {"schemas", std::move(schemas_)},
        {"responses", json::object{{"ClientError", problem_response("The request is malformed or not allowed.")}}}};
    json::array security; // one of them is enough (4.8.30)
    json::object schemes;
    const auto accept = [&](std::string_view name, json::object scheme) {
      schemes[name] = std::move(scheme);
      security.push_back(json::object{{name, json::array()}});
    };
    if (info_.mutual_tls) accept("mutual_tls", {{"type", "mutualTLS"}});
    if (info_.tokens) accept("token", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "crank"}});
    if (!schemes.empty()) components["securitySchemes"] = std::move(schemes);
    const std::string server = info_.server_url.empty() ? "/" : info_.server_url;
    return json_text(json::object{{"openapi", "3.1.0"},
                                  {"info", json::object{{"title", info_.title}, {"version", info_.version}}},
                                  {"servers", json::array{json::object{{"url", server}}}},
                                  {"security", std::move(security)},
                                  {"tags", std::move(tags_)},
                                  {"paths", std::move(paths_)},
                                  {"components", std::move(components)}});
  }

private:
  struct Part {
    const Manifest& manifest;
    std::string id; // the operationId, and the stem of its schemas' names
  };

  void add(const Manifest& manifest) {
    tags_.push_back(manifest.description.empty()
                        ? json::object{{"name", manifest.id}}
                        : json::object{{"name", manifest.id}, {"description", manifest.description}});
    std::vector<std::string> stems; // per capability, for routes that lead to it
    for (const CapabilitySpec& capability : manifest.capabilities) {
      const Part part{manifest, unique_id(capability.operation.name)};
      stems.push_back(part.id);
      add_operation("POST", "/v1/capabilities/" + capability.operation.name,
                    capability_operation(part, capability, "POST", part.id));
    }
    for (const RouteSpec& route : manifest.routes) add_route(manifest, route, stems);
  }

  void add_route(const Manifest& manifest, const RouteSpec& route, const std::vector<std::string>& stems) {
    const Part part{manifest, unique_id(route_id(route))};
    json::object described;
    if (route.capability) {
      const CapabilitySpec& capability = manifest.capabilities[*route.capability];
      described = capability_operation(part, capability, route.method, stems[*route.capability]);
    } else {
      described = operation(part, *route.operation, route.method, part.id, {});
      if (route.operation->form) add_job_answers(described, *route.operation);
    }
    json::array parameters = path_parameters(route.path);
    if (const json::value* headers = described.if_contains("parameters"))
      parameters.insert(parameters.end(), headers->get_array().begin(), headers->get_array().end());
    if (!parameters.empty()) described["parameters"] = std::move(parameters);
    add_operation(route.method, route.path, std::move(described));
  }

  // Where there are jobs, a call can become one.
  json::object capability_operation(const Part& part, const CapabilitySpec& capability, std::string_view method,
                                    std::string_view stem) {
    json::object described = operation(part, capability.operation, method, stem, capability.examples);
    if (capability.operation.kind == OperationKind::call) add_job_answers(described, capability.operation);
    return described;
  }

  void add_job_answers(json::object& described, const OperationSpec& spec) {
    if (!info_.jobs) return;
    described["parameters"] = jobs_.at("call_parameters");
    if (const auto threshold = spec.job_above_bytes) described["x-job-above-bytes"] = *threshold;
    if (spec.defers) described["x-job-deferred"] = true;
    json::object& responses = described["responses"].get_object();
    for (const auto& response : jobs_.at("call_responses").get_object())
      responses.emplace(response.key(), response.value());
  }

  json::object operation(const Part& part, const OperationSpec& spec, std::string_view method, std::string_view stem,
                         const std::vector<json::value>& examples) {
    json::object described{{"operationId", part.id}, {"tags", json::array{json::string(part.manifest.id)}}};
    const std::string summary = first_sentence(spec.description);
    described["summary"] = summary.empty() ? spec.name : summary;
    if (!spec.description.empty()) described["description"] = spec.description;
    if (spec.kind == OperationKind::websocket) {
      described["x-websocket"] = true;
      if (!spec.subprotocols.empty()) described["x-websocket-subprotocols"] = json::value_from(spec.subprotocols);
      described["responses"] = with_errors({{"101", json::object{{"description", "A WebSocket (RFC 6455)."}}}},
                                           spec.errors, own_errors(websocket_errors));
      return described;
    }
    if (method != "GET" && method != "DELETE") described["requestBody"] = request_body(spec, stem, examples);
    json::object success{{"description", "Success."}, {"content", response_content(spec, stem)}};
    described["responses"] =
        with_errors({{std::to_string(spec.success_status), std::move(success)}}, spec.errors, own_errors(call_errors));
    return described;
  }

  std::vector<HostError> own_errors(std::span<const HostError> always) const {
    std::vector<HostError> errors(always.begin(), always.end());
    if (info_.tokens) errors.insert(errors.end(), std::begin(token_errors), std::end(token_errors));
    return errors;
  }

  json::object request_body(const OperationSpec& spec, std::string_view stem,
                            const std::vector<json::value>& examples) {
    if (spec.form) return form_body(*spec.form);
    json::object by_type;
    for (const std::string& type : spec.content_types.empty() ? std::vector<std::string>{"*/*"} : spec.content_types) {
      json::object media;
      const bool checked = type == "application/json" && spec.input_schema && spec.body == BodyMode::buffer;
      media["schema"] =
          checked ? json::value(schema_reference(stem, "input", *spec.input_schema)) : json::value(json::object());
      if (checked && !examples.empty()) media["examples"] = named(examples);
      by_type[type] = std::move(media);
    }
    return {{"required", spec.input_schema.has_value()}, {"content", std::move(by_type)}};
  }

  json::object response_content(const OperationSpec& spec, std::string_view stem) {
    const json::object events = content("text/event-stream", json::object{{"type", "string"}});
    if (spec.kind == OperationKind::events) return events;
    json::object by_type = events; // a client may follow the progress of any JSON call
    if (spec.streaming) {
      by_type["application/jsonl"] = json::object{{"schema", json::object{{"type", "string"}}}};
      json::object items{{"type", "array"}, {"items", schema_reference(stem, "output", spec.output_schema)}};
      json::object page{{"type", "object"},
                        {"required", json::array{"items"}},
                        {"properties", json::object{{"items", std::move(items)}}}};
      by_type["application/json"] = json::object{{"schema", std::move(page)}};
    } else if (spec.response_type == "application/json") {
      by_type["application/json"] = json::object{{"schema", schema_reference(stem, "output", spec.output_schema)}};
    } else {
      by_type = content(spec.response_type, json::object());
    }
    return by_type;
  }

  // A component per schema, made when it is first referred to.
  json::object schema_reference(std::string_view stem, std::string_view role, const json::value& schema) {
    const std::string name = std::string(stem).append(".").append(role);
    const std::string place = "#/components/schemas/" + name;
    if (!schemas_.contains(name)) schemas_[name] = modern_schema(schema, place);
    return reference(place);
  }

  static json::object named(const std::vector<json::value>& examples) {
    json::object result;
    for (const json::value& example : examples) {
      result["example" + std::to_string(result.size() + 1)] = json::object{{"value", example}};
    }
    return result;
  }

  static json::array path_parameters(std::string_view path) {
    json::array parameters;
    for (auto begin = path.find('{'); begin != std::string_view::npos; begin = path.find('{', begin + 1)) {
      const std::string_view name = path.substr(begin + 1, path.find('}', begin) - begin - 1);
      parameters.push_back(json::object{
          {"name", name}, {"in", "path"}, {"required", true}, {"schema", json::object{{"type", "string"}}}});
    }
    return parameters;
  }

  // "post_stream_text" for POST /stream/text.
  static std::string route_id(const RouteSpec& route) {
    std::string id = lower(route.method);
    for (const char c : route.path) {
      const bool plain =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
      if (plain) {
        id += c;
      } else if (id.back() != '_') {
        id += '_';
      }
    }
    while (id.back() == '_') id.pop_back();
    return id;
  }

  std::string unique_id(const std::string& wanted) {
    std::string id = wanted;
    for (int n = 2; !ids_.insert(id).second; ++n) id = wanted + "_" + std::to_string(n);
    return id;
  }

  // The first one wins where plugins claim one address, as in the router.
  void add_operation(std::string_view method, std::string_view path, json::object described) {
    json::value& item = paths_[path];
    if (!item.is_object()) item.emplace_object();
    item.get_object().emplace(lower(method), std::move(described));
  }

  void add_host_routes() {
    tags_.push_back(json::object{{"name", "host"}, {"description", "The host's own endpoints."}});
    for (const auto& path : host_.at("paths").get_object()) {
      for (const auto& described : path.value().get_object()) {
        json::object operation = described.value().get_object();
        if (info_.tokens && info_.open_host) operation["security"] = json::array(); // none is needed
        add_operation(described.key(), path.key(), std::move(operation));
      }
    }
  }

  void add_job_routes() {
    tags_.push_back(json::object{{"name", "jobs"}, {"description", "Calls that outlive their request."}});
    for (const auto& path : jobs_.at("paths").get_object()) {
      for (const auto& described : path.value().get_object())
        add_operation(described.key(), path.key(), described.value().get_object());
    }
  }

  const OpenApiInfo& info_;
  json::value host_;
  json::value jobs_; // null: there are none
  json::object paths_;
  json::object schemas_;
  json::array tags_;
  std::set<std::string> ids_;
};

} // namespace

std::string make_openapi(std::span<const Manifest* const> manifests, const OpenApiInfo& info) {
  return Document(manifests, info).text();
}

} // namespace crank
