#!/bin/sh
# Writes the configuration that `./dev run` uses into the folder $1: defaults, with TLS by the certificate beside it.
set -e
for part in http websockets; do
	case $part in http) tls=https ;; *) tls=wss ;; esac
	cat >"$1/limen.transport.$part.jcfg" <<TEXT
general: {
	$tls = true
}
certificates: {
	cert_pem = "$1/cert.pem"
	cert_key = "$1/key.pem"
}
TEXT
done
