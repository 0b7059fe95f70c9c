import { children, type MemberNode, type Node } from './ast.ts';

/** A name from the environment, with the members that are read from it. */
export interface NameUse {
  /** `['vars', 'image']` for `vars.image` and `vars["image"]`; it ends where a member is not a literal. */
  readonly path: readonly string[];
  /** It is called: `imageFrom(…)`. */
  readonly called: boolean;
  /** How many arguments a call has. */
  readonly args?: number;
  /** Where the name stands, in code points from 0. */
  readonly from: number;
  readonly to: number;
}

/** The names that an expression takes from its environment, in the order of the source. Builtins are not among them. */
export function names(node: Node): NameUse[] {
  const found: NameUse[] = [];
  collect(node, new Set(), found);
  return [...new Map(found.map((use) => [`${use.from} ${use.path.join('.')}`, use])).values()].sort(
    (a, b) => a.from - b.from,
  );
}

function collect(node: Node, variables: ReadonlySet<string>, found: NameUse[]): void {
  if (node.kind === 'let') {
    collect(node.value, variables, found);
    collect(node.body, new Set([...variables, node.name]), found);
    return;
  }
  if (node.kind === 'call' && node.callee.kind === 'identifier') {
    const { name, from, to } = node.callee;
    if (!variables.has(name)) {
      found.push({ path: [name], called: true, args: node.args.length, from, to });
    }
    for (const arg of node.args) collect(arg, variables, found);
    return;
  }
  const use = useOf(node, variables);
  if (use !== undefined) found.push(use);
  const rest = use === undefined ? children(node) : dynamicParts(node);
  for (const child of rest) collect(child, variables, found);
}

/** The use that a name or a chain of members is; undefined for anything else. */
function useOf(node: Node, variables: ReadonlySet<string>): NameUse | undefined {
  const path: string[] = [];
  let current = node;
  for (;;) {
    if (current.kind === 'chain') current = current.body;
    else if (current.kind === 'member') {
      // What stands behind a member that is not known is not known either.
      if (current.property.kind === 'string') path.unshift(current.property.value);
      else path.length = 0;
      current = current.object;
    } else break;
  }
  if (current.kind !== 'identifier' || variables.has(current.name)) return undefined;
  const { name, from, to } = current;
  return {
    path: name === '$env' && path.length > 0 ? path : [name, ...path],
    called: false,
    from,
    to,
  };
}

/** Computed members inside a chain of members: `vars[x]` uses x as well. */
function dynamicParts(node: Node): Node[] {
  const parts: Node[] = [];
  const visit = (current: Node): void => {
    if (current.kind === 'chain') visit(current.body);
    if (current.kind === 'member') visitMember(current);
  };
  const visitMember = ({ object, property }: MemberNode): void => {
    visit(object);
    if (property.kind !== 'string') parts.push(property);
  };
  visit(node);
  return parts;
}
