#include "fields.hpp"

#include "../../text/utf8.hpp"

#include <algorithm>
#include <cctype>

namespace doc::docx {
namespace {

constexpr std::size_t most_open = 1000;
constexpr std::size_t longest_instruction = 64 * 1024;

// The words of an instruction; those in quotes may hold blanks.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[i]))) {
      ++i;
      continue;
    }
    std::string word;
    if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '\\' || text[i + 1] == '"')) ++i;
        word.push_back(text[i]);
      }
      ++i;
      words.push_back("\"" + word);
      continue;
    }
    while (i < text.size() && !std::isspace(static_cast<unsigned char>(text[i])) && text[i] != '"')
      word.push_back(text[i++]);
    words.push_back(word);
  }
  return words;
}

bool is_switch(const std::string& word) { return word.size() >= 2 && word[0] == '\\'; }

std::string unquoted(const std::string& word) { return word.substr(0, 1) == "\"" ? word.substr(1) : word; }

} // namespace

std::string link_of_field(std::string_view instruction) {
  const std::vector<std::string> words = words_of(instruction);
  if (words.empty() || words[0].size() != 9) return {};
  for (std::size_t i = 0; i < 9; ++i) {
    if (std::toupper(static_cast<unsigned char>(words[0][i])) != "HYPERLINK"[i]) return {};
  }
  std::string url, anchor;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!is_switch(words[i])) {
      if (url.empty()) url = unquoted(words[i]);
    } else if (words[i] == "\\l" || words[i] == "\\o" || words[i] == "\\t" || words[i] == "\\s") {
      if (i + 1 < words.size() && words[i] == "\\l") anchor = unquoted(words[i + 1]);
      ++i;
    }
  }
  if (!anchor.empty()) url += "#" + anchor;
  return clean_text(url);
}

void Fields::begin() {
  if (open_.size() == most_open) return;
  open_.push_back({{}, {}, true});
  ++instructing_;
}

void Fields::separate() {
  if (open_.empty() || !open_.back().is_instructing) return;
  open_.back().is_instructing = false;
  open_.back().link = link_of_field(open_.back().instruction);
  --instructing_;
}

void Fields::end() {
  if (open_.empty()) return;
  if (open_.back().is_instructing) --instructing_;
  open_.pop_back();
}

void Fields::instruct(std::string_view text) {
  if (open_.empty() || !open_.back().is_instructing) return;
  std::string& instruction = open_.back().instruction;
  instruction.append(text.substr(0, longest_instruction - std::min(longest_instruction, instruction.size())));
}

std::string_view Fields::link() const {
  for (auto field = open_.rbegin(); field != open_.rend(); ++field) {
    if (!field->is_instructing && !field->link.empty()) return field->link;
  }
  return {};
}

} // namespace doc::docx
