// The HTTP face of a worker as an OpenAPI 3.1 document, made from manifests.
// Knows manifests and the host's own routes; knows nothing of routers, requests or plugins at run time.
#pragma once

#include "manifest/manifest.hpp"

#include <span>
#include <string>

namespace crank {

struct OpenApiInfo {
  std::string title;       // "Crank Worker: <worker id>"
  std::string version;     // of the host
  std::string server_url;  // where the routes are; "" for the place the document came from
  bool mutual_tls = false; // who presents a certificate may call
  bool tokens = false;     // who presents a bearer token may call; if neither is set, everybody may
  bool jobs = false;       // capabilities can become jobs
  bool open_host = true;   // the host's own routes are for everybody, whatever clients present to others
};

// JSON text. Every capability at POST /v1/capabilities/<id>, the plugins' routes, the host's own, and those of jobs; a
// problem component for the errors. The manifests' draft 7 schemas are rewritten for the draft 2020-12 dialect that
// OpenAPI 3.1 uses.
[[nodiscard]] std::string make_openapi(std::span<const Manifest* const> manifests, const OpenApiInfo& info);

} // namespace crank
