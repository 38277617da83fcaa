/*
 * SRTP keys as the JSON API carries them: a suite's number, 32 or 80, and the base64 of key and
 * salt, as in an SDES attribute (RFC 4568). Pure; any thread.
 */
#ifndef LIMEN_KIT_SDES_H
#define LIMEN_KIT_SDES_H

#include <limen/types.h>

#define LIMEN_SDES_KEY 30u /* bytes of key and salt of AES_CM_128 (RFC 4568 §6.2) */

/* The suite's name, static; NULL for another number. */
const char *limen_sdes_suite(int64_t bits);
/* LIMEN_EINVAL: not base64, or not of that length. */
int limen_sdes_key(const char *base64, uint8_t key[LIMEN_SDES_KEY]);

#endif
