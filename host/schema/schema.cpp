// The only translation unit that includes Valijson.
// What Valijson 1.0 does badly is done here as constraints of our own: patterns (std::regex can overflow the stack, and
// it is compiled per call), uniqueItems (quadratic), multipleOf (drops fractions).
#include "schema/schema.hpp"

#include "schema/dialect.hpp"
#include "schema/findings.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored                                                                                         \
    "-Wmaybe-uninitialized" // false in <regex> under -fsanitize (GCC bug 105562), which Valijson includes
#endif
#define VALIJSON_USE_EXCEPTIONS 1
#include "schema/json_adapter.hpp"
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <charconv>
#include <cmath>
#include <unordered_set>

namespace crank {
namespace {

namespace json = boost::json;

// Longest member name that is matched against patternProperties, in bytes: Valijson uses std::regex there, which
// recurses per character.
constexpr std::size_t longest_patterned_name = 256;

// What our constraints share: Valijson copies constraints into memory of its own.
template <class Self>
class OwnConstraint : public valijson::constraints::PolyConstraint {
public:
  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const final {
    const auto& self = static_cast<const Self&>(*this);
    const bool holds = self.holds(target);
    if (!holds && results) results->pushError(context, self.complaint());
    return holds;
  }

private:
  valijson::constraints::Constraint* cloneInto(void* memory) const final {
    return ::new (memory) Self(static_cast<const Self&>(*this));
  }
  std::size_t sizeOf() const final { return sizeof(Self); }
};

class PatternConstraint final : public OwnConstraint<PatternConstraint> {
public:
  PatternConstraint(std::string expression, Pattern pattern)
      : expression_(std::move(expression)), pattern_(std::move(pattern)) {}
  bool holds(const valijson::adapters::Adapter& target) const {
    return !target.isString() || pattern_.found_in(target.asString());
  }
  std::string complaint() const { return "must match the pattern " + expression_; }

private:
  std::string expression_;
  Pattern pattern_;
};

class UniqueItemsConstraint final : public OwnConstraint<UniqueItemsConstraint> {
public:
  bool holds(const valijson::adapters::Adapter& target) const {
    // Valijson also validates member names, through an adapter of its own that holds strings only.
    const auto* adapter = dynamic_cast<const JsonAdapter*>(&target);
    const json::array* items = adapter && adapter->source() ? adapter->source()->if_array() : nullptr;
    if (!items) return true;
    std::unordered_set<json::value> seen; // 1 and 1.0 count as different, as Boost.JSON compares them
    for (const json::value& item : *items) {
      if (!seen.insert(item).second) return false;
    }
    return true;
  }
  std::string complaint() const { return "must not hold the same item twice"; }
};

class MultipleOfConstraint final : public OwnConstraint<MultipleOfConstraint> {
public:
  explicit MultipleOfConstraint(double divisor) : divisor_(divisor) {}
  bool holds(const valijson::adapters::Adapter& target) const {
    double value = 0;
    if (!target.isNumber() || !target.getNumber(value)) return true;
    // 0.3 is a multiple of 0.1 to everybody but binary fractions.
    const double quotient = value / divisor_;
    return std::abs(quotient - std::nearbyint(quotient)) <= std::max(1e-9, 1e-15 * std::abs(quotient));
  }
  std::string complaint() const {
    char buffer[32];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, divisor_);
    return "must be a multiple of " + std::string(buffer, written.ptr);
  }

private:
  double divisor_;
};

template <class Make>
class Builder final : public valijson::ConstraintBuilder {
public:
  explicit Builder(Make make) : make_(std::move(make)) {}
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& operand) const override {
    return make_(operand).release();
  }

private:
  Make make_;
};

// The parser takes ownership of the builder, and of what the builder makes.
template <class Make>
void add_keyword(valijson::SchemaParser& parser, std::string_view keyword, Make make) {
  auto builder = std::make_unique<Builder<Make>>(std::move(make));
  parser.addConstraintBuilder(std::string(keyword), builder.get());
  static_cast<void>(builder.release());
}

void add_own_keywords(valijson::SchemaParser& parser, const std::map<std::string, Pattern, std::less<>>& patterns) {
  using valijson::adapters::Adapter;
  add_keyword(parser, pattern_keyword, [&patterns](const Adapter& operand) {
    return std::make_unique<PatternConstraint>(operand.asString(), patterns.at(operand.asString()));
  });
  add_keyword(parser, unique_items_keyword, [](const Adapter&) { return std::make_unique<UniqueItemsConstraint>(); });
  add_keyword(parser, multiple_of_keyword,
              [](const Adapter& operand) { return std::make_unique<MultipleOfConstraint>(operand.asDouble()); });
}

bool mentions(const json::value& schema, std::string_view keyword) {
  if (const json::array* items = schema.if_array()) {
    return std::any_of(items->begin(), items->end(),
                       [keyword](const json::value& item) { return mentions(item, keyword); });
  }
  const json::object* members = schema.if_object();
  return members && std::any_of(members->begin(), members->end(), [keyword](const auto& member) {
           return member.key() == keyword || mentions(member.value(), keyword);
         });
}

// Whether some member's name is too long to be matched.
bool has_long_name(const json::value& value) {
  if (const json::array* items = value.if_array()) return std::any_of(items->begin(), items->end(), has_long_name);
  const json::object* members = value.if_object();
  return members && std::any_of(members->begin(), members->end(), [](const auto& member) {
           return member.key().size() > longest_patterned_name || has_long_name(member.value());
         });
}

} // namespace

struct Schema::Compiled {
  json::value source; // checked and stripped
  valijson::Schema rules;
  bool bounds_names = false;
};

Schema::Schema(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Result<Schema, std::string> Schema::compile(const json::value& schema) {
  auto checked = check_dialect(schema);
  if (!checked) return std::move(checked).error();
  auto compiled = std::make_unique<Compiled>();
  compiled->source = std::move(checked->schema);
  compiled->bounds_names = mentions(compiled->source, "patternProperties");
  try {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    add_own_keywords(parser, checked->patterns);
    parser.populateSchema(JsonAdapter(compiled->source), compiled->rules);
  } catch (const std::exception& failure) {
    return std::string("#: ") + failure.what();
  }
  return Schema(std::move(compiled));
}

bool Schema::accepts(const json::value& value) const {
  if (compiled_->bounds_names && has_long_name(value)) return false;
  try {
    valijson::Validator validator(
        valijson::Validator::kStrongTypes); // holds a cache and is not thread-safe; making one is free
    return validator.validate(compiled_->rules, JsonAdapter(value), nullptr);
  } catch (const std::exception&) {
    return false; // std::regex_error "complexity"
  }
}

std::vector<FieldError> Schema::check(const json::value& value, std::size_t most) const {
  if (accepts(value)) return {};
  if (compiled_->bounds_names && has_long_name(value)) {
    return {{"", "has a member whose name is longer than " + std::to_string(longest_patterned_name) + " bytes"}};
  }
  std::vector<Complaint> complaints;
  try {
    valijson::ValidationResults results;
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    validator.validate(compiled_->rules, JsonAdapter(value), &results);
    for (const auto& error : results) complaints.push_back({error.context, error.description});
  } catch (const std::exception&) {
    complaints.clear();
  }
  return explain(complaints, compiled_->source, most);
}

} // namespace crank
