/*
 * Who is the dominant speaker of a conference, out of audio levels (RFC 6464), after I. Volfin and
 * I. Cohen, "Dominant Speaker Identification for Multipoint Videoconferencing" (Computer Speech and
 * Language 27, 2013): each participant gets scores of speech activity over an immediate, a medium
 * and a long time; who is ahead of the present speaker in all three takes over. So neither a cough
 * nor a word thrown in does, and a pause for breath loses nothing.
 *
 * Where the paper counts active sub-bands of a frame's spectrum, this counts steps of loudness
 * above the participant's own noise floor: there is no spectrum without decoding.
 *
 * Pure. Thread: one may call limen_speaker_hear() while another elects; neither waits.
 */
#ifndef LIMEN_KIT_SPEAKER_H
#define LIMEN_KIT_SPEAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMEN_SPEAKER_FRAME_US 20000     /* one level */
#define LIMEN_SPEAKER_DECISION_US 300000 /* the paper's decision interval: elect this often */
#define LIMEN_SPEAKER_RING 64u /* frames kept: the long time, and some to be written meanwhile */

/* One participant. Zeroed: nothing was heard. */
struct limen_speaker {
	/* shared, atomic: active steps of each frame, by its number; the number of the newest */
	uint8_t active[LIMEN_SPEAKER_RING];
	int64_t newest;
	/* of the one who hears */
	uint8_t quiet, quiet_before; /* least loudness: of this window so far, of the one before */
	uint16_t window;             /* frames of it */
	bool voice_told;             /* the V bit is in use */
};

/* Takes a level (0 loudest .. 127) and the V bit of one packet. */
void limen_speaker_hear(struct limen_speaker *s, uint8_t level, bool voice, int64_t now_us);

/*
 * Elects: list has every participant, NULL where one may not be elected (muted); present is the
 * place of the present dominant speaker, -1 = there is none. Returns the place of the dominant
 * speaker from now on: present, if nobody takes over.
 */
int limen_speaker_elect(
	const struct limen_speaker *const *list, size_t count, int present, int64_t now_us);

#endif
