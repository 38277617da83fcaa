# HTTP POST
eventexec_PROGRAMS += events/webhook/webhook.so
events_webhook_webhook_so_SOURCES = events/webhook/webhook.c events/webhook/post.c
events_webhook_webhook_so_CFLAGS = $(MODULE_CFLAGS) $(CURL_CFLAGS) $(ZLIB_CFLAGS)
events_webhook_webhook_so_LDFLAGS = $(MODULE_LDFLAGS)
events_webhook_webhook_so_LDADD = libkit.a $(BASE_LIBS) $(CURL_LIBS) $(ZLIB_LIBS)
