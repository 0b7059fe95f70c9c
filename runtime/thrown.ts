/** What anything thrown says, without its kind: its message, or the text of what is no error. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * The same with the system's code before it, such as `ECONNREFUSED: connect …`, for failures of the network: their
 * messages are empty at times. A code that is no text (undici and aborted requests have such) is left out.
 */
export function codeAndMessageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = 'code' in thrown && typeof thrown.code === 'string' ? `${thrown.code}: ` : '';
  // Node tries every address of a name, and puts what each said into one error without a message.
  const nested = thrown instanceof AggregateError ? thrown.errors.map(String).join('; ') : '';
  return `${code}${thrown.message || nested || thrown.name}`;
}
