# Code that several modules share: linked into each of them.
noinst_LTLIBRARIES += libkit.la liblws.la
libkit_la_CFLAGS = $(MODULE_CFLAGS)
# The functions of include/limen/types.h are pure tables: each module carries its own copy.
libkit_la_SOURCES = core/base/error.c core/base/names.c kit/body.c kit/clients.c kit/framing.c kit/ids.c kit/publish.c kit/registry.c kit/replies.c
liblws_la_CFLAGS = $(MODULE_CFLAGS) $(LWS_CFLAGS)
liblws_la_SOURCES = kit/lws.c
