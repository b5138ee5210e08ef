#include "conversion.hpp"

#include "formats/docx/docx.hpp"
#include "formats/html/html.hpp"
#include "formats/markdown/markdown.hpp"
#include "formats/odt/odt.hpp"
#include "formats/pdf/pdf.hpp"
#include "formats/rtf/rtf.hpp"
#include "formats/text/text.hpp"
#include "model/document.hpp"
#include "model/error.hpp"

#include <memory>
#include <string>

namespace doc {
namespace {

struct FormatCode {
  Format format;
  void (*read)(const Input&, BlockSink&, Context&); // may be null
  std::unique_ptr<BlockSink> (*make_writer)(Output&, Context&);
};

// One line for each folder of formats/.
const std::vector<FormatCode> codes = {
    {Format::docx, docx::read, docx::make_writer},
    {Format::html, html::read, html::make_writer},
    {Format::markdown, markdown::read, markdown::make_writer},
    {Format::odt, odt::read, odt::make_writer},
#ifdef DOC_CONVERTER_PDF_INPUT
    {Format::pdf, pdf::read, pdf::make_writer},
#else
    {Format::pdf, nullptr, pdf::make_writer},
#endif
    {Format::rtf, rtf::read, rtf::make_writer},
    {Format::text, text::read, text::make_writer},
};

const FormatCode* code_of(Format format) {
  for (const FormatCode& code : codes) {
    if (code.format == format) return &code;
  }
  return nullptr;
}

bool is_text(Format format) { return format == Format::text || format == Format::markdown || format == Format::html; }

// Only of texts is it the caller who knows best: HTML may be meant as the text that it is.
Format read_as(const Input& input, std::optional<Format> from) {
  const Format found = detect(input);
  return from && is_text(*from) && is_text(found) ? *from : found;
}

[[noreturn]] void not_built(Format format, const char* what) {
  throw ConversionError(ErrorCode::invalid_format,
                        std::string("this build does not ").append(what).append(" ").append(names(format).name));
}

} // namespace

std::vector<Format> readable_formats() {
  std::vector<Format> result;
  for (const FormatCode& code : codes) {
    if (code.read) result.push_back(code.format);
  }
  return result;
}

std::vector<Format> writable_formats() {
  std::vector<Format> result;
  for (const FormatCode& code : codes) {
    if (code.make_writer) result.push_back(code.format);
  }
  return result;
}

Format convert(const Input& input, std::optional<Format> from, Format to, Output& output, Context& context) {
  const Format format = read_as(input, from);
  const FormatCode* reader = code_of(format);
  const FormatCode* writer = code_of(to);
  if (!reader || !reader->read) not_built(format, "read");
  if (!writer || !writer->make_writer) not_built(to, "write");
  context.read_embedded_with([](const Input& part, BlockSink& into, Context& within) {
    const FormatCode* code = code_of(detect(part));
    if (!code || !code->read || code->format == Format::pdf) return; // which reads files alone
    code->read(part, into, within);
  });
  const std::unique_ptr<BlockSink> sink = writer->make_writer(output, context);
  reader->read(input, *sink, context);
  output.flush();
  return format;
}

} // namespace doc
