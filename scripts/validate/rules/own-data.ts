import { policy } from '../../../runtime/gates/policy.ts';
import type { BundleObject } from '../bundle.ts';
import { fields, text } from '../fields.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import { schemaFaults } from '../schema-faults.ts';
import type { Path, SourceDocument } from '../source-file.ts';

/** Fewer days than this leave too little time to notice before the market gate refuses everything. */
const FEW_DAYS = 120;
const DAY_MS = 86_400_000;

/** Files and data of this project's own: configuration, policy, calendar, ticket. */
export const checkOwnData: Check = function* ({ bundle, documents, house, today }) {
  if (!house) return;
  for (const document of documents) yield* ownFile(document);
  for (const object of bundle.objects) {
    if (object.kind !== 'ConfigMap' || object.group !== '') continue;
    const data = fields(object.value['data']);
    if (Object.hasOwn(data, 'knownThrough')) {
      yield* ofObject(object, 'calendar');
      yield* short(object, text(data['knownThrough']), today);
    }
    if (Object.hasOwn(data, 'justification')) yield* ofObject(object, 'ticket');
  }
};

/** The schema that a file names for editors says what it is. */
const EDITOR_COMMENT =
  /^# yaml-language-server: \$schema=\S*\/schemas\/(orderbooks\/(\w[\w-]*)\.json)\s*$/m;

function* ownFile(document: SourceDocument): Generator<Draft> {
  const [, schema, what = ''] = EDITOR_COMMENT.exec(document.text) ?? [];
  if (schema === undefined) return;
  const faults = schemaFaults(schema, document.value);
  for (const { path, atKey, problem, fix } of faults) {
    yield draft(atKey ? document.atKey(path) : document.at(path), what, path, problem, fix);
  }
  if (faults.length > 0 || what !== 'policy') return;
  for (const { path, message } of policy.safeParse(document.value).error?.issues ?? []) {
    const at = path.filter((key) => typeof key !== 'symbol');
    yield draft(document.at(at), what, at, message, 'correct it');
  }
}

function* ofObject(object: BundleObject, what: string): Generator<Draft> {
  for (const { path, atKey, problem, fix } of schemaFaults(
    `orderbooks/${what}.json`,
    object.value['data'],
  )) {
    const at: Path = ['data', ...path];
    yield draft(atKey ? object.atKey(at) : object.at(at), what, path, problem, fix);
  }
}

function draft(at: Draft['at'], what: string, path: Path, problem: string, fix: string): Draft {
  return {
    rule: 'orderbooks/own-data',
    at,
    message: `${what}: ${path.length === 0 ? '(the whole file)' : path.join('.')}: ${problem}`,
    fix,
  };
}

function* short(object: BundleObject, through: string, today: string): Generator<Draft> {
  const days = Math.floor((Date.parse(through) - Date.parse(today)) / DAY_MS);
  if (Number.isNaN(days) || days >= FEW_DAYS) return;
  yield {
    rule: 'orderbooks/calendar-short',
    at: object.at(['data', 'knownThrough']),
    message: `the calendar ends on ${through}, ${days < 0 ? 'which is over' : `in ${days} days`}: from then on the market gate refuses every promotion`,
    fix: 'run npm run calendar, and commit what it writes',
  };
}
