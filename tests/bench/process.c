/*
 * /proc/PID/stat and smaps_rollup (proc(5)). Any thread.
 */
#include "tests/bench/process.h"
#include <fcntl.h>
#include <glib.h>
#include <limen/types.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 4096u

/* A missing file is an empty text. */
static void read_file(char text[TEXT_MAX], const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, TEXT_MAX - 1) : 0;

	text[MAX(n, 0)] = '\0';
	if (fd >= 0)
		close(fd);
}

static void read_of(char text[TEXT_MAX], int pid, const char *name)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, name);

	read_file(text, path);
}

static int read_stat(int pid, int64_t *cpu_us, unsigned *threads)
{
	char text[TEXT_MAX];
	const char *rest;
	unsigned long user, system;
	long count;

	read_of(text, pid, "stat");
	rest = strrchr(text, ')'); /* the end of the name, which may hold anything */
	if (!rest ||
		sscanf(rest + 1,
			" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld",
			&user, &system, &count) != 3)
		return LIMEN_ENOENT;
	*cpu_us = (int64_t)(user + system) * G_USEC_PER_SEC / sysconf(_SC_CLK_TCK);
	*threads = (unsigned)count;
	return 0;
}

int bench_process_read(struct bench_process *out, int pid)
{
	char memory[TEXT_MAX];
	const char *pss;
	long kb;

	read_of(memory, pid, "smaps_rollup");
	pss = strstr(memory, "\nPss:");
	if (!pss || sscanf(pss, "\nPss: %ld", &kb) != 1)
		return LIMEN_ENOENT;
	out->pss_kb = kb;
	return read_stat(pid, &out->cpu_us, &out->threads);
}

int64_t bench_process_cpu_us(int pid)
{
	int64_t cpu_us;
	unsigned threads;

	return read_stat(pid, &cpu_us, &threads) ? -1 : cpu_us;
}

int64_t bench_process_run_us(int pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task", pid);
	g_autoptr(GDir) threads = g_dir_open(path, 0, NULL);
	int64_t sum_ns = 0;
	const char *thread;

	if (!threads)
		return -1;
	while ((thread = g_dir_read_name(threads))) {
		g_autofree char *file = g_strdup_printf("%s/%s/schedstat", path, thread);
		char text[TEXT_MAX];
		unsigned long ns = 0;

		read_file(text, file);
		if (sscanf(text, "%lu", &ns) == 1)
			sum_ns += (int64_t)ns;
	}
	return sum_ns / 1000;
}

int64_t bench_process_machine_us(void)
{
	char text[TEXT_MAX];
	unsigned long user = 0, nice = 0, system = 0, irq = 0, softirq = 0;

	read_file(text, "/proc/stat");
	if (sscanf(text, "cpu %lu %lu %lu %*u %*u %lu %lu", &user, &nice, &system, &irq,
		    &softirq) != 5)
		return 0;
	return (int64_t)(user + nice + system + irq + softirq) * G_USEC_PER_SEC /
		sysconf(_SC_CLK_TCK);
}
