// A table from the beginning of each complaint to a short sentence, and a look into the schema where the complaint says
// too little.
#include "schema/findings.hpp"

#include "json/json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace crank {
namespace {

namespace json = boost::json;

enum class Tail {
  none,
  number,    // the schema has the number; the complaint has it rounded, as std::to_string wrote it
  count,     // a count precedes the last word
  name,      // the complaint names a member in single quotes; the finding is about that member
  wrapped,   // names a member whose own complaints came before; speaks only if there were none
  dropped,   // says nothing that another complaint does not
  types,     // the schema names the types
  allowed,   // the schema lists the values
  exactly,   // the schema names the value
  expression // our own pattern constraint put the pattern in
};

struct Wording {
  std::string_view begins;
  Tail tail;
  std::string_view says;         // '%' stands for the number, count or list; '*' for a plural s
  std::string_view keyword = {}; // of the schema, where the number is
};

constexpr Wording wordings[] = {
    {"Missing required property '", Tail::name, "is required"},
    {"Missing dependency '", Tail::name, "is required beside the other fields"},
    {"Object contains a property that could not be validated using 'properties' or 'additionalProperties' constraints: "
     "'",
     Tail::name, "is not a known field"},
    {"Value type not permitted by 'type' constraint.", Tail::types, ""},
    {"Expected number less than or equal to ", Tail::number, "must be at most %", "maximum"},
    {"Expected number greater than or equal to ", Tail::number, "must be at least %", "minimum"},
    {"Expected number less than ", Tail::number, "must be less than %", "exclusiveMaximum"},
    {"Expected number greater than ", Tail::number, "must be greater than %", "exclusiveMinimum"},
    {"String should be no more than ", Tail::count, "must be at most % character* long"},
    {"String should be no fewer than ", Tail::count, "must be at least % character* long"},
    {"Array should contain no more than ", Tail::count, "must have at most % item*"},
    {"Array should contain no fewer than ", Tail::count, "must have at least % item*"},
    {"Object should have no more than ", Tail::count, "must have at most % member*"},
    {"Object should have no fewer than ", Tail::count, "must have at least % member*"},
    {"Failed to match against any enum values.", Tail::allowed, "must be one of %"},
    {"Failed to match expected value set by 'const' constraint.", Tail::exactly, "must be %"},
    {"must match the pattern ", Tail::expression, ""},
    {"must not hold the same item twice", Tail::none, "must not hold the same item twice"},
    {"must be a multiple of ", Tail::expression, ""},
    {"Failed to any values against subschema in 'contains' constraint.", Tail::none,
     "lacks an item of the required form"},
    {"Array contains more items than allowed by items constraint.", Tail::none, "has too many items"},
    {"Failed to validate against any schemas allowed by anyOf constraint.", Tail::none,
     "has none of the allowed forms"},
    {"Failed to validate against any child schemas allowed by oneOf constraint.", Tail::none,
     "has none of the allowed forms"},
    {"Failed to validate against exactly one child schema.", Tail::none, "has more than one of the allowed forms"},
    {"Target should not validate against schema specified in 'not' constraint.", Tail::none,
     "has a form that is not allowed"},
    {"Failed to validate against schema associated with property name '", Tail::wrapped, "is not allowed"},
    {"Cannot validate item #", Tail::dropped, ""},
    {"Failed to validate", Tail::dropped, ""},
};

std::string replaced(std::string_view sentence, std::string_view value) {
  std::string result;
  for (const char c : sentence) {
    if (c == '%') {
      result += value;
    } else if (c != '*') {
      result += c;
    } else if (value != "1") {
      result += 's';
    }
  }
  return result;
}

// "10.000000" -> "10", "0.500000" -> "0.5".
std::string short_number(std::string_view text) {
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::string(text);
  char buffer[32];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, written.ptr);
}

std::string_view with_article(std::string_view type) {
  if (type == "object") return "an object";
  if (type == "array") return "an array";
  if (type == "string") return "a string";
  if (type == "integer") return "an integer";
  if (type == "number") return "a number";
  if (type == "boolean") return "true or false";
  return "null";
}

// The name after `prefix_size` characters, up to the closing quote and full stop.
std::string quoted_name(const std::string& description, std::size_t prefix_size) {
  std::string name = description.substr(prefix_size);
  const auto end = name.rfind('\'');
  if (end != std::string::npos) name.resize(end);
  return name;
}

std::string pointer_of(const std::vector<std::string>& context) {
  std::string pointer;
  for (std::size_t i = 1; i < context.size(); ++i) {
    pointer = json_pointer(pointer, std::string_view(context[i]).substr(1, context[i].size() - 2));
  }
  return pointer;
}

// The plain route through properties, items and references; null where combinators hide the place.
class Lookup {
public:
  explicit Lookup(const json::value& root) : root_(root) {}

  const json::object* at(const std::vector<std::string>& context) const {
    const json::value* here = resolved(&root_);
    for (std::size_t i = 1; here && i < context.size(); ++i) {
      here = resolved(step(*here, std::string_view(context[i]).substr(1, context[i].size() - 2)));
    }
    return here ? here->if_object() : nullptr;
  }

private:
  const json::value* resolved(const json::value* schema) const {
    for (int hops = 0; schema && schema->is_object() && hops < 16; ++hops) {
      const json::value* reference = schema->get_object().if_contains("$ref");
      if (!reference || !reference->is_string()) return schema;
      json::error_code missing;
      schema = root_.find_pointer(reference->get_string().subview(1), missing);
    }
    return schema;
  }

  static const json::value* step(const json::value& schema, std::string_view token) {
    if (!schema.is_object()) return nullptr;
    const json::object& members = schema.get_object();
    if (const json::value* properties = members.if_contains("properties"); properties && properties->is_object()) {
      if (const json::value* property = properties->get_object().if_contains(token)) return property;
    }
    if (const json::value* items = members.if_contains("items")) return items->is_object() ? items : nullptr;
    return members.contains("patternProperties") ? nullptr : members.if_contains("additionalProperties");
  }

  const json::value& root_;
};

std::string expected_type(const json::object* schema) {
  const json::value* type = schema ? schema->if_contains("type") : nullptr;
  if (!type) return "has the wrong type";
  std::string list = "must be ";
  if (type->is_string()) return list.append(with_article(type->get_string()));
  for (const json::value& name : type->get_array()) {
    if (&name != &type->get_array().front()) list += " or ";
    list += with_article(name.get_string());
  }
  return list;
}

std::string value_list(const json::object* schema, std::string_view keyword) {
  const json::value* values = schema ? schema->if_contains(keyword) : nullptr;
  if (!values) return keyword == "enum" ? "the allowed values" : "another value";
  if (keyword == "const") return json_text(*values);
  std::string list;
  std::size_t listed = 0;
  for (const json::value& value : values->get_array()) {
    if (listed++ == 8) return list + ", ...";
    if (!list.empty()) list += ", ";
    list += json_text(value);
  }
  return list;
}

// As the schema says it, if that is the number that the complaint has rounded: with combinators it may be that of
// another schema.
std::string bound(const json::object* schema, const Wording& wording, std::string_view rounded) {
  const auto named = [&](std::string_view keyword) -> std::optional<std::string> {
    const json::value* value = schema ? schema->if_contains(keyword) : nullptr;
    if (!value || !value->is_number() || std::to_string(value->to_number<double>()) != rounded) return std::nullopt;
    return json_text(*value);
  };
  auto text = named(wording.keyword);
  if (!text && wording.keyword == "exclusiveMaximum") text = named("maximum"); // as in draft 4
  if (!text && wording.keyword == "exclusiveMinimum") text = named("minimum");
  return text ? *text : short_number(rounded);
}

class Explanation {
public:
  explicit Explanation(const json::value& schema) : lookup_(schema) {}

  void add(const Complaint& complaint) {
    for (const Wording& wording : wordings) {
      if (complaint.description.compare(0, wording.begins.size(), wording.begins) == 0) return add(complaint, wording);
    }
    add(pointer_of(complaint.context), "is not as the schema asks");
  }

  std::vector<FieldError> take(std::size_t most) {
    if (findings_.empty()) add("", "is not as the schema asks");
    const auto depth = [](const FieldError& finding) {
      return std::count(finding.pointer.begin(), finding.pointer.end(), '/');
    };
    std::stable_sort(findings_.begin(), findings_.end(),
                     [&depth](const FieldError& a, const FieldError& b) { return depth(a) > depth(b); });
    if (findings_.size() > most) findings_.resize(most);
    return std::move(findings_);
  }

private:
  void add(std::string pointer, std::string message) {
    const bool known = std::any_of(findings_.begin(), findings_.end(), [&](const FieldError& finding) {
      return finding.pointer == pointer && finding.message == message;
    });
    if (!known) findings_.push_back({std::move(pointer), std::move(message)});
  }

  void add(const Complaint& complaint, const Wording& wording) {
    const std::string pointer = pointer_of(complaint.context);
    switch (wording.tail) {
    case Tail::none: return add(pointer, std::string(wording.says));
    case Tail::dropped: return;
    case Tail::expression: return add(pointer, complaint.description);
    case Tail::number:
      return add(pointer, replaced(wording.says, bound(lookup_.at(complaint.context), wording,
                                                       complaint.description.substr(wording.begins.size()))));
    case Tail::count: return add_count(pointer, complaint, wording);
    case Tail::name:
      return add(json_pointer(pointer, quoted_name(complaint.description, wording.begins.size())),
                 std::string(wording.says));
    case Tail::wrapped:
      return add_wrapped(json_pointer(pointer, quoted_name(complaint.description, wording.begins.size())), wording);
    case Tail::types: return add(pointer, expected_type(lookup_.at(complaint.context)));
    case Tail::allowed: return add(pointer, replaced(wording.says, value_list(lookup_.at(complaint.context), "enum")));
    case Tail::exactly: return add(pointer, replaced(wording.says, value_list(lookup_.at(complaint.context), "const")));
    }
  }

  void add_count(const std::string& pointer, const Complaint& complaint, const Wording& wording) {
    const std::string tail = complaint.description.substr(wording.begins.size());
    const std::string count = tail.substr(0, tail.find(' '));
    if (count == "1" && wording.says.find("at least") != std::string_view::npos)
      return add(pointer, "must not be empty");
    add(pointer, replaced(wording.says, count));
  }

  // A property whose schema is `false` has no complaint of its own.
  void add_wrapped(const std::string& pointer, const Wording& wording) {
    const bool spoken = std::any_of(findings_.begin(), findings_.end(), [&pointer](const FieldError& finding) {
      return finding.pointer == pointer || finding.pointer.compare(0, pointer.size() + 1, pointer + "/") == 0;
    });
    if (!spoken) add(pointer, std::string(wording.says));
  }

  Lookup lookup_;
  std::vector<FieldError> findings_;
};

} // namespace

std::vector<FieldError> explain(const std::vector<Complaint>& complaints, const json::value& schema, std::size_t most) {
  Explanation explanation(schema);
  for (const Complaint& complaint : complaints) explanation.add(complaint);
  return explanation.take(most);
}

} // namespace crank
