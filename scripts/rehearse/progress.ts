/** What a person follows while a rehearsal runs. */
export interface Progress {
  /** A new act begins. */
  act(title: string): void;
  /** Something happened inside the act. */
  note(text: string, tone?: Tone): void;
  /** What is going on right now; on a terminal it stays on the last line with the time it takes. */
  current(text: string): void;
  /** Clears the last line and stops its clock. */
  end(): void;
}

export type Tone = 'good' | 'bad' | 'plain';

const REFRESH_MS = 200;
const COLOUR = { good: '\u001b[32m', bad: '\u001b[31m', plain: '' } as const;
const BOLD = '\u001b[1m';
const QUIET = '\u001b[2m';
const RESET = '\u001b[0m';
const CLEAR_LINE = '\r\u001b[2K';
const MARK = { good: '✓', bad: '✗', plain: '·' } as const;

/** Progress on a stream: coloured with a live last line on a terminal, plain lines everywhere else. */
export function progressTo(
  stream: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number },
  options: { readonly now: () => number; readonly colour: boolean },
): Progress {
  const startedAt = options.now();
  const live = stream.isTTY === true;
  const paint = (code: string, text: string) =>
    options.colour && code !== '' ? `${code}${text}${RESET}` : text;
  let status: { text: string; since: number } | null = null;
  const timer = live ? setInterval(() => draw(), REFRESH_MS) : null;
  timer?.unref();

  const draw = () => {
    if (status === null) return;
    const line = `  … ${status.text} ${seconds(options.now() - status.since)}`;
    stream.write(CLEAR_LINE + paint(QUIET, line.slice(0, (stream.columns ?? 80) - 1)));
  };
  const print = (line: string) => {
    stream.write(`${live ? CLEAR_LINE : ''}${line}\n`);
    if (live) draw();
  };
  const elapsed = () => paint(QUIET, `[${seconds(options.now() - startedAt).padStart(7)}]`);

  return {
    act(title) {
      status = null;
      print(`\n${elapsed()} ${paint(BOLD, title)}`);
    },
    note(text, tone = 'plain') {
      print(`${elapsed()}   ${paint(COLOUR[tone], MARK[tone])} ${text}`);
    },
    current(text) {
      const changed = status?.text !== text;
      if (changed) status = { text, since: options.now() };
      if (live) draw();
      else if (changed) print(`${elapsed()}   … ${text}`);
    },
    end() {
      if (timer !== null) clearInterval(timer);
      if (live) stream.write(CLEAR_LINE);
      status = null;
    },
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
