import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { OrderbooksError } from '../../runtime/errors.ts';
import { textReport } from './text-report.ts';
import { validateBundle } from './validate.ts';

interface Flags {
  readonly format: 'text' | 'json';
}

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const EXIT_FINDINGS = 1;
const EXIT_NOT_CHECKED = 2;

const HELP = `
Exit codes:
  0  checked, no findings
  1  findings
  2  it could not be checked: wrong option, a folder that cannot be read, no manifests, no kustomize

Examples:
  npm run validate
  npm run validate -- --format json ../another-checkout
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('validate')
    .description(
      'Check the manifests of a bundle: YAML, renders, Kargo steps and expressions, and what its objects say of each other.',
    )
    .argument('[folder]', 'root of the bundle, with gitops/, kargo/ or argocd/', REPOSITORY)
    .addOption(
      new Option('--format <format>', 'text for people, json for programs')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
  try {
    program.parse();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_NOT_CHECKED;
    throw error;
  }
  try {
    const report = await validateBundle(program.args[0] ?? REPOSITORY);
    const { format } = program.opts<Flags>();
    process.stdout.write(format === 'json' ? `${JSON.stringify(report)}\n` : textReport(report));
    return report.findings.length === 0 ? 0 : EXIT_FINDINGS;
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    process.stderr.write(`validate: ${error.message}\n`);
    return EXIT_NOT_CHECKED;
  }
}
