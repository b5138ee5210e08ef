// Whether clients have to show a certificate.
#pragma once

namespace crank {

enum class ClientAuth { automatic, off, optional, required }; // automatic: off on loopback, required elsewhere

} // namespace crank
