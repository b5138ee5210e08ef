// What a client says of media types in its Accept field (RFC 9110 12.5.1). Knows nothing of what there is to choose
// from.
#pragma once

#include <string_view>

namespace crank {

struct Preference {
  unsigned weight = 1000; // in thousandths; 0: not wanted
  bool by_name = false;   // the type is named in full, not only covered by a range
};

// What `accept`, all fields together, says of a (lower-case) media type. Without any it takes everything. The most
// specific range counts; parameters but the weight are not looked at. A weight that cannot be read is none: who names a
// type wants it.
Preference preference_for(std::string_view media_type, std::string_view accept);

} // namespace crank
