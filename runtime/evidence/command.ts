import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigurationError } from '../config/error.ts';
import type { Evidence } from '../gates/evidence.ts';
import { messageOf } from '../thrown.ts';
import { fromCluster } from './cluster.ts';
import { compareEvidence, comparisonText } from './comparison.ts';
import { EvidenceError } from './error.ts';
import { evidencePage } from './page.ts';
import { type EvidenceInput, evidenceFrom, processInput } from './source.ts';
import { evidenceText } from './text.ts';

/** Where one document comes from: a file, or the cluster. */
export interface EvidenceSource {
  /** Name of a file, or `-`. */
  readonly file?: string | undefined;
  /** The newest run of this Stage in the cluster. */
  readonly stage?: string | undefined;
  /** One run in the cluster, by the name of its ConfigMap. */
  readonly run?: string | undefined;
  readonly project: string;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

type Print = (text: string) => void;
const toStandardOutput: Print = (text) => process.stdout.write(text);

const EXIT_SAME = 0;
const EXIT_DIFFERENT = 1;
const EXIT_NOT_COMPARED = 2;

/** `orderbooks evidence show`: 0 if the document is intact, whatever its verdict. */
export async function showCommand(
  source: EvidenceSource & { readonly json?: boolean | undefined },
  print: Print = toStandardOutput,
  input: EvidenceInput = processInput,
): Promise<number> {
  const document = await documentOf(source, input);
  print(source.json === true ? `${JSON.stringify(document)}\n` : evidenceText(document));
  return 0;
}

/** `orderbooks evidence compare`: 0 if nothing that weighs differs, 1 if something does, 2 if it could not be told. */
export async function compareCommand(
  first: string,
  second: string,
  options: { readonly json?: boolean | undefined } = {},
  print: Print = toStandardOutput,
  input: EvidenceInput = processInput,
): Promise<number> {
  if (first === '-' && second === '-') {
    throw new ConfigurationError('USAGE', 'expected two documents: only one can be standard input');
  }
  let pair: readonly [Evidence, Evidence];
  try {
    pair = [await evidenceFrom(first, input), await evidenceFrom(second, input)];
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    process.stderr.write(`orderbooks: ${error.code}: ${error.message}\n`);
    return EXIT_NOT_COMPARED;
  }
  const differences = compareEvidence(...pair);
  print(
    options.json === true
      ? `${JSON.stringify({ schema: 'orderbooks.evidence-comparison.v1', first: pair[0].run, second: pair[1].run, differences })}\n`
      : comparisonText(...pair, differences),
  );
  return differences.some((one) => one.weighs) ? EXIT_DIFFERENT : EXIT_SAME;
}

/** `orderbooks evidence html`: writes the page as a whole or not at all. */
export async function htmlCommand(
  source: EvidenceSource & { readonly output: string },
  input: EvidenceInput = processInput,
): Promise<number> {
  const page = evidencePage(await documentOf(source, input));
  if (source.output === '-') {
    process.stdout.write(page);
    return 0;
  }
  const part = join(dirname(source.output), `.${basename(source.output)}.part`);
  try {
    const file = await open(part, 'w');
    try {
      await file.writeFile(page);
    } finally {
      await file.close();
    }
    await rename(part, source.output);
  } catch (error) {
    throw new ConfigurationError(
      'USAGE',
      `--output: expected a file that can be written: ${messageOf(error)}`,
      { cause: error },
    );
  }
  return 0;
}

async function documentOf(source: EvidenceSource, input: EvidenceInput): Promise<Evidence> {
  const said = [source.file, source.stage, source.run].filter((one) => one !== undefined);
  if (said.length !== 1) {
    throw new ConfigurationError(
      'USAGE',
      `expected one of a file, --stage and --run, got ${said.length === 0 ? 'none' : said.join(', ')}`,
    );
  }
  return source.file === undefined ? fromCluster(source) : evidenceFrom(source.file, input);
}
