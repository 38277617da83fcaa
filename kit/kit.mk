# Code that several modules share: linked into each of them, ours and those of third parties. Only
# include/limen carries the promise of a stable ABI.
pkglib_LIBRARIES = libkit.a
kitincludedir = $(pkgincludedir)/kit
kitinclude_HEADERS = kit/address.h kit/body.h kit/clients.h kit/event.h kit/event_buffer.h kit/event_gzip.h kit/event_sender.h kit/feedback.h kit/forward.h kit/framing.h kit/ids.h kit/jobs.h \
	kit/ports.h kit/publish.h kit/query.h kit/registry.h kit/remote.h kit/replies.h kit/sdes.h kit/speaker.h
noinst_LIBRARIES += liblws.a
libkit_a_CFLAGS = $(MODULE_CFLAGS) $(ZLIB_CFLAGS)
# The functions of include/limen/types.h are pure tables: each module carries its own copy.
libkit_a_SOURCES = core/base/error.c core/base/names.c kit/address.c kit/body.c kit/clients.c kit/event.c kit/event_buffer.c kit/event_gzip.c kit/event_sender.c kit/feedback.c kit/forward.c \
	kit/framing.c kit/ids.c kit/jobs.c kit/ports.c kit/publish.c kit/query.c kit/registry.c \
	kit/remote.c kit/replies.c kit/sdes.c kit/speaker.c
liblws_a_CFLAGS = $(MODULE_CFLAGS) $(LWS_CFLAGS)
liblws_a_SOURCES = kit/lws.c kit/lws_limits.c kit/ws_connection.c
# Brokers: each with its library, linked into the modules that need it.
libkit_a_SOURCES += kit/broker.c
kitinclude_HEADERS += kit/broker.h kit/broker_transport.h kit/mqtt.h
if HAVE_PAHO
noinst_LIBRARIES += libmqtt.a libbrokertransport.a
libmqtt_a_CFLAGS = $(MODULE_CFLAGS)
libmqtt_a_SOURCES = kit/mqtt.c
libbrokertransport_a_CFLAGS = $(MODULE_CFLAGS)
libbrokertransport_a_SOURCES = kit/broker_transport.c
endif
