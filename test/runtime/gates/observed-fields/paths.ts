/** A place in an answer, such as `archives[].path` behind the answer's name. */
export type Path = string;

const STEP = /^(\[\]|\.[^.[]+)/;

/** Notes which places of an answer are looked at, whoever does it, and what was found at each. */
export function watched(answer: unknown, path: Path, looked: Map<Path, unknown>): unknown {
  if (saysNothing(looked.get(path))) looked.set(path, answer);
  if (typeof answer !== 'object' || answer === null) return answer;
  return new Proxy(answer, {
    get: (target, key, receiver) => {
      const value: unknown = Reflect.get(target, key, receiver);
      // What is awaited is asked whether it is a promise.
      if (typeof key === 'symbol' || typeof value === 'function' || key === 'then') return value;
      if (!Array.isArray(target)) return watched(value, `${path}.${key}`, looked);
      return key === 'length' ? value : watched(value, `${path}[]`, looked);
    },
  });
}

function saysNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/** A copy of an answer with `change` made wherever `path` leads; a field changed to undefined is left out. */
export function changedAt(
  answer: unknown,
  path: Path,
  change: (value: unknown) => unknown,
): unknown {
  const step = STEP.exec(path)?.[0];
  if (step === undefined) return change(answer);
  const rest = path.slice(step.length);
  if (Array.isArray(answer)) {
    return step === '[]' ? answer.map((one) => changedAt(one, rest, change)) : answer;
  }
  const key = step.slice(1);
  if (typeof answer !== 'object' || answer === null) return answer;
  if (rest !== '' && !Object.hasOwn(answer, key)) return answer;
  const { [key]: value, ...others } = answer as Readonly<Record<string, unknown>>;
  const changed = changedAt(value, rest, change);
  return changed === undefined ? others : { ...others, [key]: changed };
}
