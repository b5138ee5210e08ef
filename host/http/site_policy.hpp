// Which web pages may call a site, and by which names it may be called: what keeps somebody else's page from using a
// worker through the browser of a person who reaches it. Knows request heads; knows nothing of connections or routes.
#pragma once

#include "base/problem.hpp"
#include "http/request_head.hpp"

#include <optional>
#include <string>
#include <vector>

namespace crank {

struct SitePolicy {
  std::vector<std::string> allowed_origins; // besides the site's own, as browsers send them; "*": all
  std::vector<std::string> allowed_hosts;   // names besides localhost and addresses; "*": all
  bool loopback = false;                    // nobody but this machine reaches it
  bool tls = false;

  // A foreign Origin is a 403: browsers name the page that asks, other clients name none. What browsers ask without an
  // Origin for a page of another site (images, scripts; no-cors in the Fetch standard) says so in Sec-Fetch-Site, and
  // is a 403, too; a link may be followed. On loopback every page of this machine's is at home. A foreign Host on
  // plain-text loopback is a 421: there a page reaches whoever listens by making its own name resolve to 127.0.0.1, and
  // is then of one origin with it. (With TLS the certificate does not fit such a name.) No Host is HTTP/1.0's, not a
  // browser's.
  std::optional<Problem> check(const RequestHead& head) const;

private:
  std::optional<Problem> check_host(std::string_view host) const;
  std::optional<Problem> check_origin(std::string_view origin, std::string_view host) const;
};

} // namespace crank
