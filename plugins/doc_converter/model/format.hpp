// The formats there are, and their names.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace doc {

enum class Format { pdf, docx, odt, rtf, html, markdown, text };

struct FormatNames {
  Format format;
  std::string_view name; // as callers write it
  std::string_view extension;
  std::string_view media_type;
};

inline constexpr std::array<FormatNames, 7> formats{{
    {Format::pdf, "pdf", "pdf", "application/pdf"},
    {Format::docx, "docx", "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {Format::odt, "odt", "odt", "application/vnd.oasis.opendocument.text"},
    {Format::rtf, "rtf", "rtf", "application/rtf"},
    {Format::html, "html", "html", "text/html; charset=utf-8"},
    {Format::markdown, "markdown", "md", "text/markdown; charset=utf-8"},
    {Format::text, "plain", "txt", "text/plain; charset=utf-8"},
}};

constexpr const FormatNames& names(Format format) { return formats[static_cast<std::size_t>(format)]; }

// Takes a name, an extension (without its dot) or one of the old service's other words; letters of either case.
std::optional<Format> format_by_name(std::string_view name);

} // namespace doc
