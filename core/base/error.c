/*
 * Texts of the error numbers. Pure; any thread.
 */
#include <limen/types.h>

const char *limen_error_text(int err)
{
	static const char *const texts[] = {
		[0] = "no error",
		[-LIMEN_EINVAL] = "invalid argument or message",
		[-LIMEN_ENOENT] = "does not exist",
		[-LIMEN_EEXIST] = "exists already",
		[-LIMEN_ESTATE] = "not possible in the present state",
		[-LIMEN_ELIMIT] = "a limit is reached",
		[-LIMEN_EPROTO] = "malformed data from the network",
		[-LIMEN_EAUTH] = "authentication failed",
		[-LIMEN_EIO] = "the system or a library refused",
		[-LIMEN_EAGAIN] = "not now",
		[-LIMEN_ENOTSUP] = "not supported",
		[-LIMEN_EABI] = "built for another ABI",
		[-LIMEN_ENOSPC] = "the buffer is too small",
	};

	if (err > 0 || err <= -(int)(sizeof(texts) / sizeof(texts[0])))
		return "unknown error";
	return texts[-err];
}
