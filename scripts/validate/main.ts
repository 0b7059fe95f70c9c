import { Command, InvalidArgumentError, Option } from 'commander';
import { runToExitCode } from '../command-line.ts';
import type { Report } from './report.ts';
import type { Severity } from './rule-names.ts';
import { sarifReport } from './sarif-report.ts';
import { textReport } from './text-report.ts';
import { validateBundle } from './validate.ts';

interface Flags {
  readonly format: keyof typeof FORMATS;
  readonly failOn: Severity;
  readonly today?: string;
}

/** What each format writes to standard output. */
const FORMATS = {
  text: textReport,
  json: (report: Report) => `${JSON.stringify(report)}\n`,
  sarif: (report: Report) => `${JSON.stringify(sarifReport(report))}\n`,
  github: textReport,
} as const satisfies Readonly<Record<string, (report: Report) => string>>;

const EXIT_FINDINGS = 1;

const HELP = `
Exit codes:
  0  checked, no findings (with --fail-on error: no errors)
  1  findings
  2  it could not be checked: wrong option, a folder that cannot be read, no manifests, no kustomize

Examples:
  npm run validate
  npm run validate -- --format json ../another-checkout

A comment lets a finding pass, on its own line or the next one:
  # orderbooks-validate-ignore <rule>: <reason>
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('validate')
    .description(
      'Check the manifests of a bundle: YAML, renders, Kargo steps and expressions, and what its objects say of each other.',
    )
    .argument('[folder]', 'root of a repository with manifests; the working folder by default')
    .addOption(
      new Option(
        '--format <format>',
        'text for people, json for programs, sarif for code scanning, github for annotations and the summary of a job',
      )
        .choices(Object.keys(FORMATS))
        .default('text'),
    )
    .addOption(
      new Option('--fail-on <severity>', 'which findings end it with 1: warning means all')
        .choices(['warning', 'error'])
        .default('warning'),
    )
    .addOption(
      new Option(
        '--today <date>',
        'day to judge the calendar by, as 2026-11-21; now by default',
      ).argParser(dayGiven),
    )
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
  return runToExitCode(program, async () => {
    const { format, failOn, today } = program.parse().opts<Flags>();
    const report = await validateBundle(program.args[0] ?? process.cwd(), {
      combinations: true,
      ...(today === undefined ? {} : { today }),
    });
    process.stdout.write(FORMATS[format](report));
    if (format === 'github') {
      // What speaks to GitHub takes longer to load than everything else.
      const { githubReport } = await import('./github-report.ts');
      await githubReport(report);
    }
    const failing = report.findings.filter(
      ({ severity }) => failOn === 'warning' || severity === 'error',
    );
    return failing.length === 0 ? 0 : EXIT_FINDINGS;
  });
}

function dayGiven(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text))) {
    throw new InvalidArgumentError('expected a date such as 2026-11-21.');
  }
  return text;
}
