import type { z } from 'zod';
import type { Asking } from '../../../scripts/cluster/kubectl.ts';
import type { Answer } from '../../../scripts/cluster/program.ts';

/** kubectl that answers by the longest beginning of its words that it knows; else there is nothing. */
export class FakeKubectl implements Asking {
  readonly #answers: Readonly<Record<string, Answer>>;

  constructor(answers: Readonly<Record<string, Answer>>) {
    this.#answers = answers;
  }

  async answer(words: readonly string[]): Promise<Answer> {
    const line = `${words.join(' ')} `;
    const [known] = Object.keys(this.#answers)
      .filter((beginning) => line.startsWith(beginning))
      .sort((left, right) => right.length - left.length);
    return this.#answers[known ?? ''] ?? { code: 0, out: '', error: '' };
  }

  async run(words: readonly string[]): Promise<string> {
    const { code, out, error } = await this.answer(words);
    if (code !== 0) throw new Error(error);
    return out;
  }

  async find<S extends z.ZodType>(
    kind: string,
    name: string,
    _namespace: string | null,
    schema: S,
  ): Promise<z.infer<S> | null> {
    const out = await this.run(['get', kind, name]);
    return out === '' ? null : schema.parse(JSON.parse(out));
  }

  async list<S extends z.ZodType>(
    kind: string,
    _namespace: string | null,
    schema: S,
  ): Promise<readonly z.infer<S>[]> {
    const { items } = JSON.parse(await this.run(['get', kind])) as { items: readonly unknown[] };
    return items.map((item) => schema.parse(item));
  }
}
