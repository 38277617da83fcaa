# Code that several modules share: linked into each of them.
noinst_LIBRARIES += libkit.a liblws.a
libkit_a_CFLAGS = $(MODULE_CFLAGS)
# The functions of include/limen/types.h are pure tables: each module carries its own copy.
libkit_a_SOURCES = core/base/error.c core/base/names.c kit/body.c kit/clients.c kit/framing.c kit/ids.c kit/publish.c kit/registry.c kit/replies.c
liblws_a_CFLAGS = $(MODULE_CFLAGS) $(LWS_CFLAGS)
liblws_a_SOURCES = kit/lws.c
