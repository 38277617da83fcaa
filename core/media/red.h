/*
 * Redundant audio (RFC 2198): earlier blocks of payload in front of the one of now. Pure; any
 * thread.
 */
#ifndef LIMEN_MEDIA_RED_H
#define LIMEN_MEDIA_RED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMEN_RED_BLOCKS_MAX 8u /* the one of now included */

/* Where the block of now begins: it goes to the end. 0: the payload is broken, or that block is
 * empty. */
size_t limen_red_primary(const uint8_t *payload, size_t len);
/* Writes another payload type into the headers of all blocks. payload is scratch of the caller. */
void limen_red_set_type(uint8_t *payload, size_t len, uint8_t pt);

#endif
