// Content blocks of a tool's result: text, image, audio, embedded resource. Knows media types; knows no message.
#pragma once

#include <string>
#include <string_view>

namespace crank {

// One content block, as JSON.
[[nodiscard]] std::string text_content(std::string_view text);
// What has that media type and no name: text as text, images and audio as such, all else as a resource at `uri`.
[[nodiscard]] std::string content_of(std::string_view media_type, std::string_view bytes, std::string_view uri);

// The same of a file: text is a resource, too.
[[nodiscard]] std::string file_content(std::string_view media_type, std::string_view bytes, std::string_view uri);

// The contents of a resource, as resources/read has them.
[[nodiscard]] std::string resource_contents(std::string_view media_type, std::string_view bytes, std::string_view uri);

} // namespace crank
