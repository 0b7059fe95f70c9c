import { z } from 'zod';
import { RULE_NAMES, type RuleName } from './rule-names.ts';

/** Grows when a field changes its meaning or goes; new fields do not make a new version. */
export const REPORT_VERSION = 1;

const position = z.int().positive();

const finding = z.strictObject({
  rule: z.enum(RULE_NAMES as [RuleName, ...RuleName[]]),
  severity: z.enum(['error', 'warning']),
  /** Relative to the root, with `/`. */
  file: z.string(),
  line: position,
  /** In UTF-16 units, from 1. */
  column: position,
  /** The line of the file as it stands there; empty where the file has no such line. */
  sourceLine: z.string(),
  /** What is wrong: what was expected, what was seen. */
  message: z.string(),
  /** How to put it right. */
  fix: z.string(),
  /** Page about the rule. */
  page: z.string(),
});
export type Finding = Readonly<z.infer<typeof finding>>;

/** A finding that a comment lets pass. */
const suppressed = finding.extend({
  /** From the comment. */
  reason: z.string().min(1),
});
export type Suppressed = Readonly<z.infer<typeof suppressed>>;

const notChecked = z.strictObject({ what: z.string(), why: z.string() });
export type NotChecked = Readonly<z.infer<typeof notChecked>>;

/** What a validation found and how much it looked at. */
export const report = z.strictObject({
  version: z.literal(REPORT_VERSION),
  /** Absolute. */
  root: z.string(),
  /** The program that rendered, such as `kubectl kustomize 5.5.0`. */
  renderedWith: z.string(),
  checked: z.strictObject({
    files: z.int().nonnegative(),
    documents: z.int().nonnegative(),
    /** Kubernetes objects, each counted once per render that holds it. */
    objects: z.int().nonnegative(),
    /** Kustomizations, each rendered twice. */
    renders: z.int().nonnegative(),
    /** Of gitops/combinations.yaml, each rendered once. */
    combinations: z.int().nonnegative(),
    steps: z.int().nonnegative(),
    expressions: z.int().nonnegative(),
  }),
  /** What stayed unchecked although it was there: never silently passed. */
  notChecked: z.array(notChecked),
  /** By file, line, column and rule. */
  findings: z.array(finding),
  /** What a comment `orderbooks-validate-ignore` lets pass, in the same order. */
  suppressed: z.array(suppressed),
});
export type Report = Readonly<z.infer<typeof report>>;
