import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../config/load.ts';
import { type Evidence, evidence } from '../gates/evidence.ts';
import { EvidenceError } from './error.ts';

const SCHEMA = 'orderbooks.evidence.v1';
/** Starts every line of a log that could be the document. */
const MENTION = '"orderbooks.evidence.';

/**
 * The evidence in `text`, verified: the document as a file or one line of it, the log of a verification Job that ends
 * with it, or the ConfigMap that keeps it (`kubectl get configmap NAME -o json`). Throws an `EvidenceError` for
 * everything that is not exactly what was sealed.
 *
 * @param source names the text in messages
 */
export function readEvidence(text: string, source: string): Evidence {
  const value = unpacked(parsed(text, source), source);
  const result = evidence.safeParse(value);
  if (!result.success) throw foreign(value, source, result.error);
  const { sha256: claimed, ...rest } = result.data;
  const observed = createHash('sha256').update(canonicalJson(rest)).digest('hex');
  if (observed !== claimed) {
    throw new EvidenceError(
      'EVIDENCE_TAMPERED',
      `${source}: expected a document that hashes to the ${claimed} it was sealed with, got ${observed}: it was changed after ${result.data.finished_at}; read the immutable ConfigMap ${result.data.run} instead`,
    );
  }
  return result.data;
}

function parsed(text: string, source: string): unknown {
  if (text.trim() === '') {
    throw new EvidenceError('EVIDENCE_UNREADABLE', `${source}: expected evidence, it is empty`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const lines = text.split('\n').filter((line) => line.includes(MENTION));
    const [line] = lines;
    if (line !== undefined && lines.length === 1 && line.trim() !== text.trim()) {
      // A log: the verifier tells its progress first, and the document is one line.
      return parsedLine(line, source);
    }
    const found =
      lines.length > 1
        ? `it has ${lines.length} lines that mention evidence`
        : `its ${text.length} characters are cut off or no JSON`;
    throw new EvidenceError(
      'EVIDENCE_UNREADABLE',
      `${source}: expected one evidence document (JSON), a log that ends with one, or its ConfigMap; ${found}`,
      { cause: error },
    );
  }
}

function parsedLine(line: string, source: string): unknown {
  try {
    return JSON.parse(line.slice(line.indexOf('{')));
  } catch (error) {
    throw new EvidenceError(
      'EVIDENCE_UNREADABLE',
      `${source}: the line with the evidence, ${line.length} characters, is cut off or no JSON`,
      { cause: error },
    );
  }
}

const configMap = z.object({
  kind: z.literal('ConfigMap'),
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
});

/** What a ConfigMap keeps, or the value itself. */
function unpacked(value: unknown, source: string): unknown {
  const { data: found } = configMap.safeParse(value);
  if (found === undefined) return value;
  const text = found.data['evidence.json'];
  const { name } = found.metadata;
  if (text === undefined) {
    const run = found.data['run'];
    throw new EvidenceError(
      'EVIDENCE_FOREIGN',
      `${source}: ConfigMap ${name} holds no evidence.json${run === undefined ? '' : `; it names the run ${run}: read the ConfigMap of that name`}`,
    );
  }
  return parsed(text, `${source}, ConfigMap ${name}`);
}

function foreign(value: unknown, source: string, error: z.ZodError): EvidenceError {
  const schema =
    typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  const issue = error.issues[0];
  const what =
    schema === SCHEMA
      ? `it calls itself ${SCHEMA} and is not: ${issue?.path.join('.') || 'whole document'}: ${issue?.message ?? 'unknown'}`
      : schema === undefined
        ? 'it has no schema'
        : `its schema is ${JSON.stringify(schema)}; newer evidence is read by the release that wrote it`;
  return new EvidenceError(
    'EVIDENCE_FOREIGN',
    `${source}: expected a document of schema ${SCHEMA}; ${what}`,
    { cause: error },
  );
}
