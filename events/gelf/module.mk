# GELF over UDP or TCP
eventexec_PROGRAMS += events/gelf/gelf.so
events_gelf_gelf_so_SOURCES = events/gelf/gelf.c events/gelf/wire.c
events_gelf_gelf_so_CFLAGS = $(MODULE_CFLAGS) $(ZLIB_CFLAGS)
events_gelf_gelf_so_LDFLAGS = $(MODULE_LDFLAGS)
events_gelf_gelf_so_LDADD = libkit.a $(BASE_LIBS) $(ZLIB_LIBS)
