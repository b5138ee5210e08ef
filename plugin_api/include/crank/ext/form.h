/* crank/ext/form.h: "crank.form/1", the body of a call as the form that its operation declared.
 *
 * For an operation whose route declares "body": "form" (plugin_api/MANIFEST.md): multipart/form-data (RFC 7578) and
 * application/x-www-form-urlencoded look the same here. The host has checked the form before the plugin is called: every
 * part is of a declared field and of its kind, what is required is there, what is too long is not. A text is in memory;
 * a file stays where the host has the body, and is read from there. crank_call.body is NULL, and crank_call.read and
 * body_descriptor of crank.files/1 say CRANK_INVALID: the parts are the body. crank_call.content_type has its parameters.
 *
 * All functions: [call-thread; for a PENDING call one thread at a time]. CRANK_UNSUPPORTED for a call whose operation has
 * declared no form, CRANK_CANCELLED when nobody listens any more, CRANK_NOT_FOUND for an index that is none. */
#ifndef CRANK_EXT_FORM_H
#define CRANK_EXT_FORM_H

#include "../crank.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRANK_EXT_FORM "crank.form/1"

/* Kinds of a part. One that is not here is of a later host. */
#define CRANK_FORM_TEXT 0
#define CRANK_FORM_FILE 1

/* The text lives as long as the call. */
typedef struct crank_form_part {
  size_t size;          /* sizeof(crank_form_part) in the plugin's header, which sets it before it asks */
  crank_str name;       /* of its field; several parts have it where the field is "multiple" */
  crank_str filename;   /* of a file: what the sender calls it, without directories and control characters, never "." or
                         * "..": UTF-8 of 1 to 255 bytes, and "file" where it says nothing. Empty for a text */
  crank_str media_type; /* type/subtype in lower case. As the sender has it, who may be wrong; else text/plain for a text and
                         * application/octet-stream for a file */
  crank_str charset;    /* that parameter of the media type, in lower case; empty if the sender says nothing */
  crank_str data;       /* of a text: its value, UTF-8. A file has none */
  uint64_t bytes;       /* of the value or the file */
  int32_t kind;         /* CRANK_FORM_* */
  uint32_t reserved;    /* 0 */
} crank_form_part;

typedef struct crank_form {
  size_t size; /* sizeof(crank_form) in the host's header */

  /* How many parts there are: those of declared fields in the order of the body, and then those that only have their
   * default. */
  crank_status (*count)(crank_call *call, uint64_t *count) CRANK_NOTHROW;

  /* Fills *out as far as out->size reaches. CRANK_INVALID where that is shorter than what this header has. */
  crank_status (*part)(crank_call *call, uint64_t index, crank_form_part *out) CRANK_NOTHROW;

  /* The first part from index `from` on (0: of all) whose field is `name`. CRANK_NOT_FOUND: there is none. */
  crank_status (*find)(crank_call *call, crank_str name, uint64_t from, uint64_t *index) CRANK_NOTHROW;

  /* Up to `capacity` bytes of the part from `offset`, as pread() does: how many, 0 at and behind its end, or a negative
   * status. No place is kept from one to the next. Does not wait for the sender. */
  int64_t (*read)(crank_call *call, uint64_t index, uint64_t offset, void *buffer, size_t capacity) CRANK_NOTHROW;

  /* *descriptor is a file, open for reading, that is this part and nothing else, for a library or a child that wants one.
   * The same one each time; it is the host's and lives as long as the call. The first time costs a copy, which the file
   * system may spare. CRANK_UNAVAILABLE where the host has no room or no descriptor for it. POSIX alone. */
  crank_status (*descriptor)(crank_call *call, uint64_t index, int32_t *descriptor) CRANK_NOTHROW;
} crank_form;

#ifdef __cplusplus
}
#endif
#endif
