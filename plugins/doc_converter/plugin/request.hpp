// One conversion as it was asked for, whatever door it came through.
#pragma once

#include "descriptor.hpp"
#include "roots.hpp"

#include "../model/format.hpp"

#include <crank/crank.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace doc_converter {

struct Request {
  int descriptor = -1; // of the document: the host's, or `owned`'s
  Descriptor owned;
  std::string name; // of the document's file, for people and for its extension; may be empty
  std::uint64_t bytes = 0;
  std::optional<doc::Format> from; // nothing: found out
  doc::Format to = doc::Format::text;
  bool inline_content = false; // the answer carries the result
};

// POST /convert: the form's fields file, output_format and input_format. Throws crank::Error.
Request form_request(const crank::Form& form);

// document.convert: a JSON object that the host has checked. Throws crank::Error.
Request json_request(const crank::Host& host, crank::Call& call, const Roots& roots);

// The name that the result gets: the document's, with the extension of the format; one that an artefact may have.
std::string result_name(const Request& request);

} // namespace doc_converter
