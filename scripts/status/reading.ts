/** Something that was looked at: what it says, that it is not there, or that nobody could look. */
export type Reading<T> =
  | { readonly state: 'known'; readonly value: T }
  | { readonly state: 'absent'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

export function known<T>(value: T): Reading<T> {
  return { state: 'known', value };
}

export function absent<T>(why: string): Reading<T> {
  return { state: 'absent', why };
}

export function unknown<T>(why: string): Reading<T> {
  return { state: 'unknown', why };
}

/** `change` of what is known; that it is not there or could not be looked at stays. */
export function map<T, U>(reading: Reading<T>, change: (value: T) => Reading<U>): Reading<U> {
  return reading.state === 'known' ? change(reading.value) : reading;
}
