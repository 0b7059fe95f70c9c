import { flag, int64, list, record, type Schema, text, time } from './parts.ts';

/** What the states of Applications and ApplicationSets share. */
export const ARGOPROJ_VERSION = 'argoproj.io/v1alpha1';

export const health: Schema = record({}, { lastTransitionTime: time, message: text, status: text });

export const resources: Schema = list(
  record(
    {},
    {
      group: text,
      health,
      hook: flag,
      kind: text,
      name: text,
      namespace: text,
      requiresDeletionConfirmation: flag,
      requiresPruning: flag,
      status: text,
      syncWave: int64,
      version: text,
    },
  ),
);
