/*
 * Numbers and texts of the configuration that may change while other threads read them; a text
 * stays where it was. Any thread.
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

static inline const char *limen_setting_text(const char *const *text)
{
	return __atomic_load_n(text, __ATOMIC_ACQUIRE);
}

static inline void limen_setting_text_set(const char **text, const char *value)
{
	__atomic_store_n(text, value, __ATOMIC_RELEASE);
}

#endif
