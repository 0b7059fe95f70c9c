import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A page for people. */
export interface Page {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** A call of one of this project's commands, as a page writes it. */
export interface Call {
  readonly page: string;
  /** Name of the npm script. */
  readonly script: string;
  /** Its subcommand, if it has any, such as `evidence show`. */
  readonly words: readonly string[];
  /** Such as `--stage`. */
  readonly options: readonly string[];
}

/** The pages at the root, and everything in docs/. */
export function pages(): readonly Page[] {
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path));
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...inDocs.toSorted()].map((path) => ({
    path,
    text: readFileSync(join(ROOT, path), 'utf8'),
  }));
}

/** Targets of the links and pictures that lead to files of this repository, with their anchors. */
export function relativeLinks({ text }: Page): readonly string[] {
  return [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].flatMap(([, target]) => target ?? []);
}

/** The anchors of a page's headings, as forges make them. */
export function anchors(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

export function scriptsNamed({ text }: Page): readonly string[] {
  return [...text.matchAll(/\bnpm run (?:--silent )?([a-z][a-z0-9:-]*)/g)].flatMap(
    ([, name]) => name ?? [],
  );
}

/** How many words name a subcommand; every other command takes arguments only. */
const SUBCOMMANDS: Readonly<Record<string, number>> = {
  platform: 1,
  'break-glass': 1,
  orderbooks: 1,
};

const CALL =
  /\bnpm run (?:--silent )?(?<script>[a-z][a-z0-9:-]*) -- (?<npm>[^`|#\n]*)|(?<![\w/.-])orderbooks (?<own>(?:recorder|collector|collect|upload|inspect|verify|evidence|simulate) [^`|#\n]*)/g;

export function calls({ path, text }: Page): readonly Call[] {
  // A line that ends in a backslash goes on in the next one.
  return [...text.replaceAll(/\\\n\s*/g, ' ').matchAll(CALL)].map(({ groups }) => {
    const parts = (groups?.['npm'] ?? groups?.['own'] ?? '').trim().split(/\s+/);
    const script = groups?.['script'] ?? 'orderbooks';
    const depth = (SUBCOMMANDS[script] ?? 0) + (parts[0] === 'evidence' ? 1 : 0);
    return {
      page: path,
      script,
      words: parts.slice(0, depth),
      options: parts.flatMap((part) => /^--[a-z][a-z-]*/.exec(part)?.[0] ?? []),
    };
  });
}
