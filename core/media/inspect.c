/*
 * Inspection of the packets of a stream. A stream with one spatial layer is none with layers,
 * although its packets may name layer 0. Pure; thread: the source's loop.
 */
#include "core/media/inspect.h"
#include <glib.h>
#include "core/media/codec.h"

void limen_inspect_clear(struct limen_inspect *i)
{
	g_clear_pointer(&i->dependency, g_free);
	i->spatial_layers = 0;
}

/* What the dependency descriptor says counts more than what the payload says. */
static void read_dependency(struct limen_inspect *i, struct limen_packet *pkt)
{
	struct limen_dependency_packet said;

	if (!i->dependency)
		i->dependency = g_new0(struct limen_dependency, 1);
	if (limen_dependency_read(
		    i->dependency, pkt->data + pkt->dependency_at, pkt->dependency_len, &said) == 0)
		limen_dependency_describe(i->dependency, &said, &pkt->layer);
}

void limen_inspect_packet(struct limen_inspect *i, bool opaque, struct limen_packet *pkt)
{
	const uint8_t *payload = limen_packet_payload(pkt);
	struct limen_layer *layer = &pkt->layer;

	if (opaque)
		limen_codec_inspect_opaque(pkt->codec, payload, pkt->payload_len, layer);
	else
		limen_codec_inspect(pkt->codec, payload, pkt->payload_len, layer);
	if (pkt->dependency_len)
		read_dependency(i, pkt);
	if (layer->spatial_layers)
		i->spatial_layers = layer->spatial_layers;
	else if (layer->spatial >= i->spatial_layers)
		i->spatial_layers = (uint8_t)(layer->spatial + 1);
	layer->spatial_layers = i->spatial_layers;
	pkt->svc = i->spatial_layers > 1;
}
