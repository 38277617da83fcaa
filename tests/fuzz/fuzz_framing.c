/*
 * Requests from anybody: the first byte chooses the wording and whether documents may follow one
 * another, the rest is the message. Whatever is refused must have a reason that can itself be sent
 * as JSON. One thread.
 */
#include "kit/framing.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limen_framing f = { .bytes_max = 4096 };
	g_autoptr(GPtrArray) docs = NULL;
	char reason[LIMEN_FRAMING_REASON_MAX];
	json_t *error;

	if (size == 0)
		return 0;
	f.several = data[0] & 1;
	f.wording = data[0] & 2 ? LIMEN_FRAMING_HTTP : LIMEN_FRAMING_MESSAGE;
	if (!limen_framing_parse(&f, (const char *)data + 1, size - 1, &docs, reason)) {
		if (docs->len == 0 || (!f.several && docs->len != 1))
			__builtin_trap();
		return 0;
	}
	error = limen_framing_error(LIMEN_API_INVALID_JSON, reason);
	if (docs || !error)
		__builtin_trap();
	json_decref(error);
	return 0;
}
