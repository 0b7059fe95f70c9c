import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface FakeAnswer {
  readonly out?: string;
  /** What it prints instead from the second time on. */
  readonly next?: string;
  /** What it prints instead from the third time on. */
  readonly last?: string;
  /** What it fails with from the second time on. */
  readonly nextError?: string;
  readonly error?: string;
  readonly code?: number;
  /** Prints what came on standard input: a server that takes every object as it is. */
  readonly echo?: boolean;
  /** Does not end by itself: ends itself as an impatient system would, or waits for somebody to end it. */
  readonly never?: 'killed' | 'waits';
}

export interface FakeProgram {
  /** With the fake first on PATH. */
  readonly environment: NodeJS.ProcessEnv;
  /** Command lines so far, without the options that every call has. */
  calls(): Promise<readonly string[]>;
}

/**
 * A kubectl on PATH that answers by the first pattern (of the shell) that matches its command line; what matches none
 * is not found. It writes down every call.
 */
export async function fakeKubectl(
  folder: string,
  answers: readonly (readonly [pattern: string, answer: FakeAnswer])[],
): Promise<FakeProgram> {
  const bin = join(folder, 'bin');
  const log = join(folder, 'calls.log');
  await rm(bin, { recursive: true, force: true });
  await mkdir(bin, { recursive: true });
  await writeFile(log, '');
  const cases: string[] = [];
  for (const [index, [pattern, answer]] of answers.entries()) {
    const {
      out = '',
      next = out,
      last = next,
      nextError = '',
      error = '',
      code = 0,
      echo = false,
    } = answer;
    const file = (name: string) => join(bin, `${name}-${index}`);
    await writeFile(file('out'), out);
    await writeFile(file('next'), next);
    await writeFile(file('last'), last);
    await writeFile(file('error'), error);
    await writeFile(file('next-error'), nextError);
    const fail = `if [ -e ${file('used')} ] && [ -s ${file('next-error')} ]; then cat ${file('next-error')} >&2; exit 1; fi`;
    const print = `${fail}; if [ -e ${file('used')} ]; then cat ${file('next')}; mv ${file('last')} ${file('next')} 2>/dev/null; else : > ${file('used')}; cat ${file('out')}; fi; cat ${file('error')} >&2`;
    if (answer.never !== undefined) {
      const end = answer.never === 'killed' ? 'kill -KILL $$' : 'exec sleep 60';
      cases.push(`${pattern.replaceAll(' ', '\\ ')}) ${end};;`);
      continue;
    }
    cases.push(
      `${pattern.replaceAll(' ', '\\ ')}) ${echo ? `${fail}; : > ${file('used')}; cat` : print}; exit ${code};;`,
    );
  }
  const program = join(bin, 'kubectl');
  await writeFile(
    program,
    `#!/bin/sh
line=
for word in "$@"; do
  case "$word" in --request-timeout=*|--context=*|--kubeconfig=*) ;; *) line="$line$word ";; esac
done
printf '%s\\n' "$line" | tr -s '\\n' ' ' >> ${log}
printf '\\n' >> ${log}
case "$line" in
${cases.join('\n')}
esac
echo 'Error from server (NotFound): not found' >&2
exit 1
`,
  );
  await chmod(program, 0o755);
  return {
    environment: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
    calls: async () =>
      (await readFile(log, 'utf8'))
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [line.trim()])),
  };
}

/** What kubectl 1.32 prints for answers of an API server that is not well; each was seen. */
export const HOSTILE: readonly (readonly [name: string, code: string, answer: FakeAnswer])[] = [
  [
    '401',
    'UNAUTHORIZED',
    { code: 1, error: 'error: You must be logged in to the server (Unauthorized)' },
  ],
  [
    '403',
    'FORBIDDEN',
    {
      code: 1,
      error:
        'Error from server (Forbidden): deployments.apps is forbidden: User "ann" cannot list resource',
    },
  ],
  [
    '409',
    'CONFLICT',
    {
      code: 1,
      error: 'Error from server (Conflict): Apply failed with 1 conflict: conflict with "helm"',
    },
  ],
  [
    '429',
    'TOO_MANY_REQUESTS',
    {
      code: 1,
      error: 'Error from server (TooManyRequests): the server has received too many requests',
    },
  ],
  [
    '500',
    'SERVER_ERROR',
    {
      code: 1,
      error:
        'Error from server (InternalError): an error on the server ("boom") has prevented the request from succeeding',
    },
  ],
  [
    'time-out',
    'TIME_OUT',
    {
      code: 1,
      error:
        'Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
    },
  ],
  ['half a response', 'BROKEN_ANSWER', { code: 0, out: '{"apiVersion": "v1", "items": [{"meta' }],
];
