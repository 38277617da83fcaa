/*
 * The last notes in a ring, printed when the run fails. Thread: the main loop.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "tests/soak/soak.h"

#define NOTES 400u

static struct {
	unsigned seed, next;
	int64_t begin_us;
	char *notes[NOTES];
} diary;

void soak_diary_begin(unsigned seed)
{
	diary.seed = seed;
	diary.begin_us = g_get_monotonic_time();
}

static double seconds(void)
{
	return (double)(g_get_monotonic_time() - diary.begin_us) / G_USEC_PER_SEC;
}

void soak_note(const char *format, ...)
{
	char **note = &diary.notes[diary.next++ % NOTES];
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_free(*note);
	*note = g_strdup_printf("%9.3f %s", seconds(), text);
}

void soak_fail(const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	printf("the last %u notes:\n", MIN(diary.next, NOTES));
	for (unsigned i = diary.next > NOTES ? diary.next - NOTES : 0; i < diary.next; i++)
		printf("  %s\n", diary.notes[i % NOTES]);
	printf("FAILED after %.1f s with seed %u: %s\n", seconds(), diary.seed, text);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}
