export type Severity = 'error' | 'warning';

/**
 * Every rule, by its stable name `area/name`: how grave a finding is, and in one line what the rule demands.
 * Each has a page `docs/rules/<area>-<name>.md` and a tree `test/invalid/<fault>/` that breaks it.
 */
export const RULES = {
  'yaml/syntax': rule('error', 'every file is YAML that can be read'),
  'yaml/duplicate-key': rule('error', 'no key stands twice in one map'),
  'yaml/several-documents': rule('warning', 'a file holds one document'),
  'suppression/no-reason': rule('error', 'a comment that lets a finding pass says why'),
  'suppression/unused': rule('warning', 'a comment that lets findings pass has some to let pass'),
  'kustomize/does-not-render': rule('error', 'every kustomization renders'),
  'kustomize/not-reproducible': rule('error', 'rendering twice gives the same bytes'),
  'kustomize/incomplete-object': rule(
    'error',
    'a rendered object has an apiVersion, a kind and a name',
  ),
  'kustomize/object-twice': rule('error', 'a render holds no object twice'),
  'kustomize/not-listed': rule('error', 'a kustomization names every manifest in its folder'),
  'kargo/object-invalid': rule('error', 'fields of Kargo objects exist and have the right type'),
  'kargo/subscription': rule('error', 'a subscription of a Warehouse is what Kargo takes'),
  'kargo/object-refused': rule('error', "Kargo's admission takes the object"),
  'kargo/unknown-step': rule('error', 'a step is one that Kargo has'),
  'kargo/step-config': rule('error', "a step's config is what that step takes"),
  'kargo/expression': rule('error', 'an expression can be parsed and compiled'),
  'kargo/unknown-function': rule('error', 'an expression calls functions that exist in its place'),
  'kargo/unknown-variable': rule('error', 'an expression names variables that exist in its place'),
  'kargo/unknown-output': rule('error', 'an expression names outputs of earlier steps'),
  'kargo/unknown-name': rule('error', 'an expression names what exists in its place'),
  'kargo/gate-bypassed': rule('error', 'nothing goes on after a gate has refused'),
  'kargo/gate-late': rule(
    'error',
    'a gate is asked before anything acts, and again before the push',
  ),
  'kargo/gate-auto-promotion': rule(
    'error',
    'a Stage with a gate that fails is promoted by a person',
  ),
  'kargo/no-time-limit': rule('error', 'a step that acts has a time limit and a second attempt'),
  'kargo/no-source': rule('error', 'a Stage takes its Freight from somewhere'),
  'kargo/triggers-itself': rule('error', 'a Warehouse does not watch what its Stages push'),
  'kargo/project-config': rule('error', 'promotion policies say what is meant'),
  'kargo/deprecated': rule('warning', 'no field is used that goes away'),
  'kargo/enterprise-only': rule(
    'error',
    'no field is used that only the Enterprise edition looks at',
  ),
  'kargo/no-steps': rule('error', 'a Stage that is meant to promote has steps'),
  'kargo/unknown-task': rule('error', 'a PromotionTask that a Stage names exists'),
  'kargo/variable-missing': rule('error', 'a PromotionTask gets every variable it needs'),
  'kargo/unknown-warehouse': rule('error', 'a Warehouse that a Stage names exists'),
  'kargo/unknown-stage': rule('error', 'a Stage that is named exists'),
  'kargo/unknown-analysis-template': rule('error', 'an AnalysisTemplate that is named exists'),
  'kargo/argument-not-declared': rule('error', 'a verification argument is declared'),
  'kargo/argument-missing': rule('error', 'a declared argument gets a value'),
  'rollouts/object-invalid': rule(
    'error',
    'fields of analysis objects exist and have the right type',
  ),
  'rollouts/metric-name-too-long': rule('error', "a Job metric's name has at most 24 characters"),
  'rollouts/no-deadline': rule('error', 'a Job metric has a deadline and is not tried again'),
  'argocd/object-invalid': rule(
    'error',
    "fields of Argo CD's objects exist and have the right type",
  ),
  'kubernetes/object-invalid': rule(
    'error',
    "fields of Kubernetes' own objects exist and have the right type and form",
  ),
  'kubernetes/unknown-kind': rule('error', 'a kind exists in the version that is named'),
  'kubernetes/metadata': rule(
    'error',
    'names, labels and annotations have the form they must have',
  ),
  'kubernetes/pod-security': rule('error', 'pods keep the restricted security standard'),
  'kubernetes/unknown-reference': rule('error', 'what pods and bindings name is there'),
  'kubernetes/unknown-port': rule('error', 'a probe asks a port that its container has'),
  'kubernetes/selector': rule('error', 'a selector matches some pods'),
  'argocd/sync-window': rule('error', 'a sync window can be read and matches something'),
  'argocd/sync-option': rule('error', 'a sync option is one that Argo CD has'),
  'argocd/unknown-project': rule('error', 'the AppProject of an Application exists'),
  'argocd/not-permitted': rule('error', 'an AppProject permits what its Applications need'),
  'argocd/ignored-difference': rule('error', 'what people edit is left alone by syncs'),
  'argocd/blocked-by-window': rule(
    'error',
    'a promotion waits longer than a deny window holds up its Application',
  ),
  'argocd/never-pruned': rule('warning', 'what a release drops is pruned by Argo CD'),
  'argocd/claim-before-pod': rule('error', 'a claim is not synced in a wave before its pods'),
  'argocd/unknown-hook': rule('error', 'a hook is one that Argo CD has'),
  'kargo/time-zone': rule('warning', 'expressions compute with UTC'),
  'kargo/foreign-namespace': rule('error', "a Project's namespace is marked as its own"),
  'orderbooks/verifier-rights': rule(
    'error',
    'the verifier has the rights that its checks need, and no others',
  ),
  'orderbooks/verification-durations': rule(
    'error',
    'a verification waits no longer than its Job may run',
  ),
  'orderbooks/settings': rule(
    'error',
    'settings can be used, and the manifests have the names that they give',
  ),
  'orderbooks/own-data': rule(
    'error',
    'configuration, policy, calendar and ticket have their form',
  ),
  'orderbooks/calendar-short': rule('warning', 'the calendar reaches 120 days ahead'),
  'argocd/unknown-application': rule('error', 'an Application that is updated exists'),
  'argocd/not-authorised': rule('error', 'an Application allows the Stage that updates it'),
  'argocd/repo-url': rule('error', 'a repository URL is written the same everywhere'),
  'kargo/duration-form': rule(
    'error',
    'a Stage or Warehouse writes durations as Kargo stores them',
  ),
  'argocd/object-owned-twice': rule('error', 'one Application owns an object'),
  'kubernetes/image': rule('error', 'an image is told by its digest, or by a Stage that sets it'),
  'kubernetes/unknown-key': rule('error', 'keys that pods read exist'),
  'orderbooks/gates-disagree': rule(
    'error',
    'market gate and admission policy decide from the same',
  ),
  'orderbooks/unknown-path': rule('error', 'paths into the repository exist'),
} as const satisfies Readonly<Record<string, RuleAbout>>;

export type RuleName = keyof typeof RULES;

export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[];

/** Page about a rule, relative to the root of this repository. */
export function pageOf(rule: RuleName): string {
  return `docs/rules/${rule.replace('/', '-')}.md`;
}

interface RuleAbout {
  readonly severity: Severity;
  /** What must hold. */
  readonly demands: string;
}

function rule(severity: Severity, demands: string): RuleAbout {
  return { severity, demands };
}
