// A page of HTML with its pictures in one file, as an altChunk of a document has it (MHTML, RFC 2557).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace doc::docx {

// The page, with its pictures inside as data URIs, also where it stands alone; empty where the archive has none, and
// nothing where `bytes` are no archive.
std::optional<std::string> page_of_web_archive(std::string_view bytes);

} // namespace doc::docx
