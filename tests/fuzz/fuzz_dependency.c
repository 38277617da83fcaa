/*
 * Dependency descriptors from anybody, several in a row to one stream: each stands behind a byte
 * with its length. What they leave known stays within its limits, and each choice of a receiver is
 * answered. One thread.
 */
#include <stdlib.h>
#include <string.h>
#include "core/media/dependency.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_known(const struct limen_dependency *d)
{
	if (d->templates > LIMEN_DEPENDENCY_TEMPLATES || d->targets > LIMEN_DEPENDENCY_TARGETS ||
		d->chains > LIMEN_DEPENDENCY_CHAINS)
		__builtin_trap();
	if (d->spatial_layers > LIMEN_DEPENDENCY_SPATIAL)
		__builtin_trap();
	for (unsigned i = 0; i < d->targets; i++)
		if (d->target_spatial[i] >= LIMEN_DEPENDENCY_SPATIAL ||
			d->target_temporal[i] >= LIMEN_DEPENDENCY_TEMPORAL ||
			(d->chains && d->target_chain[i] >= d->chains))
			__builtin_trap();
	for (unsigned n = 0; d->templates && n < LIMEN_NEEDS; n++)
		if (d->active && d->best[n] >= d->targets)
			__builtin_trap();
}

static void check_layer(const struct limen_dependency *d, const struct limen_dependency_packet *p)
{
	struct limen_layer l = { .spatial = -1 };

	limen_dependency_describe(d, p, &l);
	if (!l.described || l.spatial < 0 || l.spatial >= (int)LIMEN_DEPENDENCY_SPATIAL ||
		l.temporal < 0 || l.temporal >= (int)LIMEN_DEPENDENCY_TEMPORAL)
		__builtin_trap();
	if (l.keyframe && (!l.start || l.refers || l.spatial))
		__builtin_trap();
	if (l.needs >> 2 * LIMEN_NEEDS)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limen_dependency d = { .templates = 0 };
	struct limen_dependency_packet p;

	while (size > 1) {
		const size_t len = data[0] < size ? data[0] : size - 1;
		uint8_t *copy = malloc(len ? len : 1);

		if (!copy)
			abort();
		memcpy(copy, data + 1, len);
		if (limen_dependency_read(&d, copy, len, &p) == 0)
			check_layer(&d, &p);
		check_known(&d);
		free(copy);
		data += 1 + len;
		size -= 1 + len;
	}
	return 0;
}
