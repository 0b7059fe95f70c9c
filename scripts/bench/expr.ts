import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { clockFunctions } from '../kargo/functions/clock.ts';
import { dataFunctions } from '../kargo/functions/data.ts';
import { MemoryWorld } from '../kargo/index.ts';
import { jsonVariables, prepareTemplate } from '../kargo/template.ts';
import { PROJECT } from '../settings/names.ts';
import { commandLine, machine, median, numberOption, spread } from './machine.ts';

/**
 * Decisions of the market gate per second on one core: the expressions of `kargo/promotiontask-market-gate.yaml` as they
 * are written, over the calendar as it is written, at instants all over its years. One decision is the time as steps read
 * it, the state of the market, and whether the gate refuses. The last line is the speed against the target.
 */
const TARGET_PER_SECOND = 50_000;
const ROUNDS = 5;
/** Spreads the instants evenly, however many there are. */
const GOLDEN_RATIO = 0.618_033_988_749_895;

interface Step {
  readonly uses: string;
  readonly as: string;
  readonly if?: string;
  readonly config: Readonly<Record<string, string>>;
}

const decisions = numberOption('decisions', 200_000);
const task: { readonly spec: { readonly steps: readonly Step[] } } = parse(
  readFileSync('kargo/promotiontask-market-gate.yaml', 'utf8'),
);
const calendar: { readonly data: Readonly<Record<string, string>> } = parse(
  readFileSync('kargo/configmap-market-sessions.yaml', 'utf8'),
);

let instant = 0;
const world = new MemoryWorld({ now: () => new Date(instant) });
world.configMaps.set(`${PROJECT}/market-sessions`, calendar.data);
const functions = { ...clockFunctions(world), ...dataFunctions(world, PROJECT) };
const clock = prepareTemplate(expression('clock', 'now'), functions, 'now');
const session = prepareTemplate(expression('session', 'state'), functions, 'state');
const unknown = prepareTemplate(
  condition('unknown').replace('success() and ', ''),
  functions,
  'if',
);
const vars = { calendar: 'market-sessions' };
const dates = Object.keys(calendar.data).filter((key) => /^\d{4}-\d\d-\d\d$/.test(key));
const from = Date.parse(`${dates[0]}T00:00:00Z`);
const until = Date.parse(`${dates.at(-1)}T23:59:59Z`);

console.log(machine());
console.log(commandLine('expr'));
console.log(`calendar: ${dates.length} days, ${dates[0]} to ${dates.at(-1)}`);
const speeds: number[] = [];
let states: Record<string, number> = {};
for (let round = 0; round < ROUNDS; round += 1) {
  states = {};
  const started = process.cpuUsage();
  for (let count = 0; count < decisions; count += 1) {
    instant = from + (until - from) * ((count * GOLDEN_RATIO) % 1);
    const state = decide();
    states[state] = (states[state] ?? 0) + 1;
  }
  const { user, system } = process.cpuUsage(started);
  speeds.push(decisions / ((user + system) / 1e6));
}
console.log(`states: ${JSON.stringify(states)}`);
console.log(`decisions per second of processor time: ${spread(speeds)}`);
console.log(`ratio ${(median(speeds) / TARGET_PER_SECOND).toFixed(2)}`);

function decide(): string {
  const now = clock(jsonVariables({ vars }));
  const state = session(jsonVariables({ vars, task: { outputs: { clock: { now } } } }));
  const refused = unknown(jsonVariables({ vars, task: { outputs: { session: { state } } } }));
  return `${String(state)}${refused === true ? ' refused' : ''}`;
}

function step(alias: string): Step {
  const found = task.spec.steps.find((candidate) => candidate.as === alias);
  if (found === undefined) throw new Error(`the market gate has no step ${alias}`);
  return found;
}

function expression(alias: string, key: string): string {
  const text = step(alias).config[key];
  if (text === undefined) throw new Error(`step ${alias} of the market gate has no ${key}`);
  return text;
}

function condition(alias: string): string {
  const text = step(alias).if;
  if (text === undefined) throw new Error(`step ${alias} of the market gate has no if`);
  return text;
}
