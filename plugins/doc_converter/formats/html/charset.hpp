// Which encoding an HTML file is in (the WHATWG's "encoding sniffing algorithm", without what a browser learned
// elsewhere).
#pragma once

#include <string>
#include <string_view>

namespace doc::html {

// The file as UTF-8, without a byte order mark.
std::string decode(std::string_view bytes);

} // namespace doc::html
