#include "rtf.hpp"

#include "../../model/error.hpp"
#include "parser.hpp"

namespace doc::rtf {

void read(const Input& input, BlockSink& sink, Context& context) {
  const std::string_view bytes = input.view();
  const std::size_t begin = bytes.substr(0, 1024).find("{\\rt"); // some wrote "{\rt"
  if (begin == std::string_view::npos)
    throw ConversionError(ErrorCode::corrupt_document, "the document does not begin as RTF does");
  Parser(bytes.substr(begin), sink, context).run();
}

} // namespace doc::rtf
