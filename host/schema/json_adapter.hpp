// Valijson's view of a boost::json::value.
// Why not Valijson's own adapter: it cuts strings at a NUL (so that "a\u0000..." equals "a"), and it takes neither
// integers above 2^63 nor 1.0 as integers (draft 7 section 4.2.1 does). Included by schema.cpp alone.
#pragma once

#include <boost/json.hpp>

#include <valijson/internal/adapter.hpp>
#include <valijson/internal/basic_adapter.hpp>
#include <valijson/internal/frozen_value.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace crank {

class JsonAdapter;
using JsonMember = std::pair<std::string, JsonAdapter>;

// Iterates over array elements or object members; what `*` gives is a small view made on the spot.
template <class Iterator, class View>
class JsonIterator {
public:
  using iterator_category = std::bidirectional_iterator_tag;
  using value_type = View;
  using difference_type = std::ptrdiff_t;
  using pointer = View*;
  using reference = View&;

  JsonIterator(Iterator at) : at_(at) {}
  View operator*() const;
  valijson::adapters::DerefProxy<View> operator->() const { return valijson::adapters::DerefProxy<View>(**this); }
  bool operator==(const JsonIterator& other) const { return at_ == other.at_; }
  bool operator!=(const JsonIterator& other) const { return at_ != other.at_; }
  const JsonIterator& operator++() {
    ++at_;
    return *this;
  }
  JsonIterator operator++(int) { return JsonIterator(at_++); }
  const JsonIterator& operator--() {
    --at_;
    return *this;
  }
  void advance(std::ptrdiff_t n) { at_ += n; }

private:
  Iterator at_;
};

template <class Container, class View>
class JsonRange {
public:
  using iterator = JsonIterator<typename Container::const_iterator, View>;
  using const_iterator = iterator;

  JsonRange() : range_(&empty()) {}
  explicit JsonRange(const Container& range) : range_(&range) {}
  iterator begin() const { return range_->begin(); }
  iterator end() const { return range_->end(); }
  iterator find(const std::string& name) const { return range_->find(name); }
  std::size_t size() const { return range_->size(); }

private:
  static const Container& empty() {
    static const Container none;
    return none;
  }
  const Container* range_;
};

using JsonArrayView = JsonRange<boost::json::array, JsonAdapter>;
using JsonObjectView = JsonRange<boost::json::object, JsonMember>;

class JsonFrozenValue final : public valijson::adapters::FrozenValue {
public:
  explicit JsonFrozenValue(boost::json::value value) : value_(std::move(value)) {}
  FrozenValue* clone() const override {
    return new JsonFrozenValue(value_);
  } // the interface's contract: the caller owns it
  bool equalTo(const valijson::adapters::Adapter& other, bool strict) const override;

private:
  boost::json::value value_;
};

// Names are BasicAdapter's.
class JsonView {
public:
  JsonView() : value_(&empty()) {}
  explicit JsonView(const boost::json::value& value) : value_(&value) {}

  const boost::json::value& value() const { return *value_; }
  valijson::adapters::FrozenValue* freeze() const { return new JsonFrozenValue(*value_); }

  opt::optional<JsonArrayView> getArrayOptional() const {
    if (!isArray()) return {};
    return JsonArrayView(value_->get_array());
  }
  opt::optional<JsonObjectView> getObjectOptional() const {
    if (!isObject()) return {};
    return JsonObjectView(value_->get_object());
  }
  bool getArraySize(std::size_t& result) const {
    if (isArray()) result = value_->get_array().size();
    return isArray();
  }
  bool getObjectSize(std::size_t& result) const {
    if (isObject()) result = value_->get_object().size();
    return isObject();
  }
  bool getBool(bool& result) const {
    if (isBool()) result = value_->get_bool();
    return isBool();
  }
  bool getDouble(double& result) const {
    if (value_->is_number()) result = value_->to_number<double>();
    return value_->is_number();
  }
  bool getInteger(std::int64_t& result) const {
    boost::json::error_code inexact;
    if (value_->is_number()) result = value_->to_number<std::int64_t>(inexact);
    return value_->is_number() && !inexact;
  }
  bool getString(std::string& result) const {
    if (!isString()) return false;
    result.assign(value_->get_string().data(), value_->get_string().size());
    // Valijson measures strings as C strings; U+0001 keeps the length and equals no ordinary text either.
    std::replace(result.begin(), result.end(), '\0', '\1');
    return true;
  }

  static bool hasStrictTypes() { return true; }
  bool isArray() const { return value_->is_array(); }
  bool isBool() const { return value_->is_bool(); }
  bool isNull() const { return value_->is_null(); }
  bool isNumber() const { return value_->is_number(); }
  bool isObject() const { return value_->is_object(); }
  bool isString() const { return value_->is_string(); }
  // BasicAdapter asks isDouble() first and then reads a double; so both may be true of one value.
  bool isDouble() const { return value_->is_double() || value_->is_uint64(); }
  bool isInteger() const {
    if (value_->is_double()) return std::trunc(value_->get_double()) == value_->get_double();
    return value_->is_int64() || value_->is_uint64();
  }

private:
  static const boost::json::value& empty() {
    static const boost::json::value none;
    return none;
  }
  const boost::json::value* value_;
};

class JsonAdapter
    : public valijson::adapters::BasicAdapter<JsonAdapter, JsonArrayView, JsonMember, JsonObjectView, JsonView> {
public:
  JsonAdapter() = default;
  explicit JsonAdapter(const boost::json::value& value) : BasicAdapter(JsonView(value)), source_(&value) {}
  const boost::json::value* source() const { return source_; } // null for a default-made one

private:
  const boost::json::value* source_ = nullptr;
};

template <class Iterator, class View>
View JsonIterator<Iterator, View>::operator*() const {
  if constexpr (std::is_same_v<View, JsonAdapter>) {
    return JsonAdapter(*at_);
  } else {
    return JsonMember(std::string(at_->key()), JsonAdapter(at_->value()));
  }
}

inline bool JsonFrozenValue::equalTo(const valijson::adapters::Adapter& other, bool strict) const {
  return JsonAdapter(value_).equalTo(other, strict);
}

} // namespace crank

template <>
struct valijson::adapters::AdapterTraits<crank::JsonAdapter> {
  using DocumentType = boost::json::value;
  static std::string adapterName() { return "crank::JsonAdapter"; }
};
