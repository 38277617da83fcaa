# The random clients of `./dev soak`; built only when asked for: make tests/soak/limen-soak
EXTRA_PROGRAMS += tests/soak/limen-soak
tests_soak_limen_soak_SOURCES = \
	tests/bench/api.c \
	tests/bench/describe.c \
	tests/bench/ice.c \
	tests/bench/peer.c \
	tests/bench/process.c \
	tests/bench/sink.c \
	tests/bench/source.c \
	tests/bench/ws.c \
	tests/soak/act.c \
	tests/soak/check.c \
	tests/soak/diary.c \
	tests/soak/hear.c \
	tests/soak/levels.c \
	tests/soak/main.c \
	tests/soak/media.c \
	tests/soak/people.c \
	tests/soak/publish.c \
	tests/soak/rooms.c \
	tests/soak/subscribe.c \
	tests/soak/wire.c
tests_soak_limen_soak_CFLAGS = $(AM_CFLAGS) $(CORE_CFLAGS) $(LWS_CFLAGS)
tests_soak_limen_soak_LDADD = $(LDADD) $(LWS_LIBS) -lm
