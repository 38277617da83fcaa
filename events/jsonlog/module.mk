# The log as JSON lines
eventexec_PROGRAMS += events/jsonlog/jsonlog.so
events_jsonlog_jsonlog_so_SOURCES = events/jsonlog/jsonlog.c
events_jsonlog_jsonlog_so_CFLAGS = $(MODULE_CFLAGS)
events_jsonlog_jsonlog_so_LDFLAGS = $(MODULE_LDFLAGS)
events_jsonlog_jsonlog_so_LDADD = libkit.a $(BASE_LIBS)
