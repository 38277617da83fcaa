/*
 * Offers as Chromium writes them, for plugins behind the fake host. Any thread.
 */
#include "tests/lib/fake_host.h"

static const char *const transport =
	"c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 "
	"0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
	"a=fingerprint:sha-256 00:01:02\r\na=setup:actpass\r\na=rtcp-mux\r\n";
static const char *const exts =
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:2 "
	"http://www.webrtc.org/experiments/rtp-hdrext/"
	"abs-send-time\r\na=extmap:3 "
	"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n";

/* known: opus, with redundancy too if the letter says so */
static void add_audio(GString *s, bool known, bool red)
{
	g_string_append_printf(s,
		"m=audio 9 UDP/TLS/RTP/SAVPF %s\r\n%s%sa=extmap:1 "
		"urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
		"a=sendrecv\r\n",
		!known        ? "77"
			: red ? "111 63 0"
			      : "111 0",
		transport, exts);
	g_string_append(s,
		known ? "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 "
			"minptime=10;useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\n"
		      : "a=rtpmap:77 strange/8000\r\n");
	if (red)
		g_string_append(s, "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n");
}

static void add_video(GString *s, char letter)
{
	const char *dir = letter == 'i' ? "inactive" : letter == 'o' ? "recvonly" : "sendrecv";
	const char *pts = letter == 'h' ? "102"
		: letter == '9'         ? "98"
		: letter == '1'         ? "45"
					: "96 97 98 102";

	g_string_append_printf(s,
		"m=video 9 UDP/TLS/RTP/SAVPF %s\r\n%s%sa=extmap:13 "
		"urn:3gpp:video-orientation\r\na=extmap:5 "
		"http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\na=%s\r\n",
		pts, transport, exts, dir);
	if (letter == '1') {
		g_string_append(s,
			"a=rtpmap:45 AV1/90000\r\na=extmap:9 "
			"https://aomediacodec.github.io/av1-rtp-spec/"
			"#dependency-descriptor-rtp-header-extension\r\n");
		return;
	}
	if (letter != 'h' && letter != '9')
		g_string_append(s,
			"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 "
			"rtx/90000\r\na=fmtp:97 apt=96\r\n");
	if (letter != 'h')
		g_string_append(s, "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n");
	if (letter != '9')
		g_string_append(s,
			"a=rtpmap:102 H264/90000\r\na=fmtp:102 "
			"level-asymmetry-allowed=1;packetization-mode=1;"
			"profile-level-id=42e01f\r\n");
	if (letter == 's')
		g_string_append(s,
			"a=rid:h send\r\na=rid:m send\r\na=rid:l send\r\na=simulcast:send "
			"h;m;l\r\n");
}

struct limen_sdp *fake_offer(const char *lines)
{
	g_autoptr(GString) s = g_string_new("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
	g_autofree char *reason = NULL;
	struct limen_sdp *sdp;

	for (size_t i = 0; lines[i]; i++) {
		if (lines[i] == 'a' || lines[i] == 'u' || lines[i] == 'r')
			add_audio(s, lines[i] != 'u', lines[i] == 'r');
		else if (lines[i] == 'd')
			g_string_append_printf(s,
				"m=application 9 UDP/DTLS/SCTP "
				"webrtc-datachannel\r\n%sa=sctp-port:5000\r\n",
				transport);
		else
			add_video(s, lines[i]);
		g_string_append_printf(s, "a=mid:%zu\r\n", i);
	}
	if (limen_sdp_parse(s->str, s->len, &sdp, &reason) != 0)
		g_error("%s", reason);
	limen_sdp_strip(sdp);
	return sdp;
}
