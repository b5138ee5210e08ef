// numbering.xml: which number an item of a list has (ECMA-376 part 1, 17.9).
#pragma once

#include "../../model/document.hpp"
#include "../../xml/tree.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace doc::docx {

class Styles;

// Where an item stands.
struct ItemPlace {
  long list = 0; // w:numId
  int level = 0; // from 0
  doc::Numbering numbering = doc::Numbering::bullet;
  std::int32_t number = 1;
  std::optional<long> indent = {}; // of its text, in twips
  bool is_marked = true;           // false: its mark is empty, as programs write an item's further paragraphs
};

class NumberingReader {
public:
  NumberingReader(std::unique_ptr<xml::Tree> tree, const Styles& styles);

  // The next item of w:numId `list`; nothing where that is no list.
  std::optional<ItemPlace> next(long list, int level);
  // The level that the numbering says paragraphs of the style have.
  std::optional<int> level_of_style(long list, std::string_view style);

private:
  static constexpr int level_count = 9;

  struct Level {
    doc::Numbering numbering = doc::Numbering::decimal;
    std::int32_t start = 1;
    std::optional<long> indent;
    bool is_marked = true;
    std::string_view style = {};
    std::optional<long> restart; // after which level, from 1; 0: never
  };
  using Levels = std::array<Level, level_count>;
  struct Abstract {
    Levels levels;
    std::array<std::optional<std::int32_t>, level_count> counters; // the last number
    std::string_view style_link = {};
  };
  struct Number {
    long abstract = 0;
    std::unordered_map<int, Level> overridden;
    std::array<std::optional<std::int32_t>, level_count> starts; // of which each counts once
  };

  static Level read_level(pugi::xml_node node);
  Number* find(long list);
  Abstract* abstract_of(const Number& number);

  std::unique_ptr<xml::Tree> tree_;
  const Styles& styles_;
  std::unordered_map<long, Abstract> abstracts_;
  std::unordered_map<long, Number> numbers_;
};

} // namespace doc::docx
