# The load generators of `./dev bench`; built only when asked for: make tests/bench/limen-bench
EXTRA_PROGRAMS += tests/bench/limen-bench tests/bench/limen-bench-rooms
tests_bench_limen_bench_SOURCES = \
	tests/bench/api.c \
	tests/bench/describe.c \
	tests/bench/ice.c \
	tests/bench/main.c \
	tests/bench/peer.c \
	tests/bench/process.c \
	tests/bench/room.c \
	tests/bench/sink.c \
	tests/bench/source.c \
	tests/bench/ws.c
tests_bench_limen_bench_CFLAGS = $(AM_CFLAGS) $(CORE_CFLAGS) $(LWS_CFLAGS)
tests_bench_limen_bench_LDADD = $(LDADD) $(LWS_LIBS) -lm
tests_bench_limen_bench_rooms_SOURCES = \
	tests/bench/api.c \
	tests/bench/describe.c \
	tests/bench/ice.c \
	tests/bench/joiner.c \
	tests/bench/peer.c \
	tests/bench/process.c \
	tests/bench/room.c \
	tests/bench/rooms.c \
	tests/bench/sink.c \
	tests/bench/source.c \
	tests/bench/ws.c
tests_bench_limen_bench_rooms_CFLAGS = $(AM_CFLAGS) $(CORE_CFLAGS) $(LWS_CFLAGS)
tests_bench_limen_bench_rooms_LDADD = $(LDADD) $(LWS_LIBS) -lm
