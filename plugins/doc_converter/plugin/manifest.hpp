// The manifest of the doc_converter plugin (plugin_api/MANIFEST.md): what the host knows before it runs any of it.
// One literal per line, so that the indentation stays out of the plugin.
#pragma once

namespace doc_converter {

// clang-format off
#define DOC_ERRORS \
    R"("errors":[)" \
      R"({"code":"INVALID_FORMAT","status":422,"retryable":false,"description":"The document is none of the formats, or another is meant"},)" \
      R"({"code":"CORRUPT_DOCUMENT","status":422,"retryable":false,"description":"It is damaged beyond reading"},)" \
      R"({"code":"ENCRYPTED_DOCUMENT","status":422,"retryable":false,"description":"It needs a password"},)" \
      R"({"code":"INVALID_PATH","status":404,"retryable":false,"description":"There is no such file under the configured roots"},)" \
      R"({"code":"LIMIT_EXCEEDED","status":413,"retryable":false,"description":"It is larger, deeper or more costly than is allowed"},)" \
      R"({"code":"CONVERSION_FAILED","status":500,"retryable":true,"description":"The converter failed; the log has more"}])"

inline constexpr char manifest[] =
    R"({"id":"doc_converter","version":"2.0.0","license":"Apache-2.0",)"
    R"("description":"Converts documents between PDF, DOCX, ODT, RTF, HTML, Markdown and plain text.",)"
    R"("service":{"name":"crank-doc-converter","port":8100,"port_env":"DOC_CONVERTER_HTTPS_PORT"},)"
    R"("programs":[{"name":"doc-convert","description":"Converts one document and ends"}],)"
    R"("config_schema":{"type":"object","additionalProperties":false,"properties":{)"
      R"("input_roots":{"type":"array","items":{"type":"string","minLength":1},"default":[],)"
        R"("description":"Folders that callers may name documents in by input_path; none: they have to send them"},)"
      R"("job_above_mib":{"type":"integer","minimum":0,"maximum":1048576,"default":16,)"
        R"("description":"A document of more MiB than that becomes a job, where the host has jobs and the caller takes one"},)"
      R"("cpu_seconds":{"type":"integer","minimum":1,"maximum":86400,"default":300,)"
        R"("description":"Seconds of processor time that one conversion may use"},)"
      R"("memory_mib":{"type":"integer","minimum":64,"maximum":65536,"default":1024,)"
        R"("description":"MiB of memory that one conversion may use"}}},)"

    R"("capabilities":[{"id":"document.convert","verb":"convert","version":"2.0.0","title":"Convert a document","tool":"convert_document",)"
      R"("description":"Converts a document between PDF, DOCX, ODT, RTF, HTML, Markdown and plain text, and keeps headings, lists, tables, pictures, links, footnotes and emphasis. Give the document as input_path (a file the worker may read) as input_artifact (the address of an upload or of an earlier result) or as document_data (base64, at most 1 MiB), and the format it is to have as target.",)"
      R"("hints":{"read_only":true,"idempotent":true,"open_world":false},)"
      R"("input_schema":{"type":"object","additionalProperties":false,"properties":{)"
        R"("input_path":{"type":"string","minLength":1,"maxLength":4096,"description":"Path of the document, under one of the worker's input roots"},)"
        R"("input_artifact":{"type":"string","minLength":1,"maxLength":4096,"description":"Address of a file that the worker keeps for its caller: an upload, or the result of an earlier call"},)"
        R"("document_data":{"type":"string","description":"The document itself, base64, at most 1 MiB"},)"
        R"("name":{"type":"string","maxLength":255,"description":"File name of the document, for its result's name"},)"
        R"("source_format":{"type":"string","default":"auto","description":"Format of the document; auto: its content says"},)"
        R"("target":{"type":"string","enum":["pdf","docx","odt","rtf","html","markdown","md","plain","txt"],"description":"Format to convert to"},)"
        R"("target_format":{"type":"string","description":"The same as target, for older clients"},)"
        R"("callback_url":{"type":"string","maxLength":2048,"description":"Where to POST the outcome, if the conversion becomes a job"},)"
        R"("answer":{"type":"string","enum":["artifact","inline"],"default":"artifact","description":"artifact: the result is a file beside the answer; inline: it is in the answer, base64"}}},)"
      R"("output_schema":{"type":"object","required":["status","target_format"],"properties":{)"
        R"("status":{"type":"string"},"conversion_id":{"type":"string"},"source_format":{"type":"string"},"target_format":{"type":"string"},)"
        R"("name":{"type":"string","description":"File name of the result"},"media_type":{"type":"string"},)"
        R"("sha256":{"type":"string","description":"Of the result, hexadecimal"},)"
        R"("input_bytes":{"type":"integer"},"output_bytes":{"type":"integer"},"duration_ms":{"type":"integer"},)"
        R"("content":{"type":"string","description":"The result, base64, where it was asked for inline"}}},)"
      R"("limits":{"max_concurrency":4,"queue":64,"timeout_ms":600000,"max_body_bytes":1500000},)"
      R"("job":{"repeatable":true,"defers":true,"callback_input":"callback_url"},)"
      DOC_ERRORS ","
      R"("examples":[{"document_data":"IyBIZWxsbwo=","name":"hello.md","target":"html"}]}],)"

    R"("routes":[)"
      R"({"method":"POST","path":"/convert","call":"convert","body":"form",)"
        R"("description":"Converts the file; the answer has it in base64, or is the file where Accept names its media type.",)"
        R"("form":{"file":{"type":"file","required":true,"description":"The document"},)"
          R"("output_format":{"type":"text","required":true,"description":"pdf, docx, odt, rtf, html, markdown or plain"},)"
          R"("input_format":{"type":"text","description":"Without it, or with auto, the content says"}},)"
        R"("limits":{"max_concurrency":4,"queue":64,"timeout_ms":600000,"max_body_bytes":536870912},)"
        R"("job":{"repeatable":true},)"
        DOC_ERRORS ","
        R"("output_schema":{"type":"object","required":["conversion_id","status","output_format","message","content"],"properties":{)"
          R"("conversion_id":{"type":"string"},"status":{"type":"string"},"output_format":{"type":"string"},)"
          R"("message":{"type":"string"},"content":{"type":"string","description":"The result, base64"}}}},)"
      R"({"method":"GET","path":"/formats","call":"formats","inline":true,)"
        R"("description":"The formats that this worker reads and writes.",)"
        R"("output_schema":{"type":"object","properties":{)"
          R"("input_formats":{"type":"array","items":{"type":"string"}},)"
          R"("output_formats":{"type":"array","items":{"type":"string"}}}}}]})";
// clang-format on

} // namespace doc_converter
