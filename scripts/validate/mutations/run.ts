import { judge } from '../judge.ts';
import { mutated, originsIn, type Parts, reaches } from './apply.ts';
import { type Mutation, mutationsOf, OPERATOR_NAMES } from './candidates.ts';

export interface Outcome {
  readonly mutation: Mutation;
  /** Rules that found it; empty for a survivor. */
  readonly rules: readonly string[];
}

/** Breaks a sound bundle in `count` ways, the same for the same seed, and asks the validator each time. */
export function tryMutations(
  parts: Parts,
  { count, seed, today }: { readonly count: number; readonly seed: number; readonly today: string },
): readonly Outcome[] {
  const origins = originsIn(parts);
  return chosen(parts, count, seed).map((mutation) => {
    const { files, renders } = mutated(parts, origins, mutation);
    const { drafts } = judge(files, renders, { house: true, today });
    return { mutation, rules: [...new Set(drafts.map(({ rule }) => rule))].toSorted() };
  });
}

/** As many of each operator as there are, in turn, so that the common ones do not crowd out the others. */
function chosen(parts: Parts, count: number, seed: number): readonly Mutation[] {
  const random = randomFrom(seed);
  const origins = originsIn(parts);
  const made = new Set(origins.values());
  const all = [...parts.files.values()].flatMap(({ file, documents, text }) =>
    made.has(file) || OWN_FILE.test(text)
      ? documents.flatMap(({ value }) => mutationsOf(file, value))
      : [],
  );
  const decks = OPERATOR_NAMES.map((name) =>
    shuffled(
      all.filter(({ operator }) => operator === name).filter((one) => reaches(parts, origins, one)),
      random,
    ),
  );
  const picked: Mutation[] = [];
  for (let round = 0; picked.length < count; round += 1) {
    const cards = decks.flatMap((deck) => deck.slice(round, round + 1));
    if (cards.length === 0) break;
    picked.push(...cards.slice(0, count - picked.length));
  }
  return picked;
}

/** Configuration and policy become data of ConfigMaps: they are no objects, and are checked as files. */
const OWN_FILE =
  /^# yaml-language-server: \$schema=\S*\/schemas\/orderbooks\/(configuration|policy)\.json/;

function shuffled<T>(list: readonly T[], random: () => number): readonly T[] {
  return list
    .map((entry) => [random(), entry] as const)
    .toSorted(([left], [right]) => left - right)
    .map(([, entry]) => entry);
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
