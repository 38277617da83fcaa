# Unix sockets
transportexec_PROGRAMS += transports/unix/pfunix.so
transports_unix_pfunix_so_SOURCES = transports/unix/unix.c transports/unix/server.c transports/unix/listener.c
transports_unix_pfunix_so_CFLAGS = $(MODULE_CFLAGS)
transports_unix_pfunix_so_LDFLAGS = $(MODULE_LDFLAGS)
transports_unix_pfunix_so_LDADD = libkit.a $(BASE_LIBS)
