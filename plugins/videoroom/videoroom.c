/*
 * janus.plugin.videoroom: conferences. Participants publish, subscribers receive; the gateway
 * forwards and never mixes. This file holds the tables (options, fields, requests) and passes
 * callbacks on by the role of a handle; README.md says where the rest is. Thread: callbacks run on
 * the loop of their handle; start() and stop() on the main thread.
 */
#include "kit/ports.h"
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/order.h"
#include "plugins/videoroom/permanent.h"
#include "plugins/videoroom/requests.h"
#include "plugins/videoroom/subscriber.h"

static const struct limen_option options[] = {
	{ "general", "admin_key", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Key that create must carry, and that shows private rooms in list." },
	{ "general", "lock_rtp_forward", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether rtp_forward, stop_rtp_forward and publish_remotely must carry admin_key, "
		"if there is one." },
	{ "general", "events", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Whether event handlers are told what happens in rooms." },
	{ "general", "string_ids", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether ids of rooms and users are strings instead of integers." },
	{ "general", "rtp_port_range", LIMEN_OPT_STRING, "10000-60000", 0, 0, NULL,
		"UDP ports that remote publishers get unless they ask for certain ones." },
	{ "room-*", "description", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Name that people see; the group's name if unset." },
	{ "room-*", "is_private", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether list hides the room." },
	{ "room-*", "secret", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Secret that edit, destroy, kick, moderate and allowed must carry." },
	{ "room-*", "pin", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "PIN that join must carry." },
	{ "room-*", "require_pvtid", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether subscribers must carry a participant's private_id." },
	{ "room-*", "signed_tokens", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether join must carry a token of this room; only where the gateway uses signed "
		"tokens." },
	{ "room-*", "require_e2ee", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether publishers must encrypt end to end." },
	{ "room-*", "publishers", LIMEN_OPT_INT, "3", 0, UINT32_MAX, NULL,
		"Most participants that publish at once." },
	{ "room-*", "bitrate", LIMEN_OPT_INT, "0", 0, UINT32_MAX, NULL,
		"Cap of what one publisher sends, bits per second; 0 = none." },
	{ "room-*", "bitrate_cap", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether publishers may not raise their own cap above bitrate." },
	{ "room-*", "fir_freq", LIMEN_OPT_INT, "0", 0, UINT32_MAX, NULL,
		"Seconds without a keyframe after which one is asked for; 0 = never." },
	{ "room-*", "audiocodec", LIMEN_OPT_STRING, "opus", 0, 0, NULL,
		"Up to five audio codecs in order of preference, with commas." },
	{ "room-*", "videocodec", LIMEN_OPT_STRING, "vp8", 0, 0, NULL,
		"Up to five video codecs in order of preference, with commas." },
	{ "room-*", "vp9_profile", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"The only VP9 profile-id to accept." },
	{ "room-*", "h264_profile", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"The only H.264 profile-level-id to accept." },
	{ "room-*", "opus_fec", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Whether Opus forward error correction is negotiated." },
	{ "room-*", "opus_dtx", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether Opus discontinuous transmission is negotiated." },
	{ "room-*", "audiolevel_ext", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Whether the audio level extension is negotiated." },
	{ "room-*", "audiolevel_event", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether participants are told who talks." },
	{ "room-*", "audio_active_packets", LIMEN_OPT_INT, "100", 0, UINT32_MAX, NULL,
		"Packets over which the audio level is averaged." },
	{ "room-*", "audio_level_average", LIMEN_OPT_INT, "25", 0, 127, NULL,
		"Level below which somebody talks: 0 loudest, 127 silent." },
	{ "room-*", "videoorient_ext", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Whether the video orientation extension is negotiated." },
	{ "room-*", "playoutdelay_ext", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Whether the playout delay extension is negotiated." },
	{ "room-*", "transport_wide_cc_ext", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Whether transport-wide feedback is negotiated." },
	{ "room-*", "record", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Read for compatibility; there is no recorder yet." },
	{ "room-*", "rec_dir", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "Folder of recordings." },
	{ "room-*", "lock_record", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether a publisher needs the room's secret to record itself." },
	{ "room-*", "notify_joining", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether participants are told who joins without publishing." },
	{ "room-*", "dummy_publisher", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether a dummy publisher holds an m-line for each codec." },
	{ "room-*", "dummy_e2ee", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether the dummy stands for end-to-end encrypted feeds; require_e2ee if unset." },
	{ "room-*", "threads", LIMEN_OPT_INT, "0", 0, UINT32_MAX, NULL,
		"Read for compatibility; loops share the work of every room." },
	{ "room-*", "dominant_speaker", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Whether participants are told who the dominant speaker is." },
	LIMEN_OPTIONS_END,
};

static const struct limen_field create_fields[] = {
	{ "room", LIMEN_F_ID, false },
	{ "admin_key", LIMEN_F_STRING, false },
	{ "description", LIMEN_F_STRING, false },
	{ "is_private", LIMEN_F_BOOL, false },
	{ "secret", LIMEN_F_STRING, false },
	{ "pin", LIMEN_F_STRING, false },
	{ "require_pvtid", LIMEN_F_BOOL, false },
	{ "signed_tokens", LIMEN_F_BOOL, false },
	{ "allowed", LIMEN_F_ARRAY, false },
	{ "require_e2ee", LIMEN_F_BOOL, false },
	{ "publishers", LIMEN_F_UINT, false },
	{ "bitrate", LIMEN_F_UINT, false },
	{ "bitrate_cap", LIMEN_F_BOOL, false },
	{ "fir_freq", LIMEN_F_UINT, false },
	{ "audiocodec", LIMEN_F_STRING, false },
	{ "videocodec", LIMEN_F_STRING, false },
	{ "vp9_profile", LIMEN_F_STRING, false },
	{ "h264_profile", LIMEN_F_STRING, false },
	{ "opus_fec", LIMEN_F_BOOL, false },
	{ "opus_dtx", LIMEN_F_BOOL, false },
	{ "audiolevel_ext", LIMEN_F_BOOL, false },
	{ "videoorient_ext", LIMEN_F_BOOL, false },
	{ "playoutdelay_ext", LIMEN_F_BOOL, false },
	{ "transport_wide_cc_ext", LIMEN_F_BOOL, false },
	{ "audiolevel_event", LIMEN_F_BOOL, false },
	{ "audio_active_packets", LIMEN_F_UINT, false },
	{ "audio_level_average", LIMEN_F_UINT, false },
	{ "record", LIMEN_F_BOOL, false },
	{ "rec_dir", LIMEN_F_STRING, false },
	{ "lock_record", LIMEN_F_BOOL, false },
	{ "notify_joining", LIMEN_F_BOOL, false },
	{ "dummy_publisher", LIMEN_F_BOOL, false },
	{ "dummy_streams", LIMEN_F_ARRAY, false },
	{ "dummy_e2ee", LIMEN_F_BOOL, false },
	{ "threads", LIMEN_F_UINT, false },
	{ "permanent", LIMEN_F_BOOL, false },
	{ "dominant_speaker", LIMEN_F_BOOL, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field edit_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "secret", LIMEN_F_STRING, false },
	{ "new_description", LIMEN_F_STRING, false },
	{ "new_secret", LIMEN_F_STRING, false },
	{ "new_pin", LIMEN_F_STRING, false },
	{ "new_is_private", LIMEN_F_BOOL, false },
	{ "new_require_pvtid", LIMEN_F_BOOL, false },
	{ "new_bitrate", LIMEN_F_UINT, false },
	{ "new_fir_freq", LIMEN_F_UINT, false },
	{ "new_publishers", LIMEN_F_UINT, false },
	{ "new_lock_record", LIMEN_F_BOOL, false },
	{ "new_rec_dir", LIMEN_F_STRING, false },
	{ "permanent", LIMEN_F_BOOL, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field room_fields[] = { { "room", LIMEN_F_ID, true }, LIMEN_FIELDS_END };

static const struct limen_field destroy_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "secret", LIMEN_F_STRING, false },
	{ "permanent", LIMEN_F_BOOL, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field list_fields[] = { { "admin_key", LIMEN_F_STRING, false },
	LIMEN_FIELDS_END };

static const struct limen_field allowed_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "secret", LIMEN_F_STRING, false },
	{ "action", LIMEN_F_STRING, true },
	{ "allowed", LIMEN_F_ARRAY, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field kick_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "id", LIMEN_F_ID, true },
	{ "secret", LIMEN_F_STRING, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field recording_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "secret", LIMEN_F_STRING, false },
	{ "record", LIMEN_F_BOOL, true },
	LIMEN_FIELDS_END,
};

static const struct limen_field moderate_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "id", LIMEN_F_ID, true },
	{ "mid", LIMEN_F_STRING, true },
	{ "mute", LIMEN_F_BOOL, true },
	{ "secret", LIMEN_F_STRING, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field add_remote_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "secret", LIMEN_F_STRING, false },
	{ "id", LIMEN_F_ID, false },
	{ "display", LIMEN_F_STRING, false },
	{ "metadata", LIMEN_F_OBJECT, false },
	{ "mcast", LIMEN_F_STRING, false },
	{ "iface", LIMEN_F_STRING, false },
	{ "port", LIMEN_F_UINT, false },
	{ "rtcp_port", LIMEN_F_UINT, false },
	{ "srtp_suite", LIMEN_F_UINT, false },
	{ "srtp_crypto", LIMEN_F_STRING, false },
	{ "streams", LIMEN_F_ARRAY, true },
	LIMEN_FIELDS_END,
};

static const struct limen_field update_remote_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "id", LIMEN_F_ID, true },
	{ "secret", LIMEN_F_STRING, false },
	{ "display", LIMEN_F_STRING, false },
	{ "metadata", LIMEN_F_OBJECT, false },
	{ "streams", LIMEN_F_ARRAY, true },
	LIMEN_FIELDS_END,
};

/* What publish and configure take; joinandconfigure takes it after the fields of join. */
#define CONFIGURE_FIELDS                                                                           \
	{ "audiocodec", LIMEN_F_STRING, false }, { "videocodec", LIMEN_F_STRING, false },          \
		{ "bitrate", LIMEN_F_UINT, false }, { "keyframe", LIMEN_F_BOOL, false },           \
		{ "record", LIMEN_F_BOOL, false }, { "filename", LIMEN_F_STRING, false },          \
		{ "descriptions", LIMEN_F_ARRAY, false }, { "streams", LIMEN_F_ARRAY, false },     \
		{ "send", LIMEN_F_BOOL, false }, { "mid", LIMEN_F_STRING, false },                 \
		{ "min_delay", LIMEN_F_INT, false }, { "max_delay", LIMEN_F_INT, false },          \
		{ "audio", LIMEN_F_BOOL, false }, { "video", LIMEN_F_BOOL, false },                \
		{ "data", LIMEN_F_BOOL, false }, { "update", LIMEN_F_BOOL, false },                \
		{ "restart", LIMEN_F_BOOL, false },                                                \
	{                                                                                          \
		"secret", LIMEN_F_STRING, false                                                    \
	}

#define PERSON_FIELDS                                                                              \
	{ "display", LIMEN_F_STRING, false }, { "metadata", LIMEN_F_OBJECT, false },               \
		{ "audio_level_average", LIMEN_F_UINT, false },                                    \
	{                                                                                          \
		"audio_active_packets", LIMEN_F_UINT, false                                        \
	}

#define JOIN_FIELDS                                                                                \
	{ "room", LIMEN_F_ID, true }, { "ptype", LIMEN_F_STRING, true },                           \
		{ "id", LIMEN_F_ID, false }, { "token", LIMEN_F_STRING, false },                   \
		{ "pin", LIMEN_F_STRING, false }, PERSON_FIELDS

static const struct limen_field join_fields[] = {
	JOIN_FIELDS,
	{ "streams", LIMEN_F_ARRAY, false },
	{ "feed", LIMEN_F_ID, false },
	{ "private_id", LIMEN_F_UINT, false },
	{ "use_msid", LIMEN_F_BOOL, false },
	{ "autoupdate", LIMEN_F_BOOL, false },
	{ "audio", LIMEN_F_BOOL, false },
	{ "video", LIMEN_F_BOOL, false },
	{ "data", LIMEN_F_BOOL, false },
	{ "offer_audio", LIMEN_F_BOOL, false },
	{ "offer_video", LIMEN_F_BOOL, false },
	{ "offer_data", LIMEN_F_BOOL, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field join_and_configure_fields[] = { JOIN_FIELDS, CONFIGURE_FIELDS,
	LIMEN_FIELDS_END };

static const struct limen_field configure_fields[] = { PERSON_FIELDS, CONFIGURE_FIELDS,
	LIMEN_FIELDS_END };

static const struct limen_field steer_fields[] = {
	{ "streams", LIMEN_F_ARRAY, false },
	{ "mid", LIMEN_F_STRING, false },
	{ "send", LIMEN_F_BOOL, false },
	{ "substream", LIMEN_F_UINT, false },
	{ "temporal", LIMEN_F_UINT, false },
	{ "fallback", LIMEN_F_UINT, false },
	{ "spatial_layer", LIMEN_F_UINT, false },
	{ "temporal_layer", LIMEN_F_UINT, false },
	{ "min_delay", LIMEN_F_INT, false },
	{ "max_delay", LIMEN_F_INT, false },
	{ "audio", LIMEN_F_BOOL, false },
	{ "video", LIMEN_F_BOOL, false },
	{ "data", LIMEN_F_BOOL, false },
	{ "update", LIMEN_F_BOOL, false },
	{ "restart", LIMEN_F_BOOL, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field streams_fields[] = { { "streams", LIMEN_F_ARRAY, true },
	LIMEN_FIELDS_END };

static const struct limen_field switch_fields[] = { { "streams", LIMEN_F_ARRAY, false },
	LIMEN_FIELDS_END };

static const struct limen_field update_fields[] = {
	{ "subscribe", LIMEN_F_ARRAY, false },
	{ "unsubscribe", LIMEN_F_ARRAY, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field forward_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "publisher_id", LIMEN_F_ID, true },
	{ "host", LIMEN_F_STRING, true },
	{ "host_family", LIMEN_F_STRING, false },
	{ "secret", LIMEN_F_STRING, false },
	{ "admin_key", LIMEN_F_STRING, false },
	{ "srtp_suite", LIMEN_F_UINT, false },
	{ "srtp_crypto", LIMEN_F_STRING, false },
	{ "streams", LIMEN_F_ARRAY, false },
	{ "simulcast", LIMEN_F_BOOL, false },
	{ "audio_port", LIMEN_F_UINT, false },
	{ "audio_rtcp_port", LIMEN_F_UINT, false },
	{ "audio_pt", LIMEN_F_UINT, false },
	{ "audio_ssrc", LIMEN_F_UINT, false },
	{ "video_port", LIMEN_F_UINT, false },
	{ "video_rtcp_port", LIMEN_F_UINT, false },
	{ "video_pt", LIMEN_F_UINT, false },
	{ "video_ssrc", LIMEN_F_UINT, false },
	{ "video_port_2", LIMEN_F_UINT, false },
	{ "video_pt_2", LIMEN_F_UINT, false },
	{ "video_ssrc_2", LIMEN_F_UINT, false },
	{ "video_port_3", LIMEN_F_UINT, false },
	{ "video_pt_3", LIMEN_F_UINT, false },
	{ "video_ssrc_3", LIMEN_F_UINT, false },
	{ "data_port", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field forward_stop_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "publisher_id", LIMEN_F_ID, true },
	{ "stream_id", LIMEN_F_UINT, true },
	{ "secret", LIMEN_F_STRING, false },
	{ "admin_key", LIMEN_F_STRING, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field secret_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "secret", LIMEN_F_STRING, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field cascade_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "publisher_id", LIMEN_F_ID, true },
	{ "remote_id", LIMEN_F_STRING, true },
	{ "host", LIMEN_F_STRING, true },
	{ "port", LIMEN_F_UINT, true },
	{ "host_family", LIMEN_F_STRING, false },
	{ "rtcp_port", LIMEN_F_UINT, false },
	{ "secret", LIMEN_F_STRING, false },
	{ "admin_key", LIMEN_F_STRING, false },
	{ "srtp_suite", LIMEN_F_UINT, false },
	{ "srtp_crypto", LIMEN_F_STRING, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field cascade_stop_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "publisher_id", LIMEN_F_ID, true },
	{ "remote_id", LIMEN_F_STRING, true },
	{ "secret", LIMEN_F_STRING, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field cascade_list_fields[] = {
	{ "room", LIMEN_F_ID, true },
	{ "publisher_id", LIMEN_F_ID, true },
	{ "secret", LIMEN_F_STRING, false },
	LIMEN_FIELDS_END,
};

#define NOBODY (1u << VIDEOROOM_NOBODY)
#define PUBLISHER (1u << VIDEOROOM_PUBLISHER)
#define SUBSCRIBER (1u << VIDEOROOM_SUBSCRIBER)

static const struct limen_request_row requests[] = {
	{ "create", 0, LIMEN_REQ_SYNC, create_fields, limen_room_create, NULL },
	{ "edit", 0, LIMEN_REQ_SYNC, edit_fields, limen_room_edit, NULL },
	{ "destroy", 0, LIMEN_REQ_SYNC, destroy_fields, limen_room_destroy, NULL },
	{ "exists", 0, LIMEN_REQ_SYNC, room_fields, limen_room_exists, NULL },
	{ "list", 0, LIMEN_REQ_SYNC, list_fields, limen_room_list, NULL },
	{ "allowed", 0, LIMEN_REQ_SYNC, allowed_fields, limen_room_allowed, NULL },
	{ "kick", 0, LIMEN_REQ_SYNC, kick_fields, limen_room_kick, NULL },
	{ "moderate", 0, LIMEN_REQ_SYNC, moderate_fields, limen_room_moderate, NULL },
	{ "listparticipants", 0, LIMEN_REQ_SYNC, room_fields, limen_room_participants, NULL },
	{ "rtp_forward", 0, LIMEN_REQ_SYNC, forward_fields, limen_forward_start, NULL },
	{ "stop_rtp_forward", 0, LIMEN_REQ_SYNC, forward_stop_fields, limen_forward_stop, NULL },
	{ "listforwarders", 0, LIMEN_REQ_SYNC, secret_fields, limen_forward_list, NULL },
	{ "publish_remotely", 0, LIMEN_REQ_SYNC, cascade_fields, limen_cascade_start, NULL },
	{ "unpublish_remotely", 0, LIMEN_REQ_SYNC, cascade_stop_fields, limen_cascade_stop, NULL },
	{ "listremotes", 0, LIMEN_REQ_SYNC, cascade_list_fields, limen_cascade_list, NULL },
	{ "list_remotes", 0, LIMEN_REQ_SYNC, cascade_list_fields, limen_cascade_list, NULL },
	{ "add_remote_publisher", 0, LIMEN_REQ_SYNC, add_remote_fields, limen_room_add_remote,
		NULL },
	{ "update_remote_publisher", 0, LIMEN_REQ_SYNC, update_remote_fields,
		limen_room_update_remote, NULL },
	{ "remove_remote_publisher", 0, LIMEN_REQ_SYNC, kick_fields, limen_room_remove_remote,
		NULL },
	{ "join", NOBODY, 0, join_fields, limen_join, NULL },
	{ "joinandconfigure", NOBODY, 0, join_and_configure_fields, limen_join_and_configure,
		NULL },
	{ "join", PUBLISHER | SUBSCRIBER, 0, NULL, limen_join_twice, NULL },
	{ "joinandconfigure", PUBLISHER, 0, NULL, limen_join_twice, NULL },
	{ "publish", PUBLISHER, 0, configure_fields, limen_publisher_configure, NULL },
	{ "configure", PUBLISHER, 0, configure_fields, limen_publisher_configure, NULL },
	{ "unpublish", PUBLISHER, 0, NULL, limen_publisher_unpublish, NULL },
	{ "leave", PUBLISHER, 0, NULL, limen_leave, NULL },
	{ "start", SUBSCRIBER, 0, NULL, limen_subscriber_start, NULL },
	{ "pause", SUBSCRIBER, 0, NULL, limen_subscriber_pause, NULL },
	{ "configure", SUBSCRIBER, 0, steer_fields, limen_subscriber_configure, NULL },
	{ "subscribe", SUBSCRIBER, 0, streams_fields, limen_subscriber_subscribe, NULL },
	{ "unsubscribe", SUBSCRIBER, 0, streams_fields, limen_subscriber_unsubscribe, NULL },
	{ "update", SUBSCRIBER, 0, update_fields, limen_subscriber_update, NULL },
	{ "switch", SUBSCRIBER, 0, switch_fields, limen_subscriber_switch, NULL },
	{ "leave", SUBSCRIBER, 0, NULL, limen_subscriber_leave, NULL },
	{ "publish", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "configure", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "unpublish", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "start", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "pause", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "subscribe", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "unsubscribe", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "update", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "switch", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "leave", NOBODY, 0, NULL, limen_join_first, NULL },
	{ "enable_recording", 0, LIMEN_REQ_SYNC, recording_fields, limen_room_recording, NULL },
	{ "*", PUBLISHER | SUBSCRIBER, 0, NULL, limen_unknown, NULL },
	LIMEN_REQUESTS_END,
};

static int read_ports(const char *text)
{
	const int err =
		limen_ports_read(text, &limen_videoroom.port_min, &limen_videoroom.port_max);

	if (err)
		limen_log(LIMEN_LOG_ERROR, "videoroom", NULL,
			"rtp_port_range \"%s\" is not two ports like 10000-60000", text);
	return err;
}

static int start(void)
{
	const struct limen_module_head *head = &limen_module.head;

	limen_videoroom.admin_key = limen->base.option_string(head, "general", "admin_key");
	limen_videoroom.lock_rtp_forward =
		limen->base.option_bool(head, "general", "lock_rtp_forward");
	limen_videoroom.events = limen->base.option_bool(head, "general", "events");
	limen_videoroom.string_ids = limen->base.option_bool(head, "general", "string_ids");
	if (read_ports(limen->base.option_string(head, "general", "rtp_port_range")) != 0)
		return LIMEN_EINVAL;
	limen_orders_start();
	limen_rooms_start();
	limen_permanent_start();
	return limen_rooms_load();
}

static void stop(void)
{
	limen_orders_stop();
	limen_permanent_stop();
	limen_rooms_stop();
}

static void detach(struct limen_handle *h)
{
	if (h->role == VIDEOROOM_PUBLISHER) {
		limen_publisher_detach(h->state);
		limen_publisher_free(h->state);
	} else if (h->role == VIDEOROOM_SUBSCRIBER) {
		limen_subscriber_detach(h->state);
		limen_subscriber_free(h->state);
	}
	h->state = NULL;
	h->role = VIDEOROOM_NOBODY;
}

static void publisher_media(struct limen_publisher *p, const struct limen_media_event *ev)
{
	if (ev->what == LIMEN_MEDIA_UP)
		limen_publisher_up(p);
	if (ev->what == LIMEN_MEDIA_DOWN)
		limen_publisher_down(p);
	if (ev->what == LIMEN_MEDIA_SLOW && !ev->uplink)
		limen->push(p->handle,
			json_pack("{s:s,s:I}", "videoroom", "slow_link", "current-bitrate",
				(json_int_t)p->bitrate_bps),
			NULL);
}

static void subscriber_media(struct limen_subscriber *s, const struct limen_media_event *ev)
{
	if (ev->what == LIMEN_MEDIA_UP)
		limen_subscriber_up(s);
	if (ev->what == LIMEN_MEDIA_DOWN)
		limen_subscriber_down(s);
	if (ev->what == LIMEN_MEDIA_LAYER)
		limen_subscriber_layer(s, ev);
	if (ev->what == LIMEN_MEDIA_SLOW && ev->uplink)
		limen->push(s->handle, limen_replies_new("videoroom", "slow_link"), NULL);
}

static void media(struct limen_handle *h, const struct limen_media_event *ev)
{
	if (h->role == VIDEOROOM_PUBLISHER)
		publisher_media(h->state, ev);
	else if (h->role == VIDEOROOM_SUBSCRIBER)
		subscriber_media(h->state, ev);
}

static void rtp(struct limen_handle *h, struct limen_packet *pkt)
{
	if (h->role == VIDEOROOM_PUBLISHER)
		limen_publisher_packet(h->state, pkt);
}

static void data(struct limen_handle *h, uint16_t mindex, bool binary, const char *label,
	const char *protocol, const uint8_t *bytes, size_t len)
{
	(void)mindex;
	(void)label;
	(void)protocol;
	if (h->role == VIDEOROOM_PUBLISHER)
		limen_publisher_data(h->state, binary, bytes, len);
}

static json_t *info(struct limen_handle *h)
{
	if (h->role == VIDEOROOM_PUBLISHER)
		return limen_publisher_info(h->state);
	if (h->role == VIDEOROOM_SUBSCRIBER)
		return limen_subscriber_info(h->state);
	return json_pack("{s:s}", "type", "none");
}

LIMEN_PLUGIN("janus.plugin.videoroom", 10, "0.0.10", "JANUS VideoRoom plugin",
	"Video conferences: participants publish, subscribers receive what they choose.",
	"The Limen authors", options, .key = "videoroom",
	.errors = { .no_message = VIDEOROOM_NO_MESSAGE,
		.invalid_json = VIDEOROOM_INVALID_JSON,
		.unknown_request = VIDEOROOM_INVALID_REQUEST,
		.missing = VIDEOROOM_MISSING,
		.invalid = VIDEOROOM_INVALID },
	.requests = requests, .string_ids_option = true, .start = start, .stop = stop,
	.detach = detach, .media = media, .rtp = rtp, .data = data, .info = info);
