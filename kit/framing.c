/*
 * Bytes of a request to JSON documents. The nesting depth is checked by a scan before the parser
 * recurses, because jansson's own limit (2048) is compiled in and costs stack on the transport's
 * thread. Pure; any thread.
 */
#include "kit/framing.h"

#include <stdio.h>
#include <string.h>

/* Where a scan stands, counted as jansson does: lines from 1, columns in characters from 1. */
struct place {
	int line, column;
};

static void word(const struct limen_framing *f, struct place at, const char *text,
	char reason[LIMEN_FRAMING_REASON_MAX])
{
	char *end = NULL;

	if (f->wording == LIMEN_FRAMING_HTTP)
		snprintf(reason, LIMEN_FRAMING_REASON_MAX, "JSON error: on line %d: %s", at.line,
			text);
	else
		snprintf(reason, LIMEN_FRAMING_REASON_MAX,
			"Invalid Janus API request - <string>(%d,%d): %s", at.line, at.column,
			text);
	/* The parser quotes what it read, and the cut may fall inside a character: JSON text must
	 * stay UTF-8. */
	if (!g_utf8_validate(reason, -1, (const char **)&end))
		*end = '\0';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void step(struct place *at, char c)
{
	if (c == '\n') {
		at->line++;
		at->column = 0;
	} else if (((unsigned char)c & 0xc0u) != 0x80u) {
		at->column++;
	}
}

/* Does any part nest deeper than allowed? *at: where. Brackets inside strings do not count. */
static bool too_deep(const char *bytes, size_t len, struct place *at)
{
	bool in_string = false;
	unsigned depth = 0;

	*at = (struct place){ .line = 1 };
	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];

		step(at, c);
		if (in_string && c == '\\' && i + 1 < len)
			step(at, bytes[++i]);
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[') && ++depth > LIMEN_FRAMING_DEPTH_MAX)
			return true;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return false;
}

void limen_framing_too_long(const struct limen_framing *f, char reason[LIMEN_FRAMING_REASON_MAX])
{
	char text[96];

	snprintf(text, sizeof(text), "message longer than the limit of %zu bytes", f->bytes_max);
	word(f, (struct place){ .line = 1, .column = 1 }, text, reason);
}

static int parse_all(
	const struct limen_framing *f, const char *bytes, size_t len, GPtrArray *docs, char *reason)
{
	size_t flags = JSON_REJECT_DUPLICATES | (f->several ? JSON_DISABLE_EOF_CHECK : 0);
	size_t at = 0;

	do {
		json_error_t err;
		json_t *doc;

		if (docs->len == LIMEN_FRAMING_DOCS_MAX) {
			word(f, (struct place){ .line = 1, .column = 1 },
				"too many documents in one message", reason);
			return LIMEN_ELIMIT;
		}
		doc = json_loadb(bytes + at, len - at, flags, &err);
		if (!doc) {
			word(f, (struct place){ err.line, err.column }, err.text, reason);
			return LIMEN_EPROTO;
		}
		g_ptr_array_add(docs, doc);
		at = f->several ? at + (size_t)err.position : len;
		while (at < len && is_space(bytes[at]))
			at++;
	} while (at < len);
	return 0;
}

static void doc_free(void *doc)
{
	json_decref(doc);
}

int limen_framing_parse(const struct limen_framing *f, const char *bytes, size_t len,
	GPtrArray **docs, char reason[LIMEN_FRAMING_REASON_MAX])
{
	g_autoptr(GPtrArray) found = NULL;
	struct place at;
	int err;

	*docs = NULL;
	if (len > f->bytes_max) {
		limen_framing_too_long(f, reason);
		return LIMEN_ELIMIT;
	}
	if (too_deep(bytes, len, &at)) {
		char text[64];

		snprintf(text, sizeof(text), "nesting deeper than %u levels",
			LIMEN_FRAMING_DEPTH_MAX);
		word(f, at, text, reason);
		return LIMEN_ELIMIT;
	}
	found = g_ptr_array_new_with_free_func(doc_free);
	if ((err = parse_all(f, bytes, len, found, reason)))
		return err;
	*docs = g_steal_pointer(&found);
	return 0;
}

json_t *limen_framing_error(int code, const char *reason)
{
	return json_pack(
		"{s:s, s:{s:i, s:s}}", "janus", "error", "error", "code", code, "reason", reason);
}

size_t limen_framing_style(const char *json)
{
	if (json && !strcmp(json, "indented"))
		return JSON_PRESERVE_ORDER | JSON_INDENT(3);
	if (json && !strcmp(json, "plain"))
		return JSON_PRESERVE_ORDER;
	return JSON_PRESERVE_ORDER | JSON_COMPACT;
}

char *limen_framing_print(const json_t *value, size_t style, size_t *len)
{
	char *text = json_dumps(value, style);

	*len = text ? strlen(text) : 0;
	return text;
}
