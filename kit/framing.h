/*
 * Bytes of a request to JSON documents, and JSON to the text of a reply: what every transport does
 * alike. Pure: bytes in, values out; any thread.
 */
#ifndef LIMEN_KIT_FRAMING_H
#define LIMEN_KIT_FRAMING_H

#include <glib.h>
#include <jansson.h>
#include <limen/types.h>

#define LIMEN_FRAMING_BYTES_DEFAULT                                                                \
	(256u * 1024u)              /* longest request, unless the configuration says otherwise */
#define LIMEN_FRAMING_DEPTH_MAX 64u /* arrays and objects inside one another */
#define LIMEN_FRAMING_DOCS_MAX 256u /* documents in one message */
#define LIMEN_FRAMING_REASON_MAX 320u

#define LIMEN_API_TRANSPORT 450
#define LIMEN_API_INVALID_JSON 454
#define LIMEN_API_NOT_OBJECT 455
#define LIMEN_API_INVALID_PATH 457

/* How a parse failure is put into words: HTTP and the message transports differ on the wire. */
enum limen_framing_wording { LIMEN_FRAMING_MESSAGE, LIMEN_FRAMING_HTTP };

struct limen_framing {
	size_t bytes_max; /* of the whole message */
	enum limen_framing_wording wording;
	bool several; /* documents may follow one another (white space between them is free) */
};

/*
 * Parses bytes (borrowed) into documents. *docs: new, json_t * each, at least one, all owned by the
 * array; NULL on error. LIMEN_EPROTO or LIMEN_ELIMIT: reason holds the text for error 454. One bad
 * document spoils the whole message.
 */
int limen_framing_parse(const struct limen_framing *f, const char *bytes, size_t len,
	GPtrArray **docs, char reason[LIMEN_FRAMING_REASON_MAX]);

/* The text for error 454 when a message was too long to be kept. */
void limen_framing_too_long(const struct limen_framing *f, char reason[LIMEN_FRAMING_REASON_MAX]);

/* {"janus":"error","error":{"code":...,"reason":...}}; new */
json_t *limen_framing_error(int code, const char *reason);

/* jansson's printing flags for the option json: "indented" (3 spaces), "plain" or "compact" (also
 * for NULL and others). */
size_t limen_framing_style(const char *json);

/* The text of a value; new, free(); *len without the ending NUL. NULL when it cannot be printed. */
char *limen_framing_print(const json_t *value, size_t style, size_t *len);

#endif
