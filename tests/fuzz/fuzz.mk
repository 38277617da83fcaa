# Builds the fuzz targets with clang, ASan and UBSan: the core and the kit once, as one archive, then
# each fuzz_*.c against it. Used by run.sh and replay.sh: make -f tests/fuzz/fuzz.mk OUT=FOLDER
CLANG ?= $(shell command -v ccache) clang
PACKAGES = glib-2.0 jansson nice libsrtp2 openssl libconfig
FLAGS = -std=gnu11 -D_GNU_SOURCE -O1 -g -fno-omit-frame-pointer -fno-strict-aliasing -Iinclude -I. -MMD -MP \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined $(shell pkg-config --cflags $(PACKAGES))
LIBS = $(shell pkg-config --libs $(PACKAGES)) -ldl -lm

# kit/lws.c needs a library that no target runs; core/main.c has the other main(). fake_net.c is a
# network for the targets that need one.
SOURCES = $(filter-out core/main.c kit/lws.c,$(wildcard core/*.c core/*/*.c kit/*.c)) tests/lib/fake_net.c
OBJECTS = $(SOURCES:%.c=$(OUT)/%.o)
TARGETS = $(patsubst tests/fuzz/%.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))

all: $(TARGETS)

$(OUT)/%.o: %.c tests/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(CLANG) $(FLAGS) -fsanitize=fuzzer-no-link -c $< -o $@

# Made anew each time, so that no object of a deleted source stays in it.
$(OUT)/core.a: $(OBJECTS)
	@rm -f $@
	ar rc $@ $^

$(OUT)/fuzz_%: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/core.a
	$(CLANG) $(FLAGS) -fsanitize=fuzzer $^ $(LIBS) -o $@

.SECONDARY: $(TARGETS:$(OUT)/%=$(OUT)/tests/fuzz/%.o)
-include $(OBJECTS:.o=.d) $(TARGETS:$(OUT)/%=$(OUT)/tests/fuzz/%.d)
