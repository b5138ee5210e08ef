/* crank/ext/files.h: "crank.files/1", a call's files: artefacts that it leaves beside its answer, and its body as a file.
 *
 * An artefact is a named file of any length that belongs to the call's answer, for a job and for a caller who waits
 * alike. The host keeps it, makes its digest, and gives it to the caller as its door does: over HTTP at an address of its
 * own, or as the body itself where the call writes none and leaves one; over MCP as content or as a link. What a call
 * that fails or is cancelled has made goes with it.
 *
 * All functions: [call-thread; for a PENDING call one thread at a time], and CRANK_CANCELLED when nobody listens any
 * more. */
#ifndef CRANK_EXT_FILES_H
#define CRANK_EXT_FILES_H

#include "../crank.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CRANK_EXT_FILES "crank.files/1"

/* Flags of an artefact. */
#define CRANK_ARTIFACT_INLINE 1u /* a part of the answer that its reader is meant to see with it, such as a picture of a
                                  * few hundred KB, and not something to store: a door may put it into the answer */

/* The host copies it. */
typedef struct crank_artifact_spec {
  size_t size;      /* sizeof(crank_artifact_spec) in its maker's header */
  crank_str name;   /* the name of a file, with its extension: UTF-8 of 1 to 255 bytes, without '/', '\' and control
                     * characters, not "." or ".."; no other artefact of the call has it */
  crank_str media_type;  /* type/subtype, with parameters or without */
  crank_str description; /* a sentence for a person, or empty; at most 1,000 bytes are kept */
  uint32_t flags;        /* of CRANK_ARTIFACT_*; others are ignored */
  uint32_t reserved;     /* 0 */
} crank_artifact_spec;

/* A file that the host keeps; the text and the descriptor live as long as the call. */
typedef struct crank_kept_file {
  size_t size;          /* sizeof(crank_kept_file) in the plugin's header, which sets it before it asks */
  crank_str name;       /* as crank_artifact_spec.name */
  crank_str media_type; /* as it was given: not to be trusted */
  crank_str sha256;     /* 64 lower-case hexadecimal digits */
  uint64_t bytes;
  int32_t descriptor; /* open for reading; the host's: not to be closed. POSIX alone */
  uint32_t reserved;  /* 0 */
} crank_kept_file;

typedef struct crank_files {
  size_t size; /* sizeof(crank_files) in the host's header */

  /* Begins an artefact, which is empty; *id is never 0 and one of this call's. They are begun and finished before the
   * first write() of the answer: CRANK_INVALID after it, and for what the spec does not allow. CRANK_EXHAUSTED for more
   * than 1,000 of a call, CRANK_UNAVAILABLE where the host has no room or no descriptor for it. */
  crank_status (*begin)(crank_call *call, const crank_artifact_spec *spec, uint64_t *id) CRANK_NOTHROW;

  /* These three: CRANK_NOT_FOUND for an id that is none, or whose artefact is finished or discarded. */

  /* Appends. CRANK_EXHAUSTED over the host's limit, CRANK_UNAVAILABLE on a full disk: then the artefact cannot be
   * finished, and a call that ends with CRANK_OK all the same fails. */
  crank_status (*write)(crank_call *call, uint64_t id, const void *data, size_t len) CRANK_NOTHROW;

  /* *descriptor is the artefact's file, open for reading and writing, for a library or a child that writes by itself;
   * what it has when the artefact is finished counts. It is the host's: not to be closed, and only to be used until
   * then. POSIX alone. */
  crank_status (*descriptor)(crank_call *call, uint64_t id, int32_t *descriptor) CRANK_NOTHROW;

  /* It is complete: from now on it belongs to the answer. What is not finished when the call ends does not. */
  crank_status (*finish)(crank_call *call, uint64_t id) CRANK_NOTHROW;

  /* Never mind; it need not be finished. Without effect for an id that is none. */
  void (*discard)(crank_call *call, uint64_t id) CRANK_NOTHROW;

  /* *descriptor is the whole body as a file, open for reading, for a library or a child that wants one; read it with
   * pread() or from the place where it is, its beginning. It is the host's and lives as long as the call. Blocks until
   * the body is there, if it streams. CRANK_INVALID once read() was used, CRANK_UNAVAILABLE where the host has no room
   * for it, or what read() would say. POSIX alone. */
  crank_status (*body_descriptor)(crank_call *call, int32_t *descriptor) CRANK_NOTHROW;

  /* *hex is the SHA-256 (FIPS 180-4) of a finished artefact as 64 lower-case hexadecimal digits, for an answer that names
   * it; the text lives as long as the call. CRANK_NOT_FOUND for an id whose artefact is not finished. */
  crank_status (*digest)(crank_call *call, uint64_t id, crank_str *hex) CRANK_NOTHROW;

  /* A file that the host keeps for the call's caller, by its address: an artefact of one of its jobs, or what it has uploaded
   * ("/v1/jobs/<id>/artifacts/<name>", with "https://host", "crank:" or nothing before it, as the host has told it). So a result
   * can be the input of the next call, and a large input need not be in the request. Waits for the disk. CRANK_NOT_FOUND where the
   * caller has none of that address, CRANK_UNSUPPORTED where the host keeps no files, CRANK_UNAVAILABLE where it is gone or no
   * descriptor is left, CRANK_INVALID for an `out` that is shorter than what this header has. */
  crank_status (*open)(crank_call *call, crank_str address, crank_kept_file *out) CRANK_NOTHROW;
} crank_files;

#ifdef __cplusplus
}
#endif
#endif
