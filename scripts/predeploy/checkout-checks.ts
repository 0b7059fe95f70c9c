import { join } from 'node:path';
import { checkFiles, FEW_DAYS_LEFT } from '../calendar/files.ts';
import { runProgram } from '../cluster/program.ts';
import { validateBundle } from '../validate/validate.ts';
import { bad, type Check, good } from './finding.ts';

/** The type checker reads a thousand files; minutes on a busy machine. */
const TYPES_TIMEOUT_MS = 600_000;
const FIRST = 3;

/** What can be known from the checkout alone. */
export function checkoutChecks(
  root: string,
  options: { readonly now: () => Date; readonly signal: AbortSignal },
): readonly Check[] {
  const { now, signal } = options;
  return [
    {
      name: 'types',
      async run() {
        const tsc = join(root, 'node_modules', '.bin', 'tsc');
        const answer = await runProgram(tsc, ['-p', root], { timeoutMs: TYPES_TIMEOUT_MS, signal });
        if (answer.code === 0) return good('no errors');
        const errors = answer.out.split('\n').filter((line) => line.includes(' error TS'));
        const seen = errors.length === 0 ? answer.error.trim() : errors.slice(0, FIRST).join('; ');
        return bad(`${errors.length} errors: ${seen}`, 'npm run types shows all');
      },
    },
    {
      name: 'manifests and renders',
      async run() {
        const { findings, checked } = await validateBundle(root, { signal });
        const what = `${checked.objects} objects in ${checked.renders} renders`;
        if (findings.length === 0) return good(`${what}, no findings`);
        const [first] = findings;
        return bad(
          `${findings.length} findings in ${what}, the first: ${first?.rule} in ${first?.file}`,
          'npm run validate shows all, with how to fix each',
        );
      },
    },
    {
      name: 'calendar',
      async run() {
        const { problems, daysLeft } = await checkFiles(root, now().toISOString().slice(0, 10));
        if (problems.length > 0) return bad(problems.join('; '), 'npm run calendar writes it anew');
        const few = daysLeft < FEW_DAYS_LEFT ? '; make the next year soon' : '';
        return good(`right, lasts ${daysLeft} more days${few}`);
      },
    },
  ];
}
