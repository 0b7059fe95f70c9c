import { OrderbooksError } from '../../../runtime/errors.ts';
import { withoutSecrets } from '../../git.ts';
import type { StepContext, StepResult } from '../step.ts';

/** A step that ends in another way than Kargo's usual `Errored`. */
export class StepEnd extends OrderbooksError {
  readonly result: StepResult;

  constructor(result: StepResult & { readonly message: string }) {
    super('STEP_ENDED', result.message);
    this.result = result;
  }
}

/**
 * The result of a step, where what the outside world refuses makes it Errored with the refusal's words.
 * No message carries a password.
 */
export async function outcome(
  { world }: StepContext,
  run: () => Promise<StepResult>,
): Promise<StepResult> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StepEnd) return error.result;
    if (isRefusal(error)) {
      return { status: 'Errored', message: withoutSecrets(error.message, world.gitEnvironment) };
    }
    throw error;
  }
}

/** Puts what was being done in front of the refusal, as Kargo's messages do. */
export async function during<T>(doing: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StepEnd || !isRefusal(error)) throw error;
    throw new OrderbooksError('STEP_REFUSED', `${doing}: ${error.message}`, { cause: error });
  }
}

/** Refusals of this project and of the operating system have a code; programming errors have none. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
