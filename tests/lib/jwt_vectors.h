/*
 * JSON Web Tokens of RFC 7515 Appendix A and RFC 7519 §6.1, which ended in 2011, and their keys.
 */
#ifndef LIMEN_TESTS_JWT_VECTORS_H
#define LIMEN_TESTS_JWT_VECTORS_H

#define RFC7515_SECRET                                                                             \
	"\x03\x23\x35\x4b\x2b\x0f\xa5\xbc\x83\x7e\x06\x65\x77\x7b\xa6\x8f"                         \
	"\x5a\xb3\x28\xe6\xf0\x54\xc9\x28\xa9\x0f\x84\xb2\xd2\x50\x2e\xbf"                         \
	"\xd3\xfb\x5a\x92\xd2\x06\x47\xef\x96\x8a\xb4\xc3\x77\x62\x3d\x22"                         \
	"\x3d\x2e\x21\x72\x05\x2e\x4f\x08\xc0\xcd\x9a\xf5\x67\xd0\x80\xa3"
#define RFC7515_PAYLOAD                                                                            \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y"         \
	"b290Ijp0cnVlfQ"
#define RFC7515_HS256                                                                              \
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." RFC7515_PAYLOAD                                \
	".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define RFC7515_RS256                                                                              \
	"eyJhbGciOiJSUzI1NiJ9." RFC7515_PAYLOAD "."                                                \
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF"         \
	"5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK"         \
	"5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqt"         \
	"FZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"         \
	"p0igcN_IoypGlUPQGe77Rw"
#define RFC7515_ES256                                                                              \
	"eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD "."                                                \
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-K"         \
	"g6NU1Q"
#define RFC7519_NONE "eyJhbGciOiJub25lIn0." RFC7515_PAYLOAD "."
#define RFC7515_RSA_KEY                                                                            \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj\n"                       \
	"NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\n"                       \
	"P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n"                       \
	"9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB\n"                       \
	"EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\n"                       \
	"FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\n"                       \
	"oQIDAQAB\n"                                                                               \
	"-----END PUBLIC KEY-----\n"
#define RFC7515_EC_KEY                                                                             \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"                       \
	"6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"                           \
	"-----END PUBLIC KEY-----\n"
#define P384_KEY                                                                                   \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEAJlDyGwlJQGYzRBU2e9jtDm8htra3IPZ\n"                       \
	"JIxVx/IInRNZyDubT9GMamBcSG77L/5mBU4ruCj+y3iAfcGk3iT1joWbdDHKwSIm\n"                       \
	"tH3vzfs7q4A+dDtUqRxXHf4k57upE7FJ\n"                                                       \
	"-----END PUBLIC KEY-----\n"

#endif
