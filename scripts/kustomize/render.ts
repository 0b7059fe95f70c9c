import { execFile } from 'node:child_process';
import { parse } from 'yaml';
import { OrderbooksError } from '../../runtime/errors.ts';
import { type FaultPlace, placeOfFault } from './fault.ts';
import type { KustomizeProgram } from './program.ts';

/** One rendered Kubernetes object, as text and by what names it. */
export interface RenderedObject {
  /** YAML with sorted keys, ending in a newline. */
  readonly text: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Empty where the object names none. */
  readonly namespace: string;
}

export interface RenderOptions {
  /** Home of the program: it reads no user's configuration. */
  readonly home: string;
  readonly helmApiVersions?: readonly string[];
  readonly helmKubeVersion?: string;
  readonly signal?: AbortSignal;
}

/** An overlay that does not render; the message is kustomize's own text. */
export class KustomizeError extends OrderbooksError {
  /** The file, and the line where there is one, that the text is about. */
  readonly place: FaultPlace | null;

  constructor(text: string, place: FaultPlace | null, cause?: unknown) {
    super('KUSTOMIZE_BUILD', text, { cause });
    this.place = place;
  }
}

/**
 * Renders the overlay in `folder` (absolute) and gives its objects in kustomize's order.
 * Throws KustomizeError with kustomize's own text if it does not render.
 */
export async function renderOverlay(
  program: KustomizeProgram,
  folder: string,
  options: RenderOptions,
): Promise<readonly RenderedObject[]> {
  const output = await build(program, folder, options);
  return output
    .split(/^---\n/m)
    .filter((text) => text.trim() !== '')
    .map(describe);
}

/** The objects as one text, as kustomize prints them. */
export function joinObjects(objects: readonly RenderedObject[]): string {
  return objects.map(({ text }) => text).join('---\n');
}

/** Far above any overlay; a render that takes longer hangs on a network. */
const BUILD_TIMEOUT_MS = 120_000;
const MOST_OUTPUT_BYTES = 268_435_456;

function build(program: KustomizeProgram, folder: string, options: RenderOptions): Promise<string> {
  const words = [
    program.name === 'kustomize' ? 'build' : 'kustomize',
    '--load-restrictor=LoadRestrictionsNone',
    // Kargo keeps the order of the resources unless the overlay says otherwise; the commands alone would sort them.
    '--reorder=none',
    '--enable-helm',
    ...(options.helmApiVersions ?? []).map((version) => `--helm-api-versions=${version}`),
    ...(options.helmKubeVersion === undefined
      ? []
      : [`--helm-kube-version=${options.helmKubeVersion}`]),
    folder,
  ];
  return new Promise((resolve, reject) => {
    execFile(
      program.path,
      words,
      {
        env: { PATH: process.env['PATH'], HOME: options.home, LC_ALL: 'C.UTF-8' },
        timeout: BUILD_TIMEOUT_MS,
        maxBuffer: MOST_OUTPUT_BYTES,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else {
          const text = refusalIn(stderr) ?? error.message;
          reject(new KustomizeError(text, placeOfFault(text, folder), error));
        }
      },
    );
  });
}

/**
 * kustomize's refusal in what the program printed: kubectl logs it quoted, or as indented lines, or prints
 * `error: …`; kustomize prints `Error: …`. Lines before it are warnings.
 */
function refusalIn(printed: string): string | null {
  const quoted = /"command failed" err=("(?:[^"\\]|\\.)*")/.exec(printed)?.[1];
  if (quoted !== undefined) return String(JSON.parse(quoted));
  const indented = /"command failed" err=<\n([\s\S]*?)\n >/.exec(printed)?.[1];
  if (indented !== undefined) {
    const text = indented.replace(/^\t/gm, '');
    // One line is logged in this form only if a line break ended it.
    return text.includes('\n') ? text : `${text}\n`;
  }
  const plain = /^[Ee]rror: ([\s\S]*)$/m.exec(printed)?.[1];
  return plain?.replace(/\n$/, '') ?? null;
}

function describe(text: string): RenderedObject {
  const value: unknown = parse(naming(text), { version: '1.1' });
  const object = isRecord(value) ? value : {};
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  return {
    text,
    apiVersion: textOf(object['apiVersion']),
    kind: textOf(object['kind']),
    name: textOf(metadata['name']),
    namespace: textOf(metadata['namespace']),
  };
}

/** The entries of an object that name it. To parse all of it, with a calendar in it, took longer than to render it. */
function naming(text: string): string {
  // kustomize writes block style without anchors; what belongs to an entry is indented, or a list right below its key.
  return (text.match(/^(?:apiVersion|kind|metadata):.*\n(?:(?:[ -].*)?\n)*/gm) ?? []).join('');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
