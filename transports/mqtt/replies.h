/*
 * Where the replies of MQTT 5 requests go: the request's response topic, correlation data and some
 * of its user properties, remembered by the request's number until it is answered. Thread: any; one
 * lock.
 */
#ifndef LIMEN_TRANSPORT_MQTT_REPLIES_H
#define LIMEN_TRANSPORT_MQTT_REPLIES_H

#include "kit/mqtt.h"

#define MQTT_REPLIES_MAX 4096u /* requests that wait for an answer */

struct mqtt_replies;

/* lifetime_s: how long an answer may take. proxy: names of user properties that are copied from the
 * request, comma list; add: "k=v,..." that every reply gets. NULL = none */
struct mqtt_replies *mqtt_replies_new(int lifetime_s, const char *proxy, const char *add);
/* NULL is fine. */
void mqtt_replies_free(struct mqtt_replies *r);
/* LIMEN_ELIMIT: too many wait; the reply goes where all others go. */
int mqtt_replies_remember(
	struct mqtt_replies *r, uint64_t request, const struct limen_mqtt_message *m);
/* Gives post what was remembered of its request, and forgets it. */
void mqtt_replies_address(struct mqtt_replies *r, uint64_t request, struct limen_post *post);

#endif
