import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { Kubectl } from '../cluster/kubectl.ts';
import { runToExitCode } from '../command-line.ts';
import { stageCommits } from '../preview/history.ts';
import { readingPlace } from '../preview/scratch.ts';
import { auditOf } from './audit.ts';
import { clusterFreight, filedTicket, writingWords } from './cluster.ts';
import { BreakGlassError } from './error.ts';
import { auditText, commandText, ticketText } from './text.ts';
import { EMPTY, EMPTY_TICKET, isEmpty, type Ticket, ticketProblems } from './ticket.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const EXIT_REFUSED = 1;
const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = '1';

interface Access {
  readonly kubeconfig?: string;
  readonly context?: string;
}
interface NewFlags extends Access {
  readonly stage: string;
  readonly freight: string;
  readonly operator: string;
  readonly approver: string;
  readonly justification: string;
  readonly id: string;
  readonly hours: string;
  readonly apply?: boolean;
  readonly replace?: boolean;
}

const HELP = `
Exit codes: 0 good, 1 the ticket would be refused (new, show) or a record is doubtful (audit), 2 wrong option or no answer.

Examples:
  npm run break-glass -- new --freight 3f2a… --operator alice@example.com --justification "the recorder loses frames"
  npm run break-glass -- show
  npm run break-glass -- audit --cluster
`;

process.exitCode = await main();

async function main(): Promise<number> {
  let answer = 0;
  const keep = (code: number) => {
    answer = code;
  };
  const program = new Command('break-glass')
    .description('Prepare, explain, take back and list break-glass tickets.')
    .addHelpText('after', HELP)
    .showHelpAfterError('(--help shows what is expected)')
    .exitOverride();
  reaching(program.command('new').description('prepare a ticket; --apply files it'))
    .option('--stage <stage>', 'Stage it is for', 'full')
    .requiredOption('--freight <name>', 'whole name of the Freight, 40 characters')
    .requiredOption('--operator <name>', 'who promotes, as Kargo knows them')
    .requiredOption('--justification <text>', '20 to 500 characters')
    .option('--approver <name>', 'who else agreed', EMPTY)
    .option('--id <id>', 'such as INC-42; by default made from the time', '')
    .option('--hours <number>', 'how long it lasts, at most 4', DEFAULT_HOURS)
    .option('--apply', 'write it with kubectl, not only print it')
    .option('--replace', 'with --apply: even if another one is filed')
    .action(async (flags: NewFlags) => keep(await file(flags)));
  reaching(program.command('show').description('explain the ticket that is filed'))
    .option('--stage <stage>', 'hold it against this Stage')
    .option('--freight <name>', 'hold it against this Freight')
    .option('--actor <name>', 'hold it against this person')
    .action(async (flags: Access & ShowFlags) => keep(await show(flags)));
  reaching(program.command('revoke').description('empty the form; --apply does it'))
    .option('--apply', 'write it with kubectl, not only print it')
    .action(async (flags: Access & { apply?: boolean }) => keep(await revoke(flags)));
  reaching(
    program.command('audit').description('every use of a ticket that git or the Freight knows'),
  )
    .option('--cluster', 'read the Freight’s metadata too')
    .option('--json', 'one JSON document')
    .option('--root <folder>', 'the checkout', ROOT)
    .action(async (flags: Access & AuditFlags) => keep(await audit(flags)));
  return runToExitCode(program, async () => {
    await program.parseAsync();
    return answer;
  });
}

function reaching(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'for kubectl')
    .option('--context <name>', 'in the kubeconfig')
    .exitOverride();
}

async function file(flags: NewFlags): Promise<number> {
  const now = new Date();
  const ticket = newTicket(flags, now);
  const problems = ticketProblems(ticket, { now });
  process.stdout.write(ticketText(ticket, problems));
  if (problems.length > 0) return EXIT_REFUSED;
  if (flags.apply !== true) {
    process.stdout.write(commandText(flags, writingWords(ticket, null)));
    return 0;
  }
  const seen = await filedTicket(new Kubectl(flags));
  if (!isEmpty(seen.ticket) && flags.replace !== true) {
    throw new BreakGlassError(
      'TICKET_FILED',
      `expected an empty form, found ticket ${seen.ticket.id} of ${seen.ticket.operator} for Freight ${seen.ticket.freight}; ask them, then revoke it or give --replace`,
    );
  }
  await new Kubectl(flags).run(writingWords(ticket, seen.resourceVersion));
  process.stdout.write(
    `filed; now ${ticket.operator} promotes ${ticket.freight} to ${ticket.stage}\n`,
  );
  return 0;
}

function newTicket(flags: NewFlags, now: Date): Ticket {
  const hours = Number(flags.hours);
  if (!(hours > 0)) {
    throw new BreakGlassError('USAGE', `--hours: expected a number up to 4, got ${flags.hours}`);
  }
  const second = (time: Date) => `${time.toISOString().slice(0, 19)}Z`;
  return {
    id: flags.id === '' ? `bg-${second(now).replace(/[-:]/g, '').toLowerCase()}` : flags.id,
    stage: flags.stage.trim(),
    freight: fullName(flags.freight.trim()),
    operator: flags.operator.trim(),
    approver: flags.approver.trim(),
    justification: flags.justification.trim(),
    expiresAt: second(new Date(now.getTime() + hours * HOUR_MS)),
  };
}

/** A Freight's name is a SHA-1; an alias or a beginning would be refused by the gate in the middle of an emergency. */
function fullName(freight: string): string {
  if (/^[0-9a-f]{40}$/.test(freight)) return freight;
  throw new BreakGlassError(
    'USAGE',
    `--freight: expected the whole name, 40 hexadecimal digits, got ${freight}; Kargo shows it in the Freight's drawer`,
  );
}

interface ShowFlags {
  readonly stage?: string;
  readonly freight?: string;
  readonly actor?: string;
}

async function show(flags: Access & ShowFlags): Promise<number> {
  const [{ ticket }, freight] = await Promise.all([
    filedTicket(new Kubectl(flags)),
    clusterFreight(new Kubectl(flags)),
  ]);
  const ledger = freight.find(({ record }) => record.freight.name === ticket.freight)?.metadata;
  const problems = ticketProblems(ticket, {
    now: new Date(),
    stage: flags.stage,
    freight: flags.freight,
    actor: flags.actor,
    ledger,
  });
  process.stdout.write(ticketText(ticket, problems));
  return problems.length === 0 || isEmpty(ticket) ? 0 : EXIT_REFUSED;
}

async function revoke(flags: Access & { readonly apply?: boolean }): Promise<number> {
  if (flags.apply !== true) {
    process.stdout.write(commandText(flags, writingWords(EMPTY_TICKET, null)));
    return 0;
  }
  const { ticket, resourceVersion } = await filedTicket(new Kubectl(flags));
  await new Kubectl(flags).run(writingWords(EMPTY_TICKET, resourceVersion));
  process.stdout.write(
    isEmpty(ticket) ? 'none was filed\n' : `took back ticket ${ticket.id} of ${ticket.operator}\n`,
  );
  return 0;
}

interface AuditFlags {
  readonly cluster?: boolean;
  readonly json?: boolean;
  readonly root: string;
}

async function audit(flags: Access & AuditFlags): Promise<number> {
  const asked =
    flags.cluster === true || flags.kubeconfig !== undefined || flags.context !== undefined;
  const freight = asked ? await clusterFreight(new Kubectl(flags)) : null;
  const records = auditOf(await stageCommits(readingPlace(flags.root)), freight);
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(records, null, 2)}\n` : auditText(records, asked),
  );
  return records.some(({ doubts }) => doubts.length > 0) ? EXIT_REFUSED : 0;
}
