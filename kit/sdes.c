/*
 * SRTP keys of the JSON API. Any thread.
 */
#include "kit/sdes.h"
#include <glib.h>
#include <string.h>

const char *limen_sdes_suite(int64_t bits)
{
	if (bits == 80)
		return "AES_CM_128_HMAC_SHA1_80";
	return bits == 32 ? "AES_CM_128_HMAC_SHA1_32" : NULL;
}

int limen_sdes_key(const char *base64, uint8_t key[LIMEN_SDES_KEY])
{
	g_autofree guchar *bytes = NULL;
	g_autofree char *again = NULL;
	gsize len = 0;

	if (!base64 || !base64[0])
		return LIMEN_EINVAL;
	bytes = g_base64_decode(base64, &len);
	if (len != LIMEN_SDES_KEY)
		return LIMEN_EINVAL;
	memcpy(key, bytes, len);
	/* the decoder skips what is not base64: only what comes back the same was all base64 */
	again = g_base64_encode(bytes, len);
	return strcmp(again, base64) == 0 ? 0 : LIMEN_EINVAL;
}
