/*
 * Redundant audio from anybody: the block of now lies inside the payload, and does so still when
 * the headers have been given another payload type, which changes nothing else. One thread.
 */
#include <stdlib.h>
#include <string.h>
#include "core/media/red.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t at = limen_red_primary(data, size);
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	limen_red_set_type(copy, size, 111);
	if (at && at >= size)
		__builtin_trap();
	if (limen_red_primary(copy, size) != at)
		__builtin_trap();
	if (at && memcmp(copy + at, data + at, size - at) != 0)
		__builtin_trap();
	free(copy);
	return 0;
}
