import { BROKEN_COLLECTOR_WORLDS } from './broken-collector-worlds.ts';
import { BROKEN_COMPARISON_WORLDS } from './broken-comparison-worlds.ts';
import { BROKEN_DELIVERY_WORLDS } from './broken-delivery-worlds.ts';
import { BROKEN_OBSERVED_WORLDS } from './broken-observed-worlds.ts';
import { BROKEN_RELIABILITY_WORLDS } from './broken-reliability-worlds.ts';
import { BROKEN_WORLDS } from './broken-worlds.ts';

/** Every defect of every gate. */
export const ALL_BROKEN = [
  ...BROKEN_WORLDS,
  ...BROKEN_DELIVERY_WORLDS,
  ...BROKEN_OBSERVED_WORLDS,
  ...BROKEN_COLLECTOR_WORLDS,
  ...BROKEN_RELIABILITY_WORLDS,
  ...BROKEN_COMPARISON_WORLDS,
];
