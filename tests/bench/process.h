/*
 * What the kernel tells of a process. Any thread.
 */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stdint.h>

struct bench_process {
	int64_t cpu_us; /* user and system time of all its threads so far */
	unsigned threads;
	int64_t pss_kb; /* memory, shared pages by their part */
};

/* LIMEN_ENOENT: no such process, or it may not be looked at. Pss makes the kernel walk its pages:
 * not within a measurement. */
int bench_process_read(struct bench_process *out, int pid);
/* CPU time alone, which is cheap; -1: no such process. */
int64_t bench_process_cpu_us(int pid);
/* The same by the scheduler's clock, of the threads that live: exact enough for single requests. */
int64_t bench_process_run_us(int pid);
/* CPU time that the whole machine spent on anything. */
int64_t bench_process_machine_us(void);

#endif
