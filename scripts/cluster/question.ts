import { createInterface } from 'node:readline/promises';
import { OrderbooksError } from '../../runtime/errors.ts';

/**
 * The line that a person types, without blanks around it. The question goes to standard error: standard output may be JSON.
 *
 * @throws OrderbooksError INTERRUPTED for Ctrl-C, for the end of the input (Ctrl-D), and when the signal is aborted
 */
export async function typed(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // readline leaves a question unanswered for ever when its input ends.
  const closed = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new Error('the input ended')));
  });
  try {
    return (await Promise.race([lines.question(question, { signal }), closed])).trim();
  } catch (cause) {
    throw new OrderbooksError('INTERRUPTED', 'no answer to the question, so nothing was done', {
      cause,
    });
  } finally {
    lines.close();
  }
}
