#include "http/response.hpp"

#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <charconv>

namespace crank {
namespace {

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  out.append(digits, end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += value;
  out += "\r\n";
}

} // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
  case 101: return "Switching Protocols";
  case 200: return "OK";
  case 201: return "Created";
  case 202: return "Accepted";
  case 203: return "Non-Authoritative Information";
  case 204: return "No Content";
  case 205: return "Reset Content";
  case 206: return "Partial Content";
  case 300: return "Multiple Choices";
  case 301: return "Moved Permanently";
  case 302: return "Found";
  case 303: return "See Other";
  case 304: return "Not Modified";
  case 307: return "Temporary Redirect";
  case 308: return "Permanent Redirect";
  case 400: return "Bad Request";
  case 401: return "Unauthorized";
  case 403: return "Forbidden";
  case 404: return "Not Found";
  case 405: return "Method Not Allowed";
  case 406: return "Not Acceptable";
  case 408: return "Request Timeout";
  case 409: return "Conflict";
  case 410: return "Gone";
  case 411: return "Length Required";
  case 412: return "Precondition Failed";
  case 413: return "Content Too Large";
  case 414: return "URI Too Long";
  case 415: return "Unsupported Media Type";
  case 416: return "Range Not Satisfiable";
  case 417: return "Expectation Failed";
  case 421: return "Misdirected Request";
  case 422: return "Unprocessable Content";
  case 426: return "Upgrade Required";
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 499: return "Client Closed Request";
  case 500: return "Internal Server Error";
  case 501: return "Not Implemented";
  case 502: return "Bad Gateway";
  case 503: return "Service Unavailable";
  case 504: return "Gateway Timeout";
  case 505: return "HTTP Version Not Supported";
  case 507: return "Insufficient Storage";
  default: return "Unknown";
  }
}

void append_head(std::string& out, const ResponseHead& head) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(head.status));
  out += ' ';
  out += reason_phrase(head.status);
  out += "\r\nServer: crank-host\r\n";
  append_field(out, "Date: ", head.date);
  if (!head.content_type.empty()) append_field(out, "Content-Type: ", head.content_type);
  if (head.framing == Framing::length) {
    out += "Content-Length: ";
    append_number(out, head.content_length);
    out += "\r\n";
  } else if (head.framing == Framing::chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!head.request_id.empty()) append_field(out, "X-Request-Id: ", head.request_id);
  if (!head.keep_alive)
    out += "Connection: close\r\n";
  else if (head.http_1_0)
    out += "Connection: keep-alive\r\n";
  out += head.extra;
  out += "\r\n";
}

void append_chunk_start(std::string& out, std::size_t size) {
  append_number(out, size, 16);
  out += "\r\n";
}

std::string problem_json(const Problem& problem, std::string_view request_id) {
  boost::json::object body;
  body["type"] = "about:blank";
  body["title"] = reason_phrase(problem.http_status);
  body["status"] = problem.http_status;
  body["detail"] = problem.detail; // it may quote what a client or a plugin said
  body["code"] = problem.code;
  body["retryable"] = problem.retryable;
  body["request_id"] = request_id;
  if (!problem.fields.empty()) {
    boost::json::array errors;
    for (const FieldError& field : problem.fields) {
      errors.push_back(boost::json::object{{"field", field.pointer}, {"message", field.message}});
    }
    body["errors"] = std::move(errors);
  }
  if (!problem.details.empty()) {
    if (auto details = parse_json(problem.details)) body["details"] = std::move(*details);
  }
  return json_text(body);
}

Response problem_response(const Problem& problem, std::string_view request_id) {
  Response response;
  response.status = problem.http_status;
  response.content_type = "application/problem+json";
  response.body = problem_json(problem, request_id);
  if (problem.retry_after) response.extra = "Retry-After: " + std::to_string(*problem.retry_after) + "\r\n";
  for (const auto& [name, value] : problem.headers) append_field(response.extra, name + ": ", value);
  return response;
}

} // namespace crank
