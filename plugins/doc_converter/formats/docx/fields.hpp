// Fields (ECMA-376 part 1, 17.16): instructions with a result that is text. The results are read, the instructions
// are not, but for where a hyperlink leads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace doc::docx {

// Where a HYPERLINK field leads: a URL, or "#name"; empty for other fields.
std::string link_of_field(std::string_view instruction);

// The complex fields that are open: they begin and end in runs, often in different paragraphs.
class Fields {
public:
  void begin();
  void separate();
  void end();
  void instruct(std::string_view text);
  void clear() { open_.clear(), instructing_ = 0; }

  // Whether text that comes now is part of an instruction.
  bool in_instruction() const { return instructing_ > 0; }
  // Of the innermost hyperlink; empty where there is none.
  std::string_view link() const;

private:
  struct Field {
    std::string instruction;
    std::string link;
    bool is_instructing;
  };
  std::vector<Field> open_;
  std::size_t instructing_ = 0;
};

} // namespace doc::docx
