/*
 * The election of the dominant speaker, on traces of audio levels: who talks, who coughs, who hums,
 * who is silent, who has left.
 */
#include "kit/speaker.h"
#include <glib.h>
#include <string.h>

#define PEOPLE 3
#define SILENCE 90
#define NOTHING 255 /* sends nothing */
#define STEPS 13    /* all of a frame */

static struct limen_speaker people[PEOPLE];
static bool muted[PEOPLE];
static int present;
static int64_t clock_us;
static unsigned changes;

static uint8_t active_at(const struct limen_speaker *s, int64_t frame)
{
	return s->active[(uint64_t)frame % LIMEN_SPEAKER_RING];
}

static uint8_t newest(const struct limen_speaker *s)
{
	return active_at(s, s->newest);
}

static void begin(void)
{
	memset(people, 0, sizeof(people));
	memset(muted, 0, sizeof(muted));
	present = -1;
	clock_us = INT64_C(1000000000);
	changes = 0;
}

/* Words: syllables of 160 ms with 40 ms between them, a pause of 300 ms after each tenth. */
static uint8_t speech(int64_t at_us, uint8_t level)
{
	const int64_t ms = at_us / 1000 % 2300;

	if (ms >= 2000)
		return SILENCE;
	return ms % 200 < 160 ? level : (uint8_t)(level + 25);
}

/* One level of each per frame for so long, and a decision each 300 ms. A level above 127 is nothing
 * sent; below 60 it is the loudness of somebody who talks. */
static void run(unsigned ms, const uint8_t levels[PEOPLE])
{
	for (unsigned t = 0; t < ms; t += 20) {
		const struct limen_speaker *list[PEOPLE];
		int elected;

		clock_us += LIMEN_SPEAKER_FRAME_US;
		for (int i = 0; i < PEOPLE; i++) {
			list[i] = muted[i] ? NULL : &people[i];
			if (levels[i] < 60)
				limen_speaker_hear(
					&people[i], speech(clock_us, levels[i]), true, clock_us);
			else if (levels[i] != NOTHING)
				limen_speaker_hear(&people[i], levels[i], false, clock_us);
		}
		if (clock_us % LIMEN_SPEAKER_DECISION_US)
			continue;
		elected = limen_speaker_elect(
			list, PEOPLE, present >= 0 && muted[present] ? -1 : present, clock_us);
		changes += elected != present;
		present = elected;
	}
}
#define RUN(ms, ...) run(ms, (const uint8_t[PEOPLE]){ __VA_ARGS__ })

static void test_one_talks(void)
{
	begin();
	RUN(2000, SILENCE, SILENCE, SILENCE);
	g_assert_cmpint(present, ==, -1);
	RUN(1500, SILENCE, 30, SILENCE);
	g_assert_cmpint(present, ==, 1);
	RUN(60000, SILENCE, 30, SILENCE);
	g_assert_cmpint(present, ==, 1);
	g_assert_cmpuint(changes, ==, 1);
}

static void test_alternate(void)
{
	begin();
	for (int turn = 0; turn < 10; turn++) {
		RUN(1500, 30, SILENCE, SILENCE);
		g_assert_cmpint(present, ==, 0);
		RUN(2500, 30, SILENCE, SILENCE);
		RUN(1500, SILENCE, SILENCE, 35);
		g_assert_cmpint(present, ==, 2);
		RUN(2500, SILENCE, SILENCE, 35);
	}
	g_assert_cmpuint(changes, ==, 20);
}

/* 300 ms, louder than speech, at any moment of another's talk or of silence. */
static void test_cough(void)
{
	begin();
	RUN(3000, 35, SILENCE, SILENCE);
	for (unsigned i = 0; i < 40; i++) {
		RUN(300, 35, 5, SILENCE);
		g_assert_cmpint(present, ==, 0);
		RUN(1040, 35, SILENCE, SILENCE);
	}
	RUN(5000, SILENCE, SILENCE, SILENCE);
	for (unsigned i = 0; i < 40; i++) {
		RUN(300, SILENCE, 5, SILENCE);
		RUN(1040, SILENCE, SILENCE, SILENCE);
		g_assert_cmpint(present, ==, 0);
	}
	g_assert_cmpuint(changes, ==, 1);
}

/* Talking over somebody takes nothing from him, be it louder; one who goes on alone is elected. */
static void test_both_talk(void)
{
	begin();
	RUN(3000, 40, SILENCE, SILENCE);
	RUN(1200, 40, 25, SILENCE);
	g_assert_cmpint(present, ==, 0);
	RUN(2000, SILENCE, 25, SILENCE);
	g_assert_cmpint(present, ==, 1);
	g_assert_cmpuint(changes, ==, 2);
}

static void test_silence_keeps_the_last(void)
{
	begin();
	RUN(3000, SILENCE, 30, SILENCE);
	RUN(30000, SILENCE, SILENCE, SILENCE);
	g_assert_cmpint(present, ==, 1);
	RUN(30000, NOTHING, NOTHING, NOTHING); /* all send nothing (DTX) */
	g_assert_cmpint(present, ==, 1);
	RUN(2000, NOTHING, NOTHING, 30);
	g_assert_cmpint(present, ==, 2);
}

/* Steps of the next frame, if it has this level. */
static uint8_t next(uint8_t level)
{
	clock_us += LIMEN_SPEAKER_FRAME_US;
	limen_speaker_hear(&people[0], level, true, clock_us);
	return newest(&people[0]);
}

/* A fan is no speech once it is known; who speaks over it is heard. */
static void test_noise_floor(void)
{
	begin();
	g_assert_cmpuint(next(38), >, STEPS / 2); /* for all that is known */
	for (unsigned i = 0; i < 3000; i++)
		next(38);
	g_assert_cmpuint(next(38), ==, 0);
	g_assert_cmpuint(next(12), >, STEPS / 2);
	/* the floor falls at once, though not below what counts as silence */
	g_assert_cmpuint(next(70), ==, 0);
	g_assert_cmpuint(next(38), ==, STEPS);
	g_assert_cmpuint(next(126), ==, 0);
	g_assert_cmpuint(next(79), ==, 0);
	g_assert_cmpuint(next(65), ==, 15 * STEPS / 30);
}

/* A microphone that is off tells nothing of the noise. */
static void test_microphone_off(void)
{
	begin();
	for (unsigned i = 0; i < 3000; i++)
		g_assert_cmpuint(next(127), ==, 0);
	g_assert_cmpuint(next(60), ==, 0);
	g_assert_cmpuint(next(45), ==, 15 * STEPS / 30);
}

static void test_fan_is_not_elected(void)
{
	begin();
	RUN(3000, SILENCE, 30, SILENCE);
	for (unsigned i = 0; i < 3000; i++)
		next(40);
	for (unsigned i = 0; i < 100; i++) {
		const struct limen_speaker *list[] = { &people[0] };

		next(40);
		g_assert_cmpint(limen_speaker_elect(list, 1, -1, clock_us), ==, -1);
	}
}

static void test_leaving(void)
{
	begin();
	RUN(3000, 30, SILENCE, SILENCE);
	g_assert_cmpint(present, ==, 0);
	muted[0] = true;
	present = -1;
	RUN(3000, 30, SILENCE, SILENCE);
	g_assert_cmpint(present, ==, -1);
	RUN(1500, 30, SILENCE, 40);
	g_assert_cmpint(present, ==, 2);
	g_assert_cmpint(limen_speaker_elect(NULL, 0, -1, clock_us), ==, -1);
}

/* The one who has been silent longest is overtaken by the livelier of two. */
static void test_livelier_of_two(void)
{
	begin();
	RUN(3000, 30, SILENCE, SILENCE);
	RUN(640, SILENCE, SILENCE, 30);
	RUN(660, SILENCE, 30, 30);
	g_assert_cmpint(present, ==, 2);
}

/* Where a client uses the V bit, what it does not mark is worth half. */
static void test_voice_bit(void)
{
	begin();
	limen_speaker_hear(&people[0], 20, false, clock_us);
	g_assert_cmpuint(newest(&people[0]), ==, STEPS);
	limen_speaker_hear(&people[0], 20, true, clock_us + LIMEN_SPEAKER_FRAME_US);
	g_assert_cmpuint(newest(&people[0]), ==, STEPS);
	limen_speaker_hear(&people[0], 20, false, clock_us + 2 * LIMEN_SPEAKER_FRAME_US);
	g_assert_cmpuint(newest(&people[0]), ==, STEPS / 2);
}

/* Packets of 60 ms fill their time, several within one frame count once, a gap is silence. */
static void test_time(void)
{
	int64_t frame;

	begin();
	limen_speaker_hear(&people[0], 20, true, clock_us);
	frame = people[0].newest;
	limen_speaker_hear(&people[0], 20, true, clock_us + 60000);
	g_assert_cmpint(people[0].newest, ==, frame + 3);
	g_assert_cmpuint(active_at(&people[0], frame + 1), ==, STEPS);
	limen_speaker_hear(&people[0], 100, true, clock_us + 70000);
	g_assert_cmpint(people[0].newest, ==, frame + 3);
	g_assert_cmpuint(active_at(&people[0], frame + 3), ==, STEPS);
	limen_speaker_hear(&people[0], 20, true, clock_us + 260000);
	g_assert_cmpuint(active_at(&people[0], frame + 5), ==, 0);
	g_assert_cmpuint(active_at(&people[0], frame + 13), ==, STEPS);
	/* a clock far ahead costs no more than the ring */
	limen_speaker_hear(&people[0], 20, true, INT64_MAX / 2);
	for (int64_t f = people[0].newest - 63; f < people[0].newest; f++)
		g_assert_cmpuint(active_at(&people[0], f), ==, 0);
}

#define LEVELS 20000

static gpointer speak(gpointer arg)
{
	for (int64_t i = 1; i <= LEVELS; i++)
		limen_speaker_hear(arg, i % 10 == 5 ? 90 : 30, true, i * LIMEN_SPEAKER_FRAME_US);
	return NULL;
}

/* Elections while levels come in on another thread. */
static void test_two_threads(void)
{
	const struct limen_speaker *list[] = { &people[0] };
	GThread *thread;

	begin();
	thread = g_thread_new("speaks", speak, &people[0]);
	for (int64_t i = 1; i <= LEVELS; i += 10)
		g_assert_cmpint(
			limen_speaker_elect(list, 1, -1, i * LIMEN_SPEAKER_FRAME_US), <=, 0);
	g_thread_join(thread);
	g_assert_cmpint(
		limen_speaker_elect(list, 1, -1, LEVELS * LIMEN_SPEAKER_FRAME_US + 20000), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/speaker/one-talks", test_one_talks);
	g_test_add_func("/speaker/alternate", test_alternate);
	g_test_add_func("/speaker/cough", test_cough);
	g_test_add_func("/speaker/both-talk", test_both_talk);
	g_test_add_func("/speaker/silence-keeps-the-last", test_silence_keeps_the_last);
	g_test_add_func("/speaker/noise-floor", test_noise_floor);
	g_test_add_func("/speaker/microphone-off", test_microphone_off);
	g_test_add_func("/speaker/fan-is-not-elected", test_fan_is_not_elected);
	g_test_add_func("/speaker/leaving", test_leaving);
	g_test_add_func("/speaker/livelier-of-two", test_livelier_of_two);
	g_test_add_func("/speaker/voice-bit", test_voice_bit);
	g_test_add_func("/speaker/time", test_time);
	g_test_add_func("/speaker/two-threads", test_two_threads);
	return g_test_run();
}
