/** What one request is answered. */
export interface Answer {
  readonly status: number;
  readonly type: 'text/plain' | 'text/html' | 'application/json';
  readonly body: string;
  /** Hash of what never changes, which may be kept by whoever asked; null for everything that may be different next time. */
  readonly immutable: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export function textAnswer(status: number, body: string): Answer {
  return { status, type: 'text/plain', body, immutable: null };
}

export function htmlAnswer(body: string): Answer {
  return { status: 200, type: 'text/html', body, immutable: null };
}
