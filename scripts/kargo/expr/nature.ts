import {
  ANY,
  ANY_ARRAY,
  BYTES,
  DURATION,
  FLOAT,
  type GoType,
  goType,
  INT,
  TIME,
} from './go-type.ts';

/**
 * What the checker knows about a node before the program runs. Literals, builtins and operators have types; names
 * from the environment never do.
 */
export interface Nature {
  /** Absent where the type is not known, and for nil. */
  readonly type?: GoType;
  readonly nil?: true;
  /** For an array: what is known of its elements. For a predicate: what is known of its result. */
  readonly inner?: Nature;
  /** For a name: the function of the host or the builtin that it means. */
  readonly callable?: string;
  /** Its type has the receiver as its first parameter. */
  readonly method?: true;
}

export const UNKNOWN: Nature = {};
export const NIL: Nature = { nil: true };

export function natureOf(type: GoType): Nature {
  return { type };
}

export function arrayOfNature(inner: Nature): Nature {
  return { type: ANY_ARRAY, inner };
}

export function isUnknown({ type, nil }: Nature): boolean {
  return (type === undefined && nil !== true) || type === ANY;
}

/** As error messages name it. */
export function natureText({ type }: Nature): string {
  return type?.text ?? 'unknown';
}

/** What a pointer points at. */
export function dereference(nature: Nature): Nature {
  let type = nature.type;
  while (type?.kind === 'ptr') type = type.element;
  return type === nature.type || type === undefined ? nature : { type };
}

const INTEGERS: ReadonlySet<GoType> = new Set(['int', 'int32', 'int64', 'uint8'].map(goType));

export const isInteger = ({ type }: Nature): boolean => type !== undefined && INTEGERS.has(type);
export const isFloat = ({ type }: Nature): boolean => type === FLOAT;
export const isNumber = (nature: Nature): boolean => isInteger(nature) || isFloat(nature);
export const isBool = ({ type }: Nature): boolean => type?.kind === 'bool';
export const isString = ({ type }: Nature): boolean => type?.kind === 'string';
export const isBytes = ({ type }: Nature): boolean => type === BYTES;
export const isTime = ({ type }: Nature): boolean => type === TIME;
export const isDuration = ({ type }: Nature): boolean => type === DURATION;
export const isMapNature = ({ type }: Nature): boolean => type?.kind === 'map';
export const isStruct = ({ type }: Nature): boolean => type?.kind === 'struct';
export const isFunction = ({ type }: Nature): boolean => type?.kind === 'func';
export const isArrayNature = ({ type }: Nature): boolean =>
  type?.kind === 'slice' || type?.kind === 'array';

/** Elements of an array or map, target of a pointer; unknown for anything else. */
export function elementOf({ type, inner }: Nature): Nature {
  if (type === undefined || type.element === undefined) return UNKNOWN;
  if ((type.kind === 'slice' || type.kind === 'array') && inner !== undefined) return inner;
  return natureOf(type.element);
}

export function keyOf({ type }: Nature): Nature {
  return type?.key === undefined ? UNKNOWN : natureOf(type.key);
}

const NILABLE = new Set(['ptr', 'interface', 'func', 'map', 'slice']);

/** Whether Go would let a value of the one be assigned to the other. */
export function isAssignable(from: Nature, to: Nature): boolean {
  if (from.nil === true && to.type !== undefined && NILABLE.has(to.type.kind)) return true;
  if (from.type === undefined || to.type === undefined) return false;
  return from.type === to.type || to.type === ANY;
}

/** Whether `==` and `in` accept the two. */
export function isComparable(left: Nature, right: Nature): boolean {
  return (
    isUnknown(left) ||
    isUnknown(right) ||
    left.nil === true ||
    right.nil === true ||
    (isNumber(left) && isNumber(right)) ||
    (isDuration(left) && isDuration(right)) ||
    (isTime(left) && isTime(right)) ||
    (isArrayNature(left) && isArrayNature(right)) ||
    isAssignable(left, right)
  );
}

export type Check = (nature: Nature) => boolean;

/** Whether two may fit because one of them is not known and the other passes a check. */
export function mayFit(left: Nature, right: Nature, ...checks: readonly Check[]): boolean {
  const passes = (nature: Nature) => checks.some((check) => check(nature));
  if (isUnknown(left)) return isUnknown(right) || passes(right);
  return isUnknown(right) && passes(left);
}

/** The type of a sum of two numbers. */
export function promoted(left: Nature, right: Nature): Nature {
  if (isUnknown(left) || isUnknown(right)) return UNKNOWN;
  return natureOf(isFloat(left) || isFloat(right) ? FLOAT : INT);
}
