import type { Calendar, CalendarDay } from './calendar.ts';
import { entryOf } from './config-map.ts';
import { beginning } from './new-york.ts';

export const POLICY_NAME = 'orderbooks-market-hours';
/** The ticket form, and where the words about it stand. */
const TICKET_PATH = 'in Kargo: Settings, ConfigMaps, break-glass';
const SCHEMA = '../schemas/kinds/validatingadmissionpolicy-admissionregistration-v1.json';
const TIME =
  '^20([0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([02468][048]|[13579][26])-02-29)T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$';

/**
 * The days that stop promotions, as the policy holds them: the entry of the calendar ConfigMap, a bar, when it ends in
 * words, and for a freeze another bar and its reason. Days without trading are left out.
 */
export function policyDays(calendar: Calendar): Readonly<Record<string, string>> {
  return Object.fromEntries(
    calendar.days.flatMap((of) => (of.kind === 'closed' ? [] : [[of.date, dayText(of)]])),
  );
}

/**
 * The file kargo/validatingadmissionpolicy-market-hours.yaml: the market gate's decision when a Promotion is created, so
 * that nothing is left of a refused one. CEL has no `now()`; the object's creation time is what it has.
 */
export function admissionPolicyFile(calendar: Calendar): string {
  const sessions = Object.entries(policyDays(calendar))
    .map(([date, text]) => `        '${date}': '${text}'`)
    .join(',\n');
  return `# yaml-language-server: $schema=${SCHEMA}
# Written by \`npm run calendar\` from the same calendar as configmap-market-sessions.yaml: do not edit.
# Refuses Promotions of full while US equities trade, at once and with the reason. The market gate in the Stage asks again
# and is what counts: it also knows whether a ticket was used, and it works where this policy is not installed.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: ${POLICY_NAME}
spec:
  failurePolicy: Fail
  paramKind:
    apiVersion: v1
    kind: ConfigMap
  matchConstraints:
    resourceRules:
    - apiGroups: [kargo.akuity.io]
      apiVersions: [v1alpha1]
      operations: [CREATE]
      resources: [promotions]
  matchConditions:
  - name: only-full
    expression: object.spec.stage == 'full'
  variables:
  - name: at
    expression: timestamp(object.metadata.creationTimestamp)
  - name: date
    expression: string(variables.at).substring(0, 10)
  - name: minute
    expression: variables.at.getHours() * 60 + variables.at.getMinutes()
  - name: sessions
    expression: |-
      {
${sessions}
      }
  - name: day
    expression: >-
      variables.date in variables.sessions ? variables.sessions[variables.date]
      : variables.date >= '${calendar.from}' && variables.date <= '${calendar.through}' ? 'closed' : 'unknown'
  - name: state
    expression: >-
      variables.day == 'closed' || variables.day == 'unknown' ? variables.day
      : variables.minute < int(variables.day.substring(0, 2)) * 60 + int(variables.day.substring(3, 5)) - ${calendar.marginMinutes}
        || variables.minute >= int(variables.day.substring(6, 8)) * 60 + int(variables.day.substring(9, 11)) ? 'closed'
      : variables.day.split('|').size() == 3 ? 'frozen' : 'open'
  - name: creator
    expression: object.metadata.?annotations['kargo.akuity.io/create-actor'].orValue('')
  # As Kargo's own ctx.meta.promotion.actor: without the prefix where there is exactly one.
  - name: actor
    expression: >-
      variables.creator.split(':').size() == 2 ? variables.creator.split(':')[1]
      : variables.creator == 'unknown actor' ? '' : variables.creator
${['id', 'stage', 'freight', 'operator', 'approver', 'justification', 'expiresAt'].map(ticketField).join('\n')}
  # What is wrong with the ticket, in the market gate's words; empty if nothing is. Whether it was used is not seen here.
  - name: problem
    expression: >-
      variables.id in ['', '-'] ? 'none is filed'
      : !variables.id.matches('^[A-Za-z0-9][A-Za-z0-9._-]{2,39}$') ? 'its id must be 3 to 40 letters, digits, dots, dashes or underscores'
      : variables.stage != object.spec.stage ? 'ticket ' + variables.id + ' is not for Stage ' + object.spec.stage
      : variables.freight != object.spec.freight ? 'ticket ' + variables.id + ' is for another Freight'
      : variables.actor == '' ? 'Kargo does not know who promotes: sign in, and do not use an API token'
      : variables.operator != variables.actor ? 'ticket ' + variables.id + ' is for another operator'
      : !(variables.approver in ['', '-']) && variables.approver == variables.operator ? 'ticket ' + variables.id + ' is approved by its own operator'
      : variables.justification.size() < 20 ? 'ticket ' + variables.id + ' needs a justification of at least 20 characters'
      : variables.justification.size() > 500 ? 'ticket ' + variables.id + ' needs a justification of at most 500 characters'
      : !variables.expiresAt.matches('${TIME}')
        ? 'ticket ' + variables.id + ' needs expiresAt in UTC like 2026-11-20T18:00:00Z'
      : timestamp(variables.expiresAt) <= variables.at ? 'ticket ' + variables.id + ' expired at ' + variables.expiresAt
      : timestamp(variables.expiresAt) - variables.at > duration('4h') ? 'ticket ' + variables.id + ' lasts longer than 4 hours'
      : ''
  validations:
  - expression: variables.state == 'closed' || (variables.state in ['open', 'frozen'] && variables.problem == '')
    reason: Forbidden
    message: 'Market gate: promotions of full are stopped now; see docs/operations/market-hours.md'
    messageExpression: >-
      variables.state == 'unknown'
      ? 'Market gate: it is unknown whether US equities trade on ' + variables.date + '; the calendar ends on ${calendar.through}: run npm run calendar and let Argo CD sync it. No ticket opens an unknown day.'
      : 'Market gate: ' + (variables.state == 'frozen' ? 'promotions are frozen: ' + variables.day.split('|')[2]
        : 'US equities trade ' + variables.day.substring(0, 11) + ' UTC, the gate closes ${calendar.marginMinutes} minutes before')
        + '. Promote from ' + variables.day.split('|')[1] + ' on, or file a break-glass ticket first (${TICKET_PATH}) for Freight ' + object.spec.freight
        + ' and operator ' + variables.actor + '. Ticket now: ' + variables.problem + '.'
`;
}

function ticketField(name: string): string {
  return `  - name: ${name}
    expression: params.?data[?'${name}'].orValue('').trim()`;
}

function dayText(of: Exclude<CalendarDay, { kind: 'closed' }>): string {
  if (of.kind === 'freeze') return `${entryOf(of)}|${beginning(of.until)}|${of.reason}`;
  return `${of.utc}|${of.date} ${of.utc.slice(6)} UTC (${of.newYork.slice(6)} New York)`;
}
