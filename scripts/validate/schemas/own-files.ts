import { z } from 'zod';
import {
  archiveManifest,
  cycleManifest,
  runManifest,
  uploadManifest,
} from '../../../runtime/archive/manifest.ts';
import { configuration } from '../../../runtime/config/schema.ts';
import { evidence } from '../../../runtime/gates/evidence.ts';
import { policy } from '../../../runtime/gates/policy.ts';
import { marketExceptions } from '../../calendar/exceptions.ts';
import { combinations } from '../../kustomize/combinations.ts';
import { report } from '../report.ts';
import { record, type Schema, text } from './parts.ts';

const utcDay = /^\d{4}-\d{2}-\d{2}$/;

/** Data of the ConfigMap that the market gate decides from. */
const calendar = z
  .object({
    knownFrom: z.string().regex(utcDay),
    knownThrough: z.string().regex(utcDay),
    marginMinutes: z.string().regex(/^\d+$/),
  })
  .catchall(z.string())
  .meta({
    propertyNames: {
      pattern: '^(knownFrom|knownThrough|marginMinutes|\\d{4}-\\d{2}-\\d{2}(\\.[a-zA-Z]+)?)$',
      'x-expected': 'a date as 2026-11-21, with a suffix perhaps',
    },
    patternProperties: {
      '^\\d{4}-\\d{2}-\\d{2}$': {
        type: 'string',
        pattern: '^(closed|\\d{2}:\\d{2}-\\d{2}:\\d{2})$',
        'x-expected': 'closed, or a session in UTC such as 14:30-21:00',
      },
    },
  });

/** Data of the ConfigMap that is the break-glass ticket; "-" is empty. */
const ticket = record(
  {
    id: text,
    stage: text,
    freight: text,
    operator: text,
    justification: text.describe('At least 20 characters.'),
    expiresAt: text.describe('At most four hours ahead, as in RFC 3339.'),
  },
  { approver: text },
);

/** The bundle's own files, by the name of their schema. */
export const ownFiles: Readonly<Record<string, readonly [schema: Schema, description: string]>> = {
  configuration: [configuration, 'Configuration of the recorder, the collector and the uploader.'],
  policy: [policy, 'What the gates demand.'],
  'market-exceptions': [marketExceptions, "What people add to the exchange's rules."],
  combinations: [combinations, 'Which components go with which kustomization.'],
  calendar: [calendar, 'Regular hours of the exchange by UTC date.'],
  ticket: [ticket, 'Break-glass ticket.'],
  evidence: [evidence, 'What a gate found.'],
  'run-manifest': [runManifest, 'One run of the recorder.'],
  'cycle-manifest': [cycleManifest, 'One cycle of the collector.'],
  'archive-manifest': [archiveManifest, 'One closed archive.'],
  'upload-manifest': [uploadManifest, 'One run of the uploader.'],
  findings: [report, 'What the validator found.'],
};
