// The relationships of one part: what it points to outside of itself.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace doc::docx {

class RelationshipsWriter {
public:
  // The id ("rId3") of a relationship to a part of the package, `target` relative to the part's folder. `type` is the
  // last word of its name in ECMA-376: "image".
  std::string to_part(std::string_view type, const std::string& target) { return add(type, target, false); }
  // ... to a URL, which is made a valid one: Word refuses documents with others.
  std::string to_url(const std::string& url);

  bool empty() const { return all_.empty(); }
  std::string part() const;

private:
  struct Relationship {
    std::string type;
    std::string target;
    bool is_external;
  };

  std::string add(std::string_view type, const std::string& target, bool is_external);

  std::vector<Relationship> all_;
  std::unordered_map<std::string, std::string> ids_; // by target
};

} // namespace doc::docx
