// A route whose body is a form: what its manifest becomes, and the sentence for each way to get one wrong.
#include "catch.hpp"

#include "manifest/manifest.hpp"

#include <string>

using namespace crank;

namespace {

std::string with_routes(const std::string& routes) {
  return R"({"id":"t","version":"1.0.0","capabilities":[{"id":"a.b","verb":"v","version":"1.0.0"}],"routes":[)" +
         routes + "]}";
}

std::string with_form(const std::string& fields, const std::string& more = "", const std::string& call = "c") {
  return with_routes(R"({"method":"POST","path":"/c","call":")" + call + R"(","body":"form","form":{)" + fields + "}" +
                     more + "}");
}

std::string error_of(const std::string& text, ManifestAge age = ManifestAge::known) {
  const auto manifest = parse_manifest(text, age);
  return manifest ? "accepted" : manifest.error();
}

} // namespace

TEST_CASE("a form is read with its fields in their order") {
  const auto manifest = parse_manifest(with_form(
      R"("z":{"type":"file","required":true,"max_bytes":5,"media_types":["Image/*","text/plain"],"description":"d","x-a":1},)"
      R"("x-a":{"type":"text","enum":["1","2"],"default":"2"},"m":{"type":"text","multiple":true})",
      R"(,"undeclared_fields":"refuse","max_parts":7,"job":{"repeatable":true,"above_bytes":9})"));
  if (!manifest) FAIL(manifest.error());
  const OperationSpec& operation = *manifest->routes.at(0).operation;
  REQUIRE(operation.form);
  const FormSpec& form = *operation.form;
  CHECK((form.refuses_others && form.most_parts == 7));
  CHECK((operation.repeatable && operation.job_above_bytes == 9));
  CHECK(operation.content_types ==
        std::vector<std::string>{"multipart/form-data", "application/x-www-form-urlencoded"});
  REQUIRE(form.fields.size() == 3);
  CHECK((form.fields[0].name == "z" && form.fields[0].kind == FormField::Kind::file && form.fields[0].required));
  CHECK((form.fields[0].max_bytes == 5 && form.fields[0].description == "d" && !form.fields[0].multiple));
  CHECK(form.fields[0].media_types == std::vector<std::string>{"image/*", "text/plain"});
  CHECK((form.fields[1].name == "x-a" && form.fields[1].otherwise == "2" && form.fields[1].choices.size() == 2));
  CHECK((form.fields[2].multiple && form.fields[2].kind == FormField::Kind::text && !form.fields[2].max_bytes));
}

TEST_CASE("the defaults of a form") {
  const auto manifest = parse_manifest(with_form(R"("f":{"type":"file"})"));
  REQUIRE(manifest);
  const OperationSpec& operation = *manifest->routes.at(0).operation;
  CHECK((operation.form->most_parts == 100 && !operation.form->refuses_others && !operation.repeatable));
  CHECK(operation.body == BodyMode::buffer);
}

TEST_CASE("one sentence per mistake in a form") {
  const std::string text = R"("t":{"type":"text"})";
  const auto field = [](const std::string& members) { return error_of(with_form(R"("t":{)" + members + "}")); };
  CHECK(error_of(with_form(text)) == "accepted");
  CHECK(error_of(with_form("")).substr(0, 15) == "/routes/0/form ");
  CHECK(field("") == "/routes/0/form/t/type is required");
  CHECK(field(R"("type":"number")").substr(0, 21) == "/routes/0/form/t/type");
  CHECK(field(R"("type":"text","typo":1)").substr(0, 21) == "/routes/0/form/t/typo");
  CHECK(field(R"("type":"file","default":"x")") == "/routes/0/form/t/default is for texts alone");
  CHECK(field(R"("type":"file","enum":["x"])") == "/routes/0/form/t/enum is for texts alone");
  CHECK(field(R"("type":"text","media_types":["a/b"])") == "/routes/0/form/t/media_types is for files alone");
  CHECK(field(R"("type":"text","max_bytes":16777217)") ==
        "/routes/0/form/t/max_bytes must be at most 16777216 for a text, which is in memory");
  CHECK(field(R"("type":"text","default":"x","required":true)") ==
        "/routes/0/form/t/default does not apply to a field that is required or multiple");
  CHECK(field(R"("type":"text","default":"x","enum":["y"])") == "/routes/0/form/t/default must be one of the enum");
  CHECK(field(R"("type":"text","default":"xy","max_bytes":1)") ==
        "/routes/0/form/t/default must be at most max_bytes long");
  CHECK(error_of(with_form(R"("":{"type":"text"})")) ==
        "/routes/0/form/ must be a field with a name of 1 to 255 bytes");
  CHECK(error_of(with_form(R"("a\nb":{"type":"text"})")).find("must be a field whose name has no control character") !=
        std::string::npos);
  CHECK(error_of(with_form(text, R"(,"content_types":["a/b"])")) ==
        "/routes/0/content_types does not apply beside a form");
  CHECK(error_of(with_form(text, R"(,"input_schema":{})")) == "/routes/0/input_schema does not apply beside a form");
}

TEST_CASE("a form belongs to a route that is a call, and its operation to that route alone") {
  const auto route = [](const std::string& members) { return error_of(with_routes("{" + members + "}")); };
  const std::string form = R"("form":{"t":{"type":"text"}})";
  const std::string post = R"("method":"POST","path":"/c","call":"c",)";
  CHECK(route(post + R"("body":"form")") == "/routes/0 needs a form, which its \"body\": \"form\" announces");
  CHECK(route(post + form) == "/routes/0/form needs \"body\": \"form\" beside it");
  CHECK(route(post + R"("max_parts":1)") == "/routes/0/max_parts needs \"body\": \"form\" beside it");
  CHECK(route(post + R"("job":{})") == "/routes/0/job needs \"body\": \"form\" beside it");
  CHECK(route(R"("method":"GET","path":"/c","call":"c","body":"form",)" + form) ==
        "/routes/0/method must be one with a body for a form");
  CHECK(route(R"("method":"POST","path":"/c","capability":"a.b","body":"form",)" + form).find("does not apply") !=
        std::string::npos);
  CHECK(route(R"("method":"POST","path":"/c","events":"c","body":"form")") ==
        "/routes/0/body cannot be \"form\" for events");
  const std::string twice = "/call must be a name of its own for a form: another route or capability has it";
  CHECK(error_of(with_form(R"("t":{"type":"text"})", "", "a.b")) == "/routes/0" + twice);
  const std::string one = "{" + post + R"("body":"form",)" + form + "}";
  const std::string other = R"({"method":"POST","path":"/d","call":"c"})";
  CHECK(error_of(with_routes(one + "," + other)) == "/routes/0" + twice);
  CHECK(error_of(with_routes(other + "," + one)) == "/routes/1" + twice);
}

TEST_CASE("what a later host knows of a field is left out, and named") {
  const auto manifest = parse_manifest(with_form(R"("t":{"type":"text","pattern":"^a"})"), ManifestAge::younger);
  if (!manifest) FAIL(manifest.error());
  CHECK(manifest->ignored == std::vector<std::string>{"/routes/0/form/t/pattern"});
}
