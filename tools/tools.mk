# limenctl: the admin API from a shell.
bin_PROGRAMS += limenctl
limenctl_SOURCES = tools/limenctl.c tools/link.c tools/tree.c
limenctl_LDADD = $(CORE_LIBS) $(BASE_LIBS)
