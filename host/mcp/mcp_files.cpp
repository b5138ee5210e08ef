#include "mcp/mcp_files.hpp"

#include "base/text.hpp"
#include "jobs/job_json.hpp"
#include "mcp/contents.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::size_t page = 50;                                                // of jobs
constexpr std::string_view list_cache = R"(,"ttlMs":0,"cacheScope":"private")"; // every job may bring more

std::string_view cache_of(const McpRequest& request) {
  return request.era == Era::modern ? list_cache : std::string_view();
}

RpcError not_found(const McpRequest& request, std::string_view uri) {
  return {request.era == Era::modern ? RpcCode::invalid_params : RpcCode::resource_not_found,
          "there is no such resource", json_text(json::object{{"uri", shortened(uri, 2000)}}), 200};
}

std::string_view base_of(const McpRequest& request) {
  return request.arrival.base.empty() ? std::string_view("crank:") : std::string_view(request.arrival.base);
}

std::string uri_of(const McpRequest& request, const Job& job, const ArtifactFacts& facts) {
  return std::string(base_of(request)) + address_of(job, facts);
}

// Of an address that address_of() made; empty: it is none.
std::string_view job_of(std::string_view uri, std::string_view base) {
  if (!take_prefix(uri, base) || !take_prefix(uri, "/v1/jobs/")) return {};
  const std::string_view id = uri.substr(0, uri.find('/'));
  return is_job_id(id) ? id : std::string_view();
}

} // namespace

McpFiles::Method McpFiles::method_of(std::string_view name) {
  if (name == "resources/list") return &McpFiles::list;
  if (name == "resources/templates/list") return &McpFiles::templates;
  return name == "resources/read" ? &McpFiles::read : nullptr;
}

void McpFiles::list(const SharedRequest& request) {
  std::string before(text_param(request->message, "cursor"));
  if (!before.empty() && !is_job_id(before)) return request->refuse(invalid_params("there is no such page"));
  places_.jobs->submit([this, request, before = std::move(before)] {
    JobFilter filter;
    filter.of = &request->caller();
    filter.before = before;
    filter.most = page;
    const auto jobs = places_.jobs->list(filter);
    if (!jobs) return request->refuse({RpcCode::internal_error, jobs.error().detail, {}, 200});
    json::array resources;
    for (const Job& job : *jobs) {
      for (const ArtifactFacts& facts : job.artifacts) {
        json::object resource{{"uri", uri_of(*request, job, facts)},
                              {"name", facts.name},
                              {"mimeType", facts.media_type},
                              {"size", facts.bytes}};
        if (!facts.description.empty()) resource["description"] = facts.description;
        resources.push_back(std::move(resource));
      }
    }
    std::string members = R"("resources":)" + json_text(resources);
    if (jobs->size() == page) members += R"(,"nextCursor":")" + jobs->back().id + "\"";
    request->answer(members.append(cache_of(*request)));
  });
}

void McpFiles::templates(const SharedRequest& request) {
  const json::object artifact{{"uriTemplate", std::string(base_of(*request)) + "/v1/jobs/{job_id}/artifacts/{name}"},
                              {"name", "artifact"},
                              {"description", "a file that a job left beside its result"}};
  const std::string members = R"("resourceTemplates":)" + json_text(json::array{artifact});
  request->answer(members + std::string(cache_of(*request)));
}

void McpFiles::read(const SharedRequest& request) {
  const std::string_view uri = text_param(request->message, "uri");
  const std::string_view id = job_of(uri, base_of(*request));
  if (id.empty()) return request->refuse(not_found(*request, uri));
  places_.jobs->submit([this, request, id = std::string(id), uri = std::string(uri)] {
    const auto job = places_.jobs->find(id, request->caller());
    if (!job) return request->refuse(not_found(*request, uri));
    const auto facts = std::find_if(job->artifacts.begin(), job->artifacts.end(),
                                    [&](const ArtifactFacts& one) { return uri_of(*request, *job, one) == uri; });
    if (facts == job->artifacts.end()) return request->refuse(not_found(*request, uri));
    const auto bytes = artifact_bytes(*job, *facts, places_);
    if (!bytes)
      return request->refuse({RpcCode::internal_error, facts->name + " is too long for a message, or gone", {}, 200});
    request->answer(R"("contents":[)" + resource_contents(facts->media_type, *bytes, uri) + "]" +
                    std::string(cache_of(*request)));
  });
}

} // namespace crank
