/*
 * Numbers of the configuration that may change while loops read them. Any thread.
 */
#ifndef LIMEN_BASE_SETTING_H
#define LIMEN_BASE_SETTING_H

static inline int limen_setting(const int *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED);
}

static inline void limen_setting_set(int *number, int value)
{
	__atomic_store_n(number, value, __ATOMIC_RELAXED);
}

#endif
