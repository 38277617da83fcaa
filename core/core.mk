# The core as a library, so that tests link the same objects, and the program around it.
noinst_LIBRARIES += libcore.a
libcore_a_CFLAGS = $(AM_CFLAGS) $(CORE_CFLAGS)
libcore_a_SOURCES = \
	core/base/clock.c \
	core/base/config.c \
	core/base/config_file.c \
	core/base/counts.c \
	core/base/error.c \
	core/base/home.c \
	core/base/json.c \
	core/base/log.c \
	core/base/log_writer.c \
	core/base/loop.c \
	core/base/module.c \
	core/base/names.c \
	core/base/notify.c \
	core/base/openmetrics.c \
	core/base/packet.c \
	core/base/tick.c \
	core/base/timer.c \
	core/media/cert.c \
	core/media/codec.c \
	core/media/codec_av1.c \
	core/media/codec_h264.c \
	core/media/codec_h265.c \
	core/media/codec_vp8.c \
	core/media/codec_vp9.c \
	core/media/crypto.c \
	core/media/demux.c \
	core/media/dependency.c \
	core/media/dtls.c \
	core/media/dtls_record.c \
	core/media/egress.c \
	core/media/fanout.c \
	core/media/feed.c \
	core/media/sent.c \
	core/media/store.c \
	core/media/ice_addresses.c \
	core/media/ice_agent.c \
	core/media/ice_candidates.c \
	core/media/ice_shared.c \
	core/media/ice_switch.c \
	core/media/ice_tcp.c \
	core/media/inspect.c \
	core/media/mos.c \
	core/media/nack.c \
	core/media/pace.c \
	core/media/packet_write.c \
	core/media/peer.c \
	core/media/peer_move.c \
	core/media/peer_rtcp.c \
	core/media/peer_rx.c \
	core/media/peer_tx.c \
	core/media/port.c \
	core/media/red.c \
	core/media/rewrite.c \
	core/media/rtcp.c \
	core/media/rtp.c \
	core/media/simulcast.c \
	core/media/srtp.c \
	core/media/srtp_openssl.c \
	core/media/srtp_seal.c \
	core/media/stats.c \
	core/media/stats_rx.c \
	core/media/stun.c \
	core/media/tap.c \
	core/media/twcc.c \
	core/media/twcc_cap.c \
	core/media/udp.c \
	core/media/udp_bind.c \
	core/sdp/answer.c \
	core/sdp/match.c \
	core/sdp/offer.c \
	core/sdp/parse.c \
	core/sdp/print.c \
	core/sdp/sdp.c \
	core/session/admin.c \
	core/session/admin_modules.c \
	core/session/admin_server.c \
	core/session/admin_session.c \
	core/session/admin_settings.c \
	core/session/admin_tokens.c \
	core/session/ask.c \
	core/session/auth.c \
	core/session/event_bodies.c \
	core/session/events.c \
	core/session/handle.c \
	core/session/handle_info.c \
	core/session/info.c \
	core/session/jsep.c \
	core/session/jwt.c \
	core/session/message.c \
	core/session/metrics.c \
	core/session/peer_events.c \
	core/session/peer_news.c \
	core/session/reply.c \
	core/session/request.c \
	core/session/scrape.c \
	core/session/session.c \
	core/session/tokens.c \
	core/session/trickle.c \
	core/session/verbs_handle.c \
	core/session/verbs_session.c \
	core/session/verb_times.c \
	core/host/base_services.c \
	core/host/event_host.c \
	core/host/host.c \
	core/host/media_services.c \
	core/host/plugin_host.c \
	core/host/transport_host.c \
	core/drain.c \
	core/gateway.c \
	core/reload.c \
	core/settings.c
# Every program shows GLib's locks to the sanitizer.
if TSAN
libcore_a_SOURCES += tests/lib/tsan_glib.c
endif

bin_PROGRAMS += limen
limen_SOURCES = core/doctor.c core/life.c core/main.c
limen_CPPFLAGS = $(AM_CPPFLAGS) -DLIMEN_MODULEDIR='"$(moduledir)"' -DLIMEN_HTMLDIR='"$(htmlroot)"' -DLIMEN_CONFDIR='"$(limenconfdir)"'
limen_LDADD = libcore.a $(CORE_LIBS) $(BASE_LIBS) -ldl
