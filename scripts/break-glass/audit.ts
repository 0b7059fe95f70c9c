import type { StageCommit } from '../preview/history.ts';
import type { KnownFreight } from '../preview/source.ts';

/** One use of one ticket, as far as each record of it goes. */
export interface TicketRecord {
  readonly id: string;
  readonly stage: string;
  readonly freight: string;
  readonly promotion: string;
  readonly operator: string;
  readonly approver: string;
  readonly justification: string;
  /** ISO time; of the commit where only that is known. */
  readonly at: string;
  /** What it opened; empty where only the commit is known, which does not say. */
  readonly opened: string;
  /** Commit on the rendered branch; null where none was made, or none is known here. */
  readonly commit: string | null;
  /** Whether the Freight's metadata has it: what counts. Null where the cluster was not asked. */
  readonly onFreight: boolean | null;
  /** What does not fit together; empty for a record that is as it should be. */
  readonly doubts: readonly string[];
}

/**
 * Every use of a ticket that git or the Freight's metadata knows, newest first.
 *
 * @param freight Freight of the cluster; null where it was not asked
 */
export function auditOf(
  commits: readonly StageCommit[],
  freight: readonly KnownFreight[] | null,
): readonly TicketRecord[] {
  const ledger = (freight ?? []).flatMap(({ record, metadata }) =>
    Object.entries(metadata ?? {}).flatMap(([key, value]) => {
      if (!key.startsWith('breakGlass-')) return [];
      return [ledgerRecord(record.freight.name, key, value, commits)];
    }),
  );
  const told = new Set(ledger.map((entry) => entry.commit));
  const onlyInGit = commits
    .filter(({ breakGlass, commit }) => breakGlass !== null && !told.has(commit))
    .map((commit) => gitRecord(commit, freight === null));
  return [...ledger, ...onlyInGit].sort((a, b) => (a.at < b.at ? 1 : -1));
}

function ledgerRecord(
  freight: string,
  key: string,
  value: unknown,
  commits: readonly StageCommit[],
): TicketRecord {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  const stage = text('stage');
  const prefix = `breakGlass-${stage}-`;
  const commit = commits.find(
    (candidate) => candidate.promotion === text('promotion') && candidate.breakGlass !== null,
  );
  const id = stage !== '' && key.startsWith(prefix) ? key.slice(prefix.length) : key;
  return {
    id,
    stage,
    freight,
    promotion: text('promotion'),
    operator: text('operator'),
    approver: text('approver'),
    justification: text('justification'),
    at: text('at'),
    opened: text('for'),
    commit: commit?.commit ?? null,
    onFreight: true,
    doubts: [
      ...(stage === '' || text('promotion') === '' || text('operator') === ''
        ? ['the record on the Freight is not as the gates write it']
        : []),
      ...(commit !== undefined && commit.breakGlass?.operator !== text('operator')
        ? [`the commit names operator ${commit.breakGlass?.operator}`]
        : []),
    ],
  };
}

function gitRecord(
  { breakGlass, stage, freight, promotion, at, commit }: StageCommit,
  clusterUnknown: boolean,
): TicketRecord {
  return {
    id: breakGlass?.id ?? '',
    stage,
    freight: freight ?? '',
    promotion: promotion ?? '',
    operator: breakGlass?.operator ?? '',
    approver: '',
    justification: breakGlass?.justification ?? '',
    at,
    opened: '',
    commit,
    onFreight: clusterUnknown ? null : false,
    doubts: clusterUnknown
      ? []
      : ['no Freight has a record of it: the Freight is gone, or somebody took the record away'],
  };
}
