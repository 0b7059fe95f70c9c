import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Finding, Report } from './report.ts';
import { pageOf, RULE_NAMES, RULES, type RuleName } from './rule-names.ts';

/** The report in the form of SARIF 2.1.0, which code scanning services read. */
export function sarifReport({ root, findings, suppressed, notChecked }: Report): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'orderbooks-validate', rules: RULE_NAMES.map(descriptor) } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { ROOT: { uri: pathToFileURL(`${root}/`).href } },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: notChecked.map(({ what, why }) => ({
              level: 'note',
              message: { text: `not checked: ${what} (${why})` },
            })),
          },
        ],
        results: [
          ...findings.map((finding) => result(finding, [])),
          ...suppressed.map((finding) =>
            result(finding, [{ kind: 'inSource', justification: finding.reason }]),
          ),
        ],
      },
    ],
  };
}

const REPOSITORY = new URL('../../', import.meta.url);

function descriptor(rule: RuleName): object {
  const page = readFileSync(fileURLToPath(new URL(pageOf(rule), REPOSITORY)), 'utf8');
  const { severity, demands } = RULES[rule];
  return {
    id: rule,
    shortDescription: { text: demands },
    help: { text: page, markdown: page },
    defaultConfiguration: { level: severity },
  };
}

function result(finding: Finding, suppressions: readonly object[]): object {
  const { rule, severity, file, line, column, sourceLine, message, fix } = finding;
  return {
    ruleId: rule,
    ruleIndex: RULE_NAMES.indexOf(rule),
    level: severity,
    message: { text: `${message}. To fix it: ${fix}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: {
            uri: file.split('/').map(encodeURIComponent).join('/'),
            uriBaseId: 'ROOT',
          },
          region: {
            startLine: line,
            startColumn: column,
            ...(sourceLine === '' ? {} : { snippet: { text: sourceLine } }),
          },
        },
      },
    ],
    // An empty list says that suppressions were looked for: without it nobody knows.
    suppressions,
  };
}
