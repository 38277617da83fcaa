/*
 * Whether a description may follow another one in the same PeerConnection (RFC 8829 §5.2.2, RFC
 * 3264 §8). Pure; any thread.
 */
#include <string.h>
#include "core/sdp/sdp.h"

int limen_sdp_match(const struct limen_sdp *before, const struct limen_sdp *now, char **reason)
{
	*reason = NULL;
	if (now->media->len < before->media->len) {
		*reason = g_strdup_printf(
			"%u m-lines where there were %u", now->media->len, before->media->len);
		return LIMEN_EINVAL;
	}
	for (guint i = 0; i < before->media->len; i++) {
		const struct limen_sdp_media *a = limen_sdp_line(before, i),
					     *b = limen_sdp_line(now, i);

		/* A rejected m-line may come back as any other one (RFC 8829 §5.2.2). */
		if (a->rejected || (a->kind == b->kind && strcmp(a->mid, b->mid) == 0))
			continue;
		*reason = g_strdup_printf(
			"m-line %u changed its kind or its mid from \"%s\" to \"%s\"", i, a->mid,
			b->mid);
		return LIMEN_EINVAL;
	}
	return 0;
}

struct limen_sdp *limen_sdp_outline(const struct limen_sdp *sdp)
{
	struct limen_sdp *out = limen_sdp_new(NULL);

	for (guint i = 0; i < sdp->media->len; i++) {
		const struct limen_sdp_media *m = limen_sdp_line(sdp, i);
		struct limen_sdp_media *copy = limen_sdp_media_new(m->kind);

		memcpy(copy->mid, m->mid, sizeof(copy->mid));
		copy->rejected = m->rejected;
		g_ptr_array_add(out->media, copy);
	}
	return out;
}
