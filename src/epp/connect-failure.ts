/** What a failed connection means. */

/** Nothing left this machine: ports, files or addresses ran out here. */
const LOCAL_FAILURES = new Set(['EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'EACCES', 'EPERM']);

/**
 * True where a failed TCP connect proves that the registry holds no connection of ours. ECONNREFUSED is the peer's RST to
 * our SYN: the same host that would hold the connection says that there is none, and the client kernel has forgotten it, so
 * a SYN of ours that is still under way would be answered to nobody and could never become a login. Everything else
 * (timeouts, unreachable networks, a reset in the handshake) leaves the possibility of a connection that the peer took
 * and we do not know of.
 */
export function provesNoConnection(code: string | undefined): boolean {
  return code === 'ECONNREFUSED' || (code !== undefined && LOCAL_FAILURES.has(code));
}

const HINTS: readonly [RegExp, string][] = [
  [/^ECONNREFUSED$/, 'nothing listens there: check host and port'],
  [
    /^ETIMEDOUT$|^EHOSTUNREACH$|^ENETUNREACH$/,
    'check the network path and whether the registry lists our address',
  ],
  [/^EADDRNOTAVAIL$/, 'no local port is free for this address'],
  [/^EMFILE$|^ENFILE$/, 'too many open files: raise the limit of this process'],
  [/ALTNAME_INVALID$/, "the certificate is for another name: check the endpoint's serverName"],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/,
    "its CA is not trusted: check the account's CA certificate",
  ],
  [/^CERT_HAS_EXPIRED$/, "the registry's certificate has expired"],
  [
    /ALERT_CERTIFICATE_REQUIRED|ALERT_HANDSHAKE_FAILURE/,
    'the registry asks for a client certificate: check the one of this account',
  ],
  [/ALERT_.*CERTIFICATE|ALERT_UNKNOWN_CA/, 'the registry refuses our client certificate'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH/, 'the peer does not speak TLS: check host and port'],
  [/UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION/, 'no common TLS version'],
  [
    /^ECONNRESET$/,
    'the peer cut the connection: check whether the registry lists our address, and the client certificate',
  ],
];

/** What to do about it, as ": …", or nothing. */
export function connectHint(code: string | undefined): string {
  const hint = code === undefined ? undefined : HINTS.find(([pattern]) => pattern.test(code))?.[1];
  return hint === undefined ? '' : `: ${hint}`;
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
