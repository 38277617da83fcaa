/*
 * The pace of keyframe requests. Pure; thread: the source's loop.
 */
#include "core/media/pace.h"
#include <glib.h>

#define PACE_US G_USEC_PER_SEC
#define BURST 3
#define GAP_US 200000

int64_t limen_pace_due(const struct limen_pace *p)
{
	return MAX(p->asked_us + GAP_US, p->paced_us - (BURST - 1) * PACE_US);
}

bool limen_pace_ask(struct limen_pace *p, int64_t now_us)
{
	p->again = now_us < limen_pace_due(p);
	if (p->again)
		return false;
	p->asked_us = now_us;
	p->paced_us = MAX(p->paced_us, now_us) + PACE_US;
	return true;
}

void limen_pace_served(struct limen_pace *p)
{
	p->again = false;
}
