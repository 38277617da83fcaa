/*
 * Speech activity scores and the election. Pure; threads: see the header. A frame's number is its
 * time divided by the length of a frame, so that silence which sends nothing (DTX) counts as
 * silence, and rooms on several loops need no common step.
 */
#include "kit/speaker.h"
#include <glib.h>
#include <math.h>

/* The paper's lengths: sub-bands of a frame, frames of a medium block, blocks of the long time. */
#define N1 13u
#define N2 5u
#define N3 10u
#define LONG_FRAMES (N2 * N3)
/* The paper's model: while somebody speaks each unit is active with probability P (binomial);
 * without speech the number of active units falls off exponentially, by lambda. */
#define P 0.5
#define LAMBDA_IMMEDIATE 0.78
#define LAMBDA_MEDIUM 24.0
#define LAMBDA_LONG 47.0
/* The paper's thresholds of the relative speech activities. */
#define C1 3.0
#define C2 2.0
#define C3 0.0
/* A score is never less: its logarithm is taken. */
#define SCORE_MIN 1e-10

/* A unit is active when more than half of its parts are. */
#define FRAME_ACTIVE (N1 / 2 + 1)
#define BLOCK_ACTIVE (N2 / 2 + 1)
/* Nobody takes over with less of the long time: in a silent room anybody would be ahead. */
#define BLOCKS_MIN 5u

/* Loudness is 127 - level. All steps are active this far above the noise floor. */
#define SPEECH_DB 30u
/* What is quieter than this is silence, whatever the floor. */
#define FLOOR_MIN 47u
#define FLOOR_FIRST 67u   /* before anything is known */
#define FLOOR_WINDOW 250u /* frames heard in which somebody takes a breath: 5 s */
/* A level stands for the time up to the next one: packets of 60 ms, and jitter. */
#define HOLD_FRAMES 5

static unsigned noise_floor(const struct limen_speaker *s)
{
	const unsigned before = s->quiet_before ? s->quiet_before : FLOOR_FIRST;

	return MAX(s->window ? MIN(before, s->quiet) : before, FLOOR_MIN);
}

/* The floor is the least loudness of two windows: it falls at once and rises when noise stays. A
 * loudness of 0 is a microphone that is off, and tells nothing of the noise. */
static void learn_floor(struct limen_speaker *s, uint8_t loudness)
{
	if (loudness == 0)
		return;
	s->quiet = s->window ? MIN(s->quiet, loudness) : loudness;
	if (++s->window == FLOOR_WINDOW) {
		s->quiet_before = s->quiet;
		s->window = 0;
	}
}

static uint8_t steps(const struct limen_speaker *s, uint8_t loudness, bool voice)
{
	const unsigned floor = noise_floor(s);
	const unsigned above = loudness > floor ? MIN(loudness - floor, SPEECH_DB) : 0;
	const unsigned n = above * N1 / SPEECH_DB;

	return (uint8_t)(s->voice_told && !voice ? n / 2 : n);
}

static uint8_t *place(struct limen_speaker *s, int64_t frame)
{
	return &s->active[(uint64_t)frame % LIMEN_SPEAKER_RING];
}

static uint8_t active_at(const struct limen_speaker *s, int64_t frame)
{
	return __atomic_load_n(&s->active[(uint64_t)frame % LIMEN_SPEAKER_RING], __ATOMIC_RELAXED);
}

void limen_speaker_hear(struct limen_speaker *s, uint8_t level, bool voice, int64_t now_us)
{
	const uint8_t loudness = (uint8_t)(127 - MIN(level, 127));
	const int64_t frame = now_us / LIMEN_SPEAKER_FRAME_US, newest = s->newest;
	uint8_t n;

	s->voice_told |= voice;
	learn_floor(s, loudness);
	n = steps(s, loudness, voice);
	if (frame <= newest) { /* two packets in one frame */
		__atomic_store_n(place(s, newest), MAX(active_at(s, newest), n), __ATOMIC_RELAXED);
		return;
	}
	for (int64_t f = MAX(newest + 1, frame - (int64_t)LIMEN_SPEAKER_RING + 1); f < frame; f++)
		__atomic_store_n(
			place(s, f), frame - newest <= HOLD_FRAMES ? n : 0, __ATOMIC_RELAXED);
	__atomic_store_n(place(s, frame), n, __ATOMIC_RELAXED);
	__atomic_store_n(&s->newest, frame, __ATOMIC_RELEASE);
}

struct scores {
	double immediate, medium, lasting;
	unsigned blocks; /* active ones of the long time */
};

/* Log-likelihood of speech against no speech, when so many of n units are active. */
static double score(unsigned active, unsigned n, double lambda)
{
	double s = (double)active * log(P) + (double)(n - active) * log(1 - P) - log(lambda) +
		lambda * (double)active;

	for (unsigned i = 0; i < active; i++) /* of the binomial coefficient */
		s += log((double)(n - i) / (double)(i + 1));
	return MAX(s, SCORE_MIN);
}

/* Active frames of the block that ends with this frame. */
static unsigned block(const struct limen_speaker *s, int64_t last, int64_t newest)
{
	unsigned n = 0;

	for (int64_t f = last - (int64_t)N2 + 1; f <= last; f++)
		n += f > 0 && f <= newest && active_at(s, f) >= FRAME_ACTIVE;
	return n;
}

/* s: NULL = silence */
static struct scores measure(const struct limen_speaker *s, int64_t now_us)
{
	const int64_t now = now_us / LIMEN_SPEAKER_FRAME_US;
	const int64_t newest = s ? __atomic_load_n(&s->newest, __ATOMIC_ACQUIRE) : 0;
	/* the frame that is under way is not held against anybody */
	const int64_t end = now - newest <= HOLD_FRAMES ? newest : now;
	const bool heard = s && end - newest < (int64_t)LONG_FRAMES;
	const unsigned immediate = heard && end == newest ? active_at(s, end) : 0;
	const unsigned medium = heard ? block(s, end, newest) : 0;
	unsigned blocks = 0;

	for (unsigned i = 0; heard && i < N3; i++)
		blocks += block(s, end - (int64_t)(i * N2), newest) >= BLOCK_ACTIVE;
	return (struct scores){ score(immediate, N1, LAMBDA_IMMEDIATE),
		score(medium, N2, LAMBDA_MEDIUM), score(blocks, N3, LAMBDA_LONG), blocks };
}

static bool takes_over(const struct scores *s, const struct scores *present)
{
	return s->blocks >= BLOCKS_MIN && log(s->immediate / present->immediate) > C1 &&
		log(s->medium / present->medium) > C2 && log(s->lasting / present->lasting) > C3;
}

/* Of several who might take over, the one ahead in the medium time, as in the paper; the long time
 * tells apart those who are equal. */
static bool better(const struct scores *a, const struct scores *b)
{
	return a->medium > b->medium || (a->medium == b->medium && a->lasting > b->lasting);
}

int limen_speaker_elect(
	const struct limen_speaker *const *list, size_t count, int present, int64_t now_us)
{
	const struct scores of_present = measure(present >= 0 ? list[present] : NULL, now_us);
	struct scores best = { 0 };
	int elected = present;

	for (size_t i = 0; i < count; i++) {
		struct scores s;

		if (!list[i] || (int)i == present)
			continue;
		s = measure(list[i], now_us);
		if (takes_over(&s, &of_present) && better(&s, &best)) {
			best = s;
			elected = (int)i;
		}
	}
	return elected;
}
