const REDACTED = '[redacted]';

/** Names of fields whose values never reach a log. Token ids of markets are public and stay. */
const SECRET_KEY =
  /pass(word|wd|phrase)|secret|credential|authorization|cookie|api[-_]?key|access[-_]?key|private[-_]?key|^(access|auth|bearer|refresh|session|id)?[-_]?token$|rclone[-_]?config[-_]?content/i;

const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  // Credentials inside an address: scheme://user:password@host
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]+@/gi, `$1${REDACTED}@`],
  // Query parameters that carry a secret
  [
    /([?&](?:[a-z0-9_-]*(?:secret|password|signature|token|key)[a-z0-9_-]*)=)[^&\s"'\\]+/gi,
    `$1${REDACTED}`,
  ],
  [/\b(bearer|basic)\s+[a-z0-9+/=._~-]{8,}/gi, `$1 ${REDACTED}`],
  // Access key ids of S3 and its relatives
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, REDACTED],
  // `secret_access_key = …` and the like, as rclone and dotenv files write them
  [
    /\b([a-z_]*(?:password|passwd|secret|secret_access_key|access_key_id|api_key|refresh_token|access_token))(\s*[=:]\s*)(?!\[redacted\])[^\s,;"'\\]+/gi,
    `$1$2${REDACTED}`,
  ],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g, REDACTED],
];

/** Copy of `value` in which the values of secret-looking fields are replaced, at any depth. */
export function redactFields(value: unknown, depth = 0): unknown {
  // Deeper than this is no log record of ours; cut instead of following what may be a cycle.
  if (depth > 12) return '[too deep]';
  if (value instanceof Error) {
    return redactFields(
      {
        ...value,
        type: value.name,
        message: value.message,
        stack: value.stack,
        cause: value.cause,
      },
      depth + 1,
    );
  }
  if (Array.isArray(value)) return value.map((item) => redactFields(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [
        key,
        SECRET_KEY.test(key) && inner !== '' && inner !== null
          ? REDACTED
          : redactFields(inner, depth + 1),
      ]),
  );
}

/** `text` with everything that looks like a credential replaced. */
export function redactText(text: string): string {
  return SECRET_TEXTS.reduce((clean, [pattern, by]) => clean.replace(pattern, by), text);
}
