import { FAULT_NAMES, FAULTS, type FaultName } from '../../runtime/simulator/fault-catalogue.ts';
import type { FaultListener, Injection } from '../../runtime/simulator/fault-injector.ts';
import { EXPECTATIONS } from './expectations.ts';
import type { Metrics } from './recorder.ts';

/** One fault and what came of it; milliseconds. */
interface Course {
  readonly fault: FaultName;
  readonly at: number;
  readonly before: Metrics;
  endedAt: number | null;
  /** Looks at the recorder since the injection, and since the end. */
  looks: number;
  looksAfterEnd: number;
  /** What shows now shows something else: the next fault is due. */
  closed: boolean;
  /** From the injection until a counter rose. */
  detectedAfter: number | null;
  detectedBy: string | null;
  /** The first look after the end, with which recovery is compared. */
  afterEnd: Metrics | null;
  /** From the end of the fault until the stream flowed, or requests were answered, again. */
  recoveredAfter: number | null;
}

/** All injections of one fault. */
export interface FaultSummary {
  readonly fault: FaultName;
  readonly shows: string;
  readonly injected: number;
  readonly detected: number;
  readonly detectedBy: readonly string[];
  readonly detection: Spread | null;
  readonly recovered: number;
  readonly recovery: Spread | null;
}

/** Milliseconds. */
export interface Spread {
  readonly median: number;
  readonly maximum: number;
}

const NONE: Metrics = new Map();
/**
 * Looks within which a fault must show, and, once it is over, be recovered from. The recorder itself answers a look, so
 * that on a starved machine, where all takes longer, looks take longer too: time is measured in the recorder's own.
 * Looks are a fifth of a second apart on a machine that has time: half a minute.
 */
const PATIENCE_LOOKS = 150;

/** Follows every fault from its injection to the recovery, by the metrics that the recorder serves. */
export class Injections {
  readonly #courses = new Map<number, Course>();
  #latest: Metrics = NONE;

  readonly listener: FaultListener = {
    began: ({ number, fault, at, connections }: Injection) => {
      // Nothing was there that it could break: it did not happen.
      if (connections.length === 0 && breaksOpenConnections(fault)) return;
      this.#courses.set(number, {
        fault,
        at,
        before: this.#latest,
        endedAt: null,
        looks: 0,
        looksAfterEnd: 0,
        closed: false,
        detectedAfter: null,
        detectedBy: null,
        afterEnd: null,
        recoveredAfter: null,
      });
    },
    ended: ({ number }: Injection, at: number) => {
      const course = this.#courses.get(number);
      if (course !== undefined) course.endedAt = at;
    },
  };

  get count(): number {
    return this.#courses.size;
  }

  /** Faults that are over and from which the recorder has not recovered yet. */
  get unrecovered(): readonly string[] {
    return [...this.#courses.values()]
      .filter((course) => course.recoveredAfter === null)
      .map((course) => course.fault);
  }

  /** Whether the recorder answers, and has a connection. */
  get connected(): boolean {
    return (this.#latest.get('connections_open') ?? 0) > 0;
  }

  /** True while a fault that must show has not, and there is patience left. */
  owes(number: number): boolean {
    const course = this.#courses.get(number);
    return course !== undefined && mustStillShow(course);
  }

  /** True once the recorder has recovered from a fault, or there is no patience left. */
  isOver(number: number): boolean {
    const course = this.#courses.get(number);
    if (course === undefined) return true;
    return course.recoveredAfter !== null || course.looksAfterEnd > PATIENCE_LOOKS;
  }

  /** From now on nothing shows or recovers this fault. */
  close(number: number): void {
    const course = this.#courses.get(number);
    if (course !== undefined) course.closed = true;
  }

  /** Takes in one look at the recorder's metrics, made at `now`. */
  look(metrics: Metrics, now: number): void {
    this.#latest = metrics;
    for (const course of this.#courses.values()) {
      if (course.closed) continue;
      course.looks++;
      if (course.endedAt !== null) course.looksAfterEnd++;
      this.#detect(course, metrics, now);
      this.#recover(course, metrics, now);
    }
  }

  summaries(): FaultSummary[] {
    return FAULT_NAMES.flatMap((fault) => {
      const courses = [...this.#courses.values()].filter((course) => course.fault === fault);
      if (courses.length === 0) return [];
      const detected = courses.filter((course) => course.detectedAfter !== null);
      const recovered = courses.filter((course) => course.recoveredAfter !== null);
      return [
        {
          fault,
          shows: EXPECTATIONS[fault].shows,
          injected: courses.length,
          detected: detected.length,
          detectedBy: [...new Set(detected.flatMap((course) => course.detectedBy ?? []))],
          detection: spread(detected.map((course) => course.detectedAfter ?? 0)),
          recovered: recovered.length,
          recovery: spread(recovered.map((course) => course.recoveredAfter ?? 0)),
        },
      ];
    });
  }

  #detect(course: Course, metrics: Metrics, now: number): void {
    if (course.detectedAfter !== null) return;
    const risen = EXPECTATIONS[course.fault].metrics.find(
      (name) => (metrics.get(name) ?? 0) > (course.before.get(name) ?? 0),
    );
    if (risen === undefined) return;
    course.detectedBy = risen;
    course.detectedAfter = now - course.at;
  }

  #recover(course: Course, metrics: Metrics, now: number): void {
    if (course.endedAt === null || now <= course.endedAt || course.recoveredAfter !== null) return;
    // A fault that must show has not been survived before it did.
    if (mustStillShow(course)) return;
    const { recovers } = EXPECTATIONS[course.fault];
    if (course.afterEnd === null) {
      course.afterEnd = metrics;
      return;
    }
    const name = recovers === 'stream' ? 'data_frames_total' : 'checkpoints_total{result="ok"}';
    const flows = (metrics.get(name) ?? 0) > (course.afterEnd.get(name) ?? 0);
    const open = (metrics.get('connections_open') ?? 0) > 0;
    if (flows && open) course.recoveredAfter = now - course.endedAt;
  }
}

/** Whether a fault is nothing without an open connection. */
export function breaksOpenConnections(fault: FaultName): boolean {
  return FAULTS[fault].kind === 'act' || fault === 'half-open';
}

function mustStillShow({ fault, detectedAfter, looks }: Course): boolean {
  if (EXPECTATIONS[fault].shows !== 'always' || detectedAfter !== null) return false;
  return looks <= PATIENCE_LOOKS;
}

function spread(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const maximum = sorted.at(-1);
  return median === undefined || maximum === undefined ? null : { median, maximum };
}
