// What systemd and others like it want to hear of a service (sd_notify(3)): a text in a datagram to the socket that
// $NOTIFY_SOCKET names.
#pragma once

#include <string_view>

namespace crank {

// Sends `state`, e.g. "READY=1". Nothing happens without $NOTIFY_SOCKET, or when nobody reads there: a service runs
// without a manager, too.
void tell_service_manager(std::string_view state);

} // namespace crank
