// One walk over the schema: a table says what operand each keyword takes.
// References are followed as text only; what they mean is the validator's business.
#include "schema/dialect.hpp"

#include "json/json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace crank {
namespace {

namespace json = boost::json;

enum class Operand {
  schema,
  alternatives, // array of schemas for the same value
  schema_map,
  pattern_map,
  items,
  dependencies,
  type,
  names,
  values,
  any,
  number,
  divisor,
  count,
  pattern,
  unique,
  text,      // checked, then left out
  annotation // left out
};

struct Keyword {
  std::string_view name;
  Operand operand;
  bool same_value = false; // applies its schemas to the value itself and not to a part of it
};

constexpr Keyword keywords[] = {
    {"$anchor", Operand::text}, // of draft 2019-09; a name that nothing here refers by
    {"$comment", Operand::text},
    {"$defs", Operand::schema_map},
    {"$schema", Operand::text},
    {"additionalItems", Operand::schema},
    {"additionalProperties", Operand::schema},
    {"allOf", Operand::alternatives, true},
    {"anyOf", Operand::alternatives, true},
    {"const", Operand::any},
    {"contains", Operand::schema},
    {"contentEncoding", Operand::text},
    {"contentMediaType", Operand::text},
    {"default", Operand::annotation},
    {"definitions", Operand::schema_map},
    {"dependencies", Operand::dependencies, true},
    {"deprecated", Operand::annotation},
    {"description", Operand::text},
    {"else", Operand::schema, true},
    {"enum", Operand::values},
    {"examples", Operand::annotation},
    {"exclusiveMaximum", Operand::number},
    {"exclusiveMinimum", Operand::number},
    {"format", Operand::text},
    {"if", Operand::schema, true},
    {"items", Operand::items},
    {"maxItems", Operand::count},
    {"maxLength", Operand::count},
    {"maxProperties", Operand::count},
    {"maximum", Operand::number},
    {"minItems", Operand::count},
    {"minLength", Operand::count},
    {"minProperties", Operand::count},
    {"minimum", Operand::number},
    {"multipleOf", Operand::divisor},
    {"not", Operand::schema, true},
    {"oneOf", Operand::alternatives, true},
    {"pattern", Operand::pattern},
    {"patternProperties", Operand::pattern_map},
    {"properties", Operand::schema_map},
    {"propertyNames", Operand::schema},
    {"readOnly", Operand::annotation},
    {"required", Operand::names},
    {"then", Operand::schema, true},
    {"title", Operand::text},
    {"type", Operand::type},
    {"uniqueItems", Operand::unique},
    {"writeOnly", Operand::annotation},
};

constexpr std::array<std::string_view, 7> type_names = {"array",  "boolean", "integer", "null",
                                                        "number", "object",  "string"};

const Keyword* find_keyword(std::string_view name) {
  const auto* found = std::find_if(std::begin(keywords), std::end(keywords),
                                   [name](const Keyword& keyword) { return keyword.name == name; });
  return found == std::end(keywords) ? nullptr : found;
}

bool is_type_name(const json::value& value) {
  return value.is_string() &&
         std::find(type_names.begin(), type_names.end(), std::string_view(value.get_string())) != type_names.end();
}

bool all_distinct_strings(const json::value& value) {
  if (!value.is_array()) return false;
  std::set<std::string_view> seen;
  return std::all_of(value.get_array().begin(), value.get_array().end(), [&seen](const json::value& item) {
    return item.is_string() && seen.insert(std::string_view(item.get_string())).second;
  });
}

bool is_count(const json::value& value) { return value.is_int64() && value.get_int64() >= 0; }

bool is_type(const json::value& value) {
  if (is_type_name(value)) return true;
  return all_distinct_strings(value) && !value.get_array().empty() &&
         std::all_of(value.get_array().begin(), value.get_array().end(), is_type_name);
}

class Dialect {
public:
  Result<CheckedSchema, std::string> run(const json::value& schema) {
    const bool good = walk(schema, checked_.schema, "#") && references_hit() && references_end();
    if (!good) return std::move(error_);
    return std::move(checked_);
  }

private:
  bool fail(std::string_view place, std::string_view sentence) {
    error_ = std::string(place).append(": ").append(sentence);
    return false;
  }

  bool walk(const json::value& from, json::value& to, const std::string& place) {
    places_.insert(place);
    if (from.is_bool()) {
      to = from;
      return true;
    }
    if (!from.is_object()) return fail(place, "must be a schema, which is an object or a boolean");
    json::object& result = to.emplace_object();
    if (const json::value* reference = from.get_object().if_contains("$ref")) {
      return refer(*reference, result, place) && definitions_of(from.get_object(), result, place);
    }
    for (const auto& member : from.get_object()) {
      if (!keyword(member.key(), member.value(), result, place)) return false;
    }
    return true;
  }

  // Draft 7 ignores what stands beside a reference, but other references may point into definitions there.
  bool definitions_of(const json::object& from, json::object& to, const std::string& place) {
    for (const std::string_view name : {"definitions", "$defs"}) {
      const json::value* definitions = from.if_contains(name);
      if (definitions && !keyword(name, *definitions, to, place)) return false;
    }
    return true;
  }

  bool refer(const json::value& reference, json::object& to, const std::string& place) {
    if (!reference.is_string()) return fail(place + "/$ref", "must be a string");
    const std::string target(reference.get_string());
    if (target.empty() || target.front() != '#') {
      return fail(place + "/$ref", "must point into the same document, such as \"#/definitions/name\"");
    }
    references_.emplace_back(place, target);
    same_value_[place].push_back(target);
    to.emplace("$ref", target);
    return true;
  }

  bool keyword(std::string_view name, const json::value& operand, json::object& to, const std::string& place) {
    if (name.substr(0, 2) == "x-" || name == "$id" || name == "id") return true;
    const Keyword* known = find_keyword(name);
    const std::string here = json_pointer(place, name);
    if (!known) return fail(here, "is not a keyword of JSON Schema draft 7");
    switch (known->operand) {
    case Operand::text:
    case Operand::annotation: return annotation(*known, operand, here);
    case Operand::pattern: return pattern(operand, to, here);
    case Operand::divisor:
      if (!operand.is_number() || operand.to_number<double>() <= 0) return fail(here, "must be a number above 0");
      to.emplace(multiple_of_keyword, operand);
      return true;
    case Operand::unique:
      if (!operand.is_bool()) return fail(here, "must be true or false");
      if (operand.get_bool()) to.emplace(unique_items_keyword, true);
      return true;
    case Operand::schema:
    case Operand::alternatives:
    case Operand::schema_map:
    case Operand::pattern_map:
    case Operand::items:
    case Operand::dependencies: return nested(*known, operand, to[name], place, here);
    default: break;
    }
    to.emplace(name, operand);
    return plain(known->operand, operand, here);
  }

  bool annotation(const Keyword& known, const json::value& operand, const std::string& here) {
    if (known.operand == Operand::text && !operand.is_string()) return fail(here, "must be a string");
    if (known.name == "$schema" && operand.get_string() != "http://json-schema.org/draft-07/schema#" &&
        operand.get_string() != "http://json-schema.org/draft-07/schema") {
      return fail(here, "must be draft 7, \"http://json-schema.org/draft-07/schema#\"");
    }
    return true;
  }

  bool pattern(const json::value& operand, json::object& to, const std::string& here) {
    if (!operand.is_string()) return fail(here, "must be a string");
    const std::string_view expression = operand.get_string();
    to.emplace(pattern_keyword, operand);
    if (checked_.patterns.find(expression) != checked_.patterns.end()) return true;
    auto compiled = Pattern::compile(std::string(expression));
    if (!compiled) return fail(here, "is not a regular expression");
    checked_.patterns.emplace(expression, *std::move(compiled));
    return true;
  }

  bool plain(Operand kind, const json::value& operand, const std::string& here) {
    switch (kind) {
    case Operand::type: return is_type(operand) || fail(here, "must name JSON types");
    case Operand::names: return all_distinct_strings(operand) || fail(here, "must be an array of distinct strings");
    case Operand::values:
      return (operand.is_array() && !operand.get_array().empty()) || fail(here, "must be a non-empty array");
    case Operand::number: return operand.is_number() || fail(here, "must be a number");
    case Operand::count: return is_count(operand) || fail(here, "must be an integer of at least 0");
    default: return true;
    }
  }

  bool nested(const Keyword& known, const json::value& operand, json::value& to, const std::string& place,
              const std::string& here) {
    switch (known.operand) {
    case Operand::schema: return child(known, operand, to, place, here);
    case Operand::items:
      if (!operand.is_array()) return child(known, operand, to, place, here);
      return list(known, operand, to, place, here);
    case Operand::alternatives:
      if (!operand.is_array() || operand.get_array().empty()) return fail(here, "must be a non-empty array of schemas");
      return list(known, operand, to, place, here);
    default: return map(known, operand, to, place, here);
    }
  }

  bool child(const Keyword& known, const json::value& operand, json::value& to, const std::string& parent,
             const std::string& here) {
    if (known.same_value) same_value_[parent].push_back(here);
    return walk(operand, to, here);
  }

  bool list(const Keyword& known, const json::value& operand, json::value& to, const std::string& parent,
            const std::string& here) {
    json::array& result = to.emplace_array();
    for (const json::value& item : operand.get_array()) {
      const std::string place = json_pointer(here, result.size());
      if (!child(known, item, result.emplace_back(nullptr), parent, place)) return false;
    }
    return true;
  }

  bool map(const Keyword& known, const json::value& operand, json::value& to, const std::string& parent,
           const std::string& here) {
    if (!operand.is_object()) return fail(here, "must be an object");
    json::object& result = to.emplace_object();
    for (const auto& member : operand.get_object()) {
      const std::string place = json_pointer(here, member.key());
      json::value& target = result[member.key()];
      if (known.operand == Operand::pattern_map && !Pattern::compile(std::string(member.key()))) {
        return fail(place, "is not a regular expression");
      }
      if (known.operand == Operand::dependencies && member.value().is_array()) {
        if (!all_distinct_strings(member.value())) return fail(place, "must be an array of distinct strings");
        target = member.value();
      } else if (!child(known, member.value(), target, parent, place)) {
        return false;
      }
    }
    return true;
  }

  bool references_hit() {
    for (const auto& [place, target] : references_) {
      if (!places_.count(target)) return fail(place + "/$ref", "points to \"" + target + "\", where no schema is");
    }
    return true;
  }

  // Whether some chain of references and combinators comes back to where it began without taking a step into the value.
  bool references_end() {
    std::set<std::string> finished;
    for (const auto& entry : same_value_) {
      std::set<std::string> open;
      if (!ends(entry.first, open, finished)) return fail(entry.first, "refers to itself without an end");
    }
    return true;
  }

  bool ends(const std::string& place, std::set<std::string>& open, std::set<std::string>& finished) {
    if (finished.count(place)) return true;
    if (!open.insert(place).second) return false;
    const auto edges = same_value_.find(place);
    if (edges != same_value_.end()) {
      for (const std::string& target : edges->second) {
        if (!ends(target, open, finished)) return false;
      }
    }
    open.erase(place);
    finished.insert(place);
    return true;
  }

  CheckedSchema checked_;
  std::string error_;
  std::set<std::string> places_;
  std::vector<std::pair<std::string, std::string>> references_; // place of the schema, target
  std::map<std::string, std::vector<std::string>> same_value_;  // place -> places that apply to the same value
};

} // namespace

Result<CheckedSchema, std::string> check_dialect(const json::value& schema) { return Dialect().run(schema); }

} // namespace crank
