/*
 * What payload inspection must find in a vector, and what it must not invent when the vector is cut
 * short. One thread.
 */
#ifndef LIMEN_TESTS_LAYER_CHECK_H
#define LIMEN_TESTS_LAYER_CHECK_H

#include "core/media/codec.h"
#include "tests/lib/hex.h"

/* want: the words of layer_text(). */
struct layer_case {
	const char *name, *hex, *want;
};

static inline void layer_word(GString *text, bool is, const char *word)
{
	if (is)
		g_string_append_printf(text, "%s%s", text->len ? " " : "", word);
}

static inline void layer_number(GString *text, int number, const char *name)
{
	if (number != -1)
		g_string_append_printf(text, "%s%s=%d", text->len ? " " : "", name, number);
}

/* All that is known, in words: "key start pid=5 640x480". New */
static inline char *layer_text(const struct limen_layer *l)
{
	GString *text = g_string_new(NULL);

	layer_word(text, l->keyframe, "key");
	layer_word(text, l->start, "start");
	layer_word(text, l->end, "end");
	layer_word(text, l->switch_up, "up");
	layer_word(text, l->inter_layer, "inter");
	layer_word(text, l->non_ref, "nonref");
	layer_word(text, l->predicted, "pred");
	layer_word(text, l->bare, "bare");
	layer_number(text, l->spatial, "sid");
	layer_number(text, l->temporal, "tid");
	layer_number(text, l->picture_id, "pid");
	layer_number(text, l->tl0_pic_idx, "tl0");
	layer_number(text, l->spatial_layers ? l->spatial_layers : -1, "of");
	if (l->width || l->height)
		g_string_append_printf(text, "%s%ux%u", text->len ? " " : "", l->width, l->height);
	return g_string_free(text, FALSE);
}

static inline void layer_equal(const struct limen_layer *l, const char *want)
{
	g_autofree char *text = layer_text(l);

	g_assert_cmpstr(text, ==, want);
}

/* A number that a cut payload tells is the whole one's, or is not known. */
static inline void layer_cut(
	enum limen_codec codec, const uint8_t *bytes, size_t len, const struct limen_layer *whole)
{
	g_autofree uint8_t *cut = hex_cut(bytes, len);
	struct limen_layer l;

	memset(&l, 0x55, sizeof(l));
	limen_codec_inspect(codec, cut, len, &l);
	g_assert_true(!l.keyframe || whole->keyframe);
	g_assert_true(
		!l.described && (!l.spatial_layers || l.spatial_layers == whole->spatial_layers));
	g_assert_true(l.spatial == -1 || l.spatial == whole->spatial);
	g_assert_true(l.temporal == -1 || l.temporal == whole->temporal);
	g_assert_true(l.picture_id == -1 || l.picture_id == whole->picture_id);
	g_assert_true(l.tl0_pic_idx == -1 || l.tl0_pic_idx == whole->tl0_pic_idx);
	g_assert_true(l.width == 0 || l.width == whole->width);
	g_assert_true(l.height == 0 || l.height == whole->height);
}

static inline void layer_check(enum limen_codec codec, const struct layer_case *c)
{
	size_t len;
	g_autofree uint8_t *bytes = hex_new(c->hex, &len);
	struct limen_layer l;

	g_test_message("%s", c->name);
	memset(&l, 0x55, sizeof(l));
	limen_codec_inspect(codec, bytes, len, &l);
	layer_equal(&l, c->want);
	for (size_t n = 0; n <= len; n++)
		layer_cut(codec, bytes, n, &l);
}

#endif
